"""OpenAI's Chat Completions, seen from the server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from proxy_core.contract import UpstreamRequest, Usage
from proxy_core.testing.script import Call, Script
from proxy_core.testing.wires.wire import (
    Answered,
    Called,
    Declared,
    Heard,
    Item,
    Spoken,
    Streamed,
    Thought,
    Wire,
    sse,
)

Json = dict[str, Any]

FINISHES = {
    "end_turn": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_REASONING = "reasoning"
"""The field for reasoning that all servers' readers know (`Quirks.reasoning_fields`)."""
_HEAD = {"id": "chatcmpl-1", "created": 1, "model": "acme-1"}


class OpenAIChatWire(Wire):
    """A server that speaks Chat Completions as OpenAI does."""

    name = "openai_chat"
    stops = frozenset(FINISHES)

    def speaks(self, upstream: UpstreamRequest) -> bool:
        return upstream.path.partition("?")[0].endswith("/chat/completions")

    def read(self, body: bytes) -> Heard:
        asked = json.loads(body)
        items = [item for message in asked["messages"] for item in _items(message)]
        functions = [tool["function"] for tool in asked.get("tools", ())]
        tools = (Declared(made["name"], made.get("parameters")) for made in functions)
        return Heard(tuple(items), tuple(tools))

    def whole(self, script: Script, upstream: UpstreamRequest) -> bytes:  # noqa: ARG002
        return json.dumps(whole_answer(script)).encode()

    def stream(self, script: Script, upstream: UpstreamRequest) -> Streamed:  # noqa: ARG002
        chunks = streamed_chunks(script)
        return Streamed((*map(sse, chunks), sse("[DONE]")), end=len(chunks) - 2)

    def error(self, status: int, message: str) -> bytes:
        kind = "server_error" if status >= 500 else "invalid_request_error"
        error = {"message": message, "type": kind, "param": None, "code": None}
        return json.dumps({"error": error}).encode()

    def stream_error(self, message: str) -> bytes:
        return sse({"error": {"message": message, "type": "server_error", "code": 500}})


# -- what the server says ------------------------------------------------------------------


def whole_answer(script: Script) -> Json:
    """An answer in one piece."""
    message: Json = {"role": "assistant", "content": "".join(script.text) or None, "refusal": None}
    if script.thinking:
        message[_REASONING] = "".join(script.thinking)
    if script.calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in script.calls
        ]
    finish = _finish(script)
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    head = {**_HEAD, "object": "chat.completion"}
    return {**head, "choices": [choice], "usage": told_usage(script.usage)}


def streamed_chunks(script: Script) -> list[Json]:
    """The chunks of a streamed answer, as OpenAI sends them with `include_usage`.

    The running figures beside the finish reason are those of servers that tell them with each
    chunk (`continuous_usage_stats` of vLLM).
    """
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{_REASONING: piece} for piece in script.thinking]
    deltas += [{"content": piece} for piece in script.text]
    deltas += _call_deltas(script)
    chunks = [_chunk([_choice(delta)]) for delta in deltas]
    usage = msgspec.structs.replace(script.usage, output_tokens=1)
    chunks.append({**_chunk([_choice({}, _finish(script))]), "usage": told_usage(usage)})
    chunks.append({**_chunk([]), "usage": told_usage(script.usage)})
    return chunks


def told_usage(usage: Usage) -> Json:
    """OpenAI counts what came from the cache as part of the prompt."""
    prompt = usage.input_tokens + usage.cache_read_input_tokens
    return {
        "prompt_tokens": prompt,
        "completion_tokens": usage.output_tokens,
        "total_tokens": prompt + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read_input_tokens},
    }


def _finish(script: Script) -> str:
    return FINISHES[script.stop] if script.vendor_stop is None else script.vendor_stop


def _chunk(choices: list[Json]) -> Json:
    return {**_HEAD, "object": "chat.completion.chunk", "choices": choices}


def _choice(delta: Json, finish: str | None = None) -> Json:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _call_deltas(script: Script) -> list[Json]:
    """Openings in order, each before its first fragment, fragments in the script's order."""
    waiting = [list(call.fragments) for call in script.calls]
    rest = [number for number, call in enumerate(script.calls) for _ in call.fragments]
    deltas: list[Json] = []
    opened = 0
    for number in [*script.order, *rest]:
        while opened <= number < len(script.calls):
            deltas.append(_opening(opened, script.calls[opened]))
            opened += 1
        if number < len(waiting) and waiting[number]:
            fragment = {"arguments": waiting[number].pop(0)}
            deltas.append({"tool_calls": [{"index": number, "function": fragment}]})
    return deltas + [_opening(n, script.calls[n]) for n in range(opened, len(script.calls))]


def _opening(index: int, call: Call) -> Json:
    function = {"name": call.name, "arguments": ""}
    return {
        "tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]
    }


# -- what the server hears -----------------------------------------------------------------


def _items(message: Json) -> Iterator[Item]:
    role = "system" if message["role"] == "developer" else message["role"]
    texts = _texts(message.get("content"))
    if role == "tool":
        yield Answered(message["tool_call_id"], "".join(texts))
        return
    for field in ("reasoning_content", "reasoning"):
        if message.get(field):
            yield Thought(message[field])
    for part in _parts(message.get("content"), "thinking"):  # Mistral's
        yield Thought("".join(_texts(part["thinking"])))
    yield from (Spoken(role, text) for text in texts)
    for made in message.get("tool_calls", ()):
        function = made["function"]
        yield Called(made["id"], function["name"], json.loads(function["arguments"]))


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in _parts(content, "text")]


def _parts(content: Any, kind: str) -> list[Json]:
    parts = content if isinstance(content, list) else ()
    return [part for part in parts if part.get("type") == kind]
