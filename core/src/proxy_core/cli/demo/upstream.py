"""An upstream inside the demo: a small application that speaks OpenAI's Chat Completions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, MutableMapping
from typing import Any

from proxy_core.cli.demo import script
from proxy_core.cli.demo.screen import ANSWERED, ASKED, Line

Piece = dict[str, Any]
Note = Callable[[Line], None]

PAUSE = 0.04
"""Seconds between two pieces of an answer, so that a person sees it stream."""
_LONGEST = 70
"""Characters of a message that are shown."""
_USAGE = {"prompt_tokens": 120, "completion_tokens": 34, "total_tokens": 154}


class ChatUpstream:
    """Streams the scripted model. What goes in and out is told to `note`, line by line."""

    def __init__(self, note: Note) -> None:
        self._note = note

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        asked = json.loads(await _body(receive))
        self._tell_request(scope, headers, asked)
        pieces = list(_answer(asked))
        if asked.get("stream"):
            await self._stream(pieces, send)
        else:
            await _respond(send, "application/json", json.dumps(_whole(pieces)).encode())

    def _tell_request(
        self, scope: MutableMapping[str, Any], headers: dict[str, str], asked: dict[str, Any]
    ) -> None:
        self._note(Line(ASKED, f"{scope['method']} {scope['path']}"))
        if "authorization" in headers:
            self._note(Line(ASKED, "authorization", "Bearer **** (added by the proxy)"))
        self._note(Line(ASKED, "model", asked["model"]))
        for message in asked["messages"]:
            self._note(Line(ASKED, *_briefly(message)))
        tools = [tool["function"]["name"] for tool in asked.get("tools", ())]
        if tools:
            self._note(Line(ASKED, "tools", ", ".join(tools[:3])))

    async def _stream(self, pieces: list[Piece], send: Any) -> None:
        head = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        for piece in pieces:
            self._note(_shown(piece))
            data = f"data: {json.dumps(_chunk(piece))}\n\n".encode()
            await send({"type": "http.response.body", "body": data, "more_body": True})
            await asyncio.sleep(PAUSE)
        await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


def _answer(asked: dict[str, Any]) -> Iterator[Piece]:
    """What the model says, as deltas, a finish reason and the usage."""
    tools = {tool["function"]["name"] for tool in asked.get("tools", ())}
    if script.TOOL not in tools:
        yield from _text(
            "This is the demo: a model that knows one conversation, about the weather in Lisbon. "
            f"Your request came through with {len(asked['messages'])} messages "
            f"and {len(tools)} tools."
        )
        yield {"finish": "stop"}
    elif asked["messages"][-1]["role"] == "tool":
        yield from _text(script.CONCLUSION)
        yield {"finish": "stop"}
    else:
        yield {"delta": {"role": "assistant", "reasoning_content": script.THOUGHT}}
        yield from _text(script.SENTENCE)
        for number, fragment in enumerate(script.ARGUMENTS):
            call: Piece = {"index": 0, "function": {"arguments": fragment}}
            if number == 0:
                call |= {"id": "call_demo_1", "type": "function"}
                call["function"]["name"] = script.TOOL
            yield {"delta": {"tool_calls": [call]}}
        yield {"finish": "tool_calls"}
    yield {"usage": _USAGE}


def _text(text: str) -> Iterator[Piece]:
    words = text.split(" ")
    for at in range(0, len(words), 4):
        more = " " if at + 4 < len(words) else ""
        yield {"delta": {"content": " ".join(words[at : at + 4]) + more}}


def _chunk(piece: Piece) -> dict[str, Any]:
    choice = {"index": 0, "delta": piece.get("delta", {}), "finish_reason": piece.get("finish")}
    chunk = {
        "id": "chatcmpl-demo",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": script.MODEL,
        "choices": [] if "usage" in piece else [choice],
    }
    return chunk | ({"usage": piece["usage"]} if "usage" in piece else {})


def _whole(pieces: list[Piece]) -> dict[str, Any]:
    """The same answer for a client that did not ask for a stream."""
    deltas = [piece.get("delta", {}) for piece in pieces]
    calls = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "".join(delta.get("content", "") for delta in deltas) or None,
    }
    if calls:
        arguments = "".join(call["function"]["arguments"] for call in calls)
        function = {"name": calls[0]["function"]["name"], "arguments": arguments}
        message["tool_calls"] = [{"id": calls[0]["id"], "type": "function", "function": function}]
    finish = next(piece["finish"] for piece in pieces if "finish" in piece)
    return {
        "id": "chatcmpl-demo",
        "object": "chat.completion",
        "created": 0,
        "model": script.MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
        "usage": _USAGE,
    }


def _briefly(message: dict[str, Any]) -> tuple[str, str]:
    """A message's role and its gist."""
    calls = ", ".join(call["function"]["name"] for call in message.get("tool_calls") or ())
    content = message.get("content") or ""
    text = content if isinstance(content, str) else " ".join(p.get("text", "") for p in content)
    gist = " ".join(text.split())
    return message["role"], f"calls {calls}" if calls else gist[:_LONGEST]


def _shown(piece: Piece) -> Line:
    for name, value in piece.get("delta", {}).items():
        if name == "tool_calls":
            function = value[0]["function"]
            text = f"{function.get('name', '')} {function['arguments']}"
            return Line(ANSWERED, name, text.strip())
        if name != "role":
            return Line(ANSWERED, name, value)
    if "finish" in piece:
        return Line(ANSWERED, "finish_reason", piece["finish"])
    usage = piece["usage"]
    tokens = f"{usage['prompt_tokens']} prompt, {usage['completion_tokens']} completion"
    return Line(ANSWERED, "usage", tokens)


async def _body(receive: Any) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return bytes(body)


async def _respond(send: Any, content_type: str, body: bytes) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
