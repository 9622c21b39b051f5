"""OpenAI's Responses API seen from the server, for `proxy_core.testing`."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from proxy_core.contract import UpstreamRequest, Usage
from proxy_core.testing.script import Script
from proxy_core.testing.wires import (
    Answered,
    Called,
    Declared,
    Heard,
    Item,
    Spoken,
    Streamed,
    Thought,
    Wire,
)

Json = dict[str, Any]

_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
_INCOMPLETE = {"max_tokens": "max_output_tokens", "refusal": "content_filter"}


class ResponsesWire(Wire):
    """A server that speaks the Responses API."""

    name = "openai_responses"
    stops = frozenset({"end_turn", "tool_use", *_INCOMPLETE})

    def speaks(self, upstream: UpstreamRequest) -> bool:
        return upstream.path.partition("?")[0].endswith("/responses")

    def call_id(self, said: str) -> str:
        return said if _ID.fullmatch(said) else f"call_{said.encode().hex()[:40]}"

    def carries(self, script: Script) -> bool:
        return bool(script.thinking)

    def read(self, body: bytes) -> Heard:
        asked = json.loads(body)
        items: list[Item] = [
            Spoken("system", text) for text in _texts(asked.get("instructions", []))
        ]
        for item in asked["input"]:
            items += _heard(item)
        functions = (tool for tool in asked.get("tools", ()) if tool["type"] == "function")
        tools = (Declared(tool["name"], tool["parameters"]) for tool in functions)
        return Heard(tuple(items), tuple(tools))

    def whole(self, script: Script, upstream: UpstreamRequest) -> bytes:  # noqa: ARG002
        return json.dumps(self._response(script)).encode()

    def stream(self, script: Script, upstream: UpstreamRequest) -> Streamed:  # noqa: ARG002
        events = streamed(self._response(script))
        return Streamed(tuple(frames([event]) for event in events), end=len(events) - 1)

    def error(self, status: int, message: str) -> bytes:
        kind = "server_error" if status >= 500 else "invalid_request_error"
        error = {"message": message, "type": kind, "param": None, "code": None}
        return json.dumps({"error": error}).encode()

    def stream_error(self, message: str) -> bytes:
        error = {"type": "error", "code": "server_error", "message": message, "param": None}
        return frames([error])

    def _response(self, script: Script) -> Json:
        items: list[Json] = []
        if script.thinking:
            items.append(a_reasoning("rs_1", "".join(script.thinking), encrypted=script.state))
        if script.text:
            items.append(a_message("".join(script.text)))
        for number, call in enumerate(script.calls):
            said = self.call_id(call.id)
            taken = any(item.get("call_id") == said for item in items)
            items.append(a_call(f"{said}_{number}" if taken else said, call.name, call.arguments))
        word = _INCOMPLETE.get(script.stop) if script.vendor_stop is None else script.vendor_stop
        ended: Json = {"status": "incomplete", "incomplete_details": {"reason": word}}
        return a_response(*items, usage=_told_usage(script.usage), **(ended if word else {}))


def _told_usage(usage: Usage) -> Json:
    prompt = usage.input_tokens + usage.cache_read_input_tokens
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": usage.cache_read_input_tokens},
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": prompt + usage.output_tokens,
    }


# -- what the server hears -----------------------------------------------------------------


def _heard(item: Json) -> Iterator[Item]:
    match item.get("type", "message"):
        case "reasoning":
            yield from (Thought(part["text"]) for part in item.get("summary", ()))
        case "function_call":
            yield Called(item["call_id"], item["name"], json.loads(item["arguments"]))
        case "function_call_output":
            yield Answered(item["call_id"], "".join(_texts(item["output"])))
        case "message":
            role = "system" if item["role"] == "developer" else item["role"]
            yield from (Spoken(role, text) for text in _texts(item["content"]))


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    return [part["text"] for part in content if "text" in part]


# -- what the server says ------------------------------------------------------------------


def frames(events: Sequence[Json | str]) -> bytes:
    """Events as they stand on the wire; strings stand as they are."""
    texts = [
        event
        if isinstance(event, str)
        else f"event: {event.get('type')}\ndata: {json.dumps(event)}\n\n"
        for event in events
    ]
    return "".join(texts).encode()


def a_reasoning(item_id: str = "rs_1", *summary: str, encrypted: str | None = "gAAAA") -> Json:
    texts = [{"type": "summary_text", "text": text} for text in summary]
    item: Json = {"type": "reasoning", "id": item_id, "summary": texts}
    return item if encrypted is None else {**item, "encrypted_content": encrypted}


def a_message(*texts: str, phase: str | None = None, item_id: str = "msg_1") -> Json:
    parts = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
    said = {"type": "message", "id": item_id, "role": "assistant", "status": "completed"}
    return {**said, **({"phase": phase} if phase else {}), "content": parts}


def a_call(call_id: str = "call_a", name: str = "Read", arguments: str = "{}") -> Json:
    return {
        "type": "function_call",
        "id": f"fc_{call_id}",
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
        "status": "completed",
    }


def a_search(query: str, *urls: str, status: str = "completed") -> Json:
    sources = [{"type": "url", "url": url} for url in urls]
    action = {"type": "search", "query": query, "queries": [query], "sources": sources}
    return {"type": "web_search_call", "id": f"ws_{query}", "status": status, "action": action}


def a_response(*items: Json, status: str = "completed", **fields: Any) -> Json:
    """A whole answer, or the one inside the last event of a stream."""
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1795000000.0,
        "model": "gpt-6.1-sol",
        "status": status,
        "output": list(items),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 30,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 25,
            "output_tokens_details": {"reasoning_tokens": 20},
            "total_tokens": 55,
        },
        **fields,
    }


def told_in_deltas(index: int, item: Json) -> list[Json]:
    """The events of one item, as OpenAI tells it."""
    at_place: Json = {"output_index": index, "item_id": item["id"]}
    added: Json = {"type": "response.output_item.added", "output_index": index}
    done = {"type": "response.output_item.done", "output_index": index, "item": item}
    match item["type"]:
        case "message":
            opened = item | {"content": [], "status": "in_progress"}
            deltas = [
                {"type": "response.output_text.delta", **at_place, "content_index": n, "delta": d}
                for n, part in enumerate(item["content"])
                for d in _cut(part["text"])
            ]
        case "reasoning":
            opened = item | {"summary": []}
            if "encrypted_content" in item:
                opened["encrypted_content"] = item["encrypted_content"][:3]
            deltas = [
                {
                    "type": "response.reasoning_summary_text.delta",
                    **at_place,
                    "summary_index": n,
                    "delta": d,
                }
                for n, part in enumerate(item["summary"])
                for d in _cut(part["text"])
            ]
        case "web_search_call":
            opened, deltas = item | {"status": "in_progress"}, []
        case _:
            opened = item | {"arguments": "", "status": "in_progress"}
            kind = "response.function_call_arguments.delta"
            deltas = [{"type": kind, **at_place, "delta": d} for d in _cut(item["arguments"])]
    return [added | {"item": opened}, *deltas, done]


def _cut(text: str) -> list[str]:
    """In small pieces, but not in more than some thousands."""
    size = max(3, len(text) // 4000)
    return [text[start : start + size] for start in range(0, len(text), size)]


def streamed(response: Json) -> list[Json]:
    """The events of an answer, item after item."""
    kinds = {"incomplete": "response.incomplete", "failed": "response.failed"}
    last = {"type": kinds.get(response["status"], "response.completed"), "response": response}
    told = [told_in_deltas(index, item) for index, item in enumerate(response["output"])]
    first = {"type": "response.created", "response": a_response(status="in_progress", usage=None)}
    events: list[Json] = json.loads(json.dumps([first, *itertools.chain(*told), last]))
    return events  # a copy, that a test may change


WIRES: tuple[Wire, ...] = (ResponsesWire(),)
"""The languages of this plugin that core has no dialect for."""
