"""Gemini's generateContent seen from the server, for `proxy_core.testing`."""

from __future__ import annotations

import json
from collections.abc import Iterator
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
from proxy_core.testing.wires.wire import sse

Json = dict[str, Any]

_FINISHES = {"end_turn": "STOP", "tool_use": "STOP", "max_tokens": "MAX_TOKENS"}
_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
}


class GeminiWire(Wire):
    """Google's Gemini API."""

    name = "gemini"
    stops = frozenset(_FINISHES)

    def speaks(self, upstream: UpstreamRequest) -> bool:
        method = upstream.path.partition("?")[0].rpartition(":")[2]
        return method in ("generateContent", "streamGenerateContent")

    def wants_stream(self, path: str, body: bytes) -> bool:  # noqa: ARG002
        return path.partition("?")[0].endswith(":streamGenerateContent")

    def carries(self, script: Script) -> bool:
        return bool(script.calls)

    def read(self, body: bytes) -> Heard:
        asked = json.loads(body)
        system = asked.get("systemInstruction", {}).get("parts", ())
        items: list[Item] = [Spoken("system", part["text"]) for part in system]
        for content in asked["contents"]:
            items += _heard(content)
        return Heard(tuple(items), tuple(_declared(asked)))

    def whole(self, script: Script, upstream: UpstreamRequest) -> bytes:  # noqa: ARG002
        return json.dumps(_chunk(_parts(script, whole=True), script)).encode()

    def stream(self, script: Script, upstream: UpstreamRequest) -> Streamed:  # noqa: ARG002
        chunks = [_chunk([part]) for part in _parts(script, whole=False)]
        chunks.append(_chunk([], script))
        return Streamed(tuple(sse(chunk, line_end="\r\n") for chunk in chunks), len(chunks) - 1)

    def error(self, status: int, message: str) -> bytes:
        word = _WORDS.get(status, "INTERNAL")
        return json.dumps({"error": {"code": status, "message": message, "status": word}}).encode()

    def stream_error(self, message: str) -> bytes:
        return sse(json.loads(self.error(503, message)), line_end="\r\n")


# -- what Gemini says ----------------------------------------------------------------------


def _parts(script: Script, *, whole: bool) -> list[Json]:
    def pieces(told: tuple[str, ...]) -> list[str]:
        return ["".join(told)] if whole and told else [*told]

    parts: list[Json] = [{"text": piece, "thought": True} for piece in pieces(script.thinking)]
    parts += [{"text": piece} for piece in pieces(script.text)]
    for call in script.calls:
        made = {"name": call.name, "args": call.input, **({"id": call.id} if call.id else {})}
        parts.append({"functionCall": made})
    # The first call of a turn bears the signature, whether the model thought aloud or not.
    signed = len(parts) - len(script.calls)
    if script.calls:
        parts[signed]["thoughtSignature"] = script.state
    return parts


def _chunk(parts: list[Json], ending: Script | None = None) -> Json:
    candidate: Json = {"index": 0, "content": {"role": "model", "parts": parts}}
    if ending is None:
        return {"candidates": [candidate]}
    known = _FINISHES.get(ending.stop, "STOP")
    candidate["finishReason"] = known if ending.vendor_stop is None else ending.vendor_stop
    return {"candidates": [candidate], "usageMetadata": _told_usage(ending.usage)}


def _told_usage(usage: Usage) -> Json:
    prompt = usage.input_tokens + usage.cache_read_input_tokens
    return {
        "promptTokenCount": prompt,
        "cachedContentTokenCount": usage.cache_read_input_tokens,
        "candidatesTokenCount": usage.output_tokens,
        "totalTokenCount": prompt + usage.output_tokens,
    }


# -- what Gemini hears ---------------------------------------------------------------------


def _heard(content: Json) -> Iterator[Item]:
    """What one content says; calls without an id are known by where they stand in it."""
    role = "assistant" if content["role"] == "model" else "user"
    calls = answers = 0
    for part in content["parts"]:
        if part.get("thought"):
            yield Thought(part["text"])
        elif "text" in part:
            yield Spoken(role, part["text"])
        elif made := part.get("functionCall"):
            calls += 1
            yield Called(made.get("id") or f"call {calls}", made["name"], made.get("args", {}))
        elif told := part.get("functionResponse"):
            answers += 1
            text = json.dumps(told["response"], ensure_ascii=False)
            yield Answered(told.get("id") or f"call {answers}", text)


def _declared(asked: Json) -> Iterator[Declared]:
    for tool in asked.get("tools", ()):
        for made in tool.get("functionDeclarations", ()):
            schema = made.get("parametersJsonSchema") or made.get("parameters")
            yield Declared(made["name"], schema)


WIRES: tuple[Wire, ...] = (GeminiWire(),)
"""The languages of this plugin."""
