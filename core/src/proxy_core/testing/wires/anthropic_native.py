"""Anthropic's own Messages API, as other vendors serve it too, seen from the server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

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

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class AnthropicNativeWire(Wire):
    """A server that speaks the Messages API."""

    name = "anthropic_native"
    is_clients_own = True
    stops = frozenset({"end_turn", "max_tokens", "tool_use", "refusal"})

    def speaks(self, upstream: UpstreamRequest) -> bool:
        return upstream.path.partition("?")[0].endswith("/messages")

    def call_id(self, said: str) -> str:
        return said if _ID.fullmatch(said) else f"toolu_{said.encode().hex()[:40]}"

    def carries(self, script: Script) -> bool:
        return bool(script.thinking)

    def read(self, body: bytes) -> Heard:
        asked = json.loads(body)
        items: list[Item] = [_spoken("system", block) for block in _blocks(asked.get("system", ""))]
        for message in asked["messages"]:
            items += _items(message)
        tools = (Declared(tool["name"], tool["input_schema"]) for tool in asked.get("tools", ()))
        return Heard(tuple(items), tuple(tools))

    def whole(self, script: Script, upstream: UpstreamRequest) -> bytes:
        usage = told_usage(script.usage)
        content = [block for block, _ in self._parts(script, upstream)]
        message = self._message(content, _stop(script), usage)
        return json.dumps(message).encode()

    def stream(self, script: Script, upstream: UpstreamRequest) -> Streamed:
        usage = told_usage(script.usage)
        start = self._message([], None, {**usage, "output_tokens": 1})
        events: list[Json] = [{"type": "message_start", "message": start}, {"type": "ping"}]
        for index, (block, deltas) in enumerate(self._parts(script, upstream)):
            events += _block_events(index, block, deltas)
        ending = {"stop_reason": _stop(script), "stop_sequence": None}
        end = len(events)
        events.append({"type": "message_delta", "delta": ending, "usage": usage})
        events.append({"type": "message_stop"})
        return Streamed(tuple(sse(event, event["type"]) for event in events), end)

    def error(self, status: int, message: str) -> bytes:
        kind = _TYPES.get(status, "api_error")
        return json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()

    def stream_error(self, message: str) -> bytes:
        return sse(json.loads(self.error(529, message)), "error")

    def _message(self, content: list[Json], stop: str | None, usage: Json) -> Json:
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "acme-1",
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": usage,
        }

    def _parts(
        self, script: Script, upstream: UpstreamRequest
    ) -> Iterator[tuple[Json, list[Json]]]:
        """Each block, whole and as its deltas."""
        if script.thinking:
            display = json.loads(upstream.body).get("thinking", {}).get("display")
            shown = () if display == "omitted" else script.thinking
            block = {"type": "thinking", "thinking": "".join(shown), "signature": script.state}
            signed = {"type": "signature_delta", "signature": script.state}
            yield block, [*_deltas("thinking", shown), signed]
        if text := "".join(script.text).strip() and "".join(script.text):
            yield {"type": "text", "text": text}, _deltas("text", script.text)
        ids: set[str] = set()
        for call in script.calls:
            deltas = [
                {"type": "input_json_delta", "partial_json": piece} for piece in call.fragments
            ]
            yield self._call(call, ids), deltas

    def _call(self, call: Call, ids: set[str]) -> Json:
        """A call under an id of its own: this API never says one twice."""
        made = self.call_id(call.id)
        made = f"{made[:50]}_{len(ids)}" if made in ids else made
        ids.add(made)
        return {"type": "tool_use", "id": made, "name": call.name, "input": call.input}


def told_usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.input_tokens,
        "cache_read_input_tokens": usage.cache_read_input_tokens,
        "output_tokens": usage.output_tokens,
    }


def _stop(script: Script) -> str:
    return script.stop if script.vendor_stop is None else script.vendor_stop


# -- what the server says ------------------------------------------------------------------


def _block_events(index: int, block: Json, deltas: list[Json]) -> Iterator[Json]:
    """One block: opened empty, told in deltas, closed."""
    empty = {"thinking": "", "signature": "", "text": "", "input": {}}
    opened = {**block, **{name: empty[name] for name in block.keys() & empty.keys()}}
    yield {"type": "content_block_start", "index": index, "content_block": opened}
    for delta in deltas:
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def _deltas(kind: str, pieces: Iterable[str]) -> list[Json]:
    return [{"type": f"{kind}_delta", kind: piece} for piece in pieces]


# -- what the server hears -----------------------------------------------------------------


def _items(message: Json) -> Iterator[Item]:
    for block in _blocks(message["content"]):
        match block["type"]:
            case "tool_use":
                yield Called(block["id"], block["name"], block["input"])
            case "tool_result":
                texts = (b for b in _blocks(block.get("content") or "") if b["type"] != "image")
                yield Answered(block["tool_use_id"], "".join(map(_text_of, texts)))
            case "thinking":
                yield Thought(block["thinking"])
            case "image" | "redacted_thinking":
                pass
            case _:
                yield _spoken(message["role"], block)


def _blocks(content: Any) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _spoken(role: str, block: Json) -> Spoken:
    return Spoken(role, _text_of(block))


def _text_of(block: Json) -> str:
    """A text, or all of what is none."""
    return block["text"] if block["type"] == "text" else json.dumps(block, ensure_ascii=False)
