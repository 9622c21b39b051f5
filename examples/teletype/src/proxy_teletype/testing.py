"""Teletype seen from the other side, for the tests: what it understands, and how it answers.

`proxy_core.testing` finds this by its entry point in pyproject.toml, and judges the plugin by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from proxy_core.contract import UpstreamRequest
from proxy_core.testing.script import Script
from proxy_core.testing.wires import (
    Answered,
    Called,
    Declared,
    Heard,
    Item,
    Spoken,
    Streamed,
    Wire,
)
from proxy_core.testing.wires.wire import sse

Json = dict[str, Any]

ENDS = {"end_turn": "done", "max_tokens": "length", "tool_use": "call", "refusal": "refused"}


class TeletypeWire(Wire):
    name = "teletype"
    stops = frozenset(ENDS)

    def speaks(self, upstream: UpstreamRequest) -> bool:
        return upstream.path == "/talk"

    def read(self, body: bytes) -> Heard:
        asked = json.loads(body)
        rules = [Spoken("system", text) for text in asked["rules"]]
        turns = [item for turn in asked["turns"] for item in _items(turn)]
        tools = (Declared(tool["name"], tool["takes"]) for tool in asked["tools"])
        return Heard((*rules, *turns), tuple(tools))

    def whole(self, script: Script, upstream: UpstreamRequest) -> bytes:
        return json.dumps({"pieces": list(_pieces(script))}).encode()

    def stream(self, script: Script, upstream: UpstreamRequest) -> Streamed:
        frames = tuple(sse(piece) for piece in _pieces(script))
        return Streamed(frames, end=len(frames) - 1)

    def error(self, status: int, message: str) -> bytes:
        return json.dumps({"error": {"status": status, "text": message}}).encode()

    def stream_error(self, message: str) -> bytes:
        return sse({"error": {"status": 500, "text": message}})


def _items(turn: Json) -> Iterator[Item]:
    for part in turn["parts"]:
        if "text" in part:
            yield Spoken(turn["from"], part["text"])
        elif "call" in part:
            call = part["call"]
            yield Called(call["id"], call["name"], call["input"])
        elif "result" in part:
            texts = (inner.get("text", "") for inner in part["result"]["parts"])
            yield Answered(part["result"]["id"], "".join(texts))


def _pieces(script: Script) -> Iterator[Json]:
    yield from ({"thought": thought} for thought in script.thinking)
    yield from ({"text": text} for text in script.text)
    for number, call in enumerate(script.calls):
        yield {"call": {"number": number, "id": call.id, "name": call.name}}
    yield from _arguments(script)
    usage = script.usage
    prompt = usage.input_tokens + usage.cache_read_input_tokens
    cached = usage.cache_read_input_tokens
    yield {"tokens": {"prompt": prompt, "answer": usage.output_tokens, "cached": cached}}
    yield {"end": ENDS[script.stop] if script.vendor_stop is None else script.vendor_stop}


def _arguments(script: Script) -> Iterator[Json]:
    """The calls' arguments, dealt out in the script's order and then one call after the other."""
    waiting = [list(call.fragments) for call in script.calls]
    rest = [number for number, call in enumerate(script.calls) for _ in call.fragments]
    for number in (*script.order, *rest):
        if number < len(waiting) and waiting[number]:
            yield {"call": {"number": number, "input": waiting[number].pop(0)}}


WIRES = [TeletypeWire()]
