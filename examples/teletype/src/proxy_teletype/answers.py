"""What Teletype answers, told to the writer.

A streamed answer comes in pieces, one for each event; a whole answer is the list of the same
pieces. So one mapping serves both, and both tell the same story.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Struct
from proxy_core.anthropic.errors import safe_text, verdict_of_status
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import ProtocolError, SseEvent, Usage

Shape = TypeVar("Shape")

STOP_REASONS = {
    "done": "end_turn",
    "length": "max_tokens",
    "call": "tool_use",
    "until": "stop_sequence",
    "refused": "refusal",
}


class Call(Struct):
    number: int
    """Which call of this answer; the first piece of each names its id and tool."""
    id: str = ""
    name: str = ""
    input: str = ""
    """More of the arguments, as JSON text."""


class Tokens(Struct):
    prompt: int
    answer: int
    cached: int = 0
    """Of the prompt's tokens."""


class Fault(Struct):
    status: int
    text: str = ""


class Piece(Struct):
    """One thing that the model says, or how it ends."""

    thought: str = ""
    text: str = ""
    call: Call | None = None
    tokens: Tokens | None = None
    end: str = ""
    until: str | None = None
    """The text it stopped at."""
    error: Fault | None = None


class Whole(Struct):
    pieces: list[Piece]


_piece = msgspec.json.Decoder(Piece)
_whole = msgspec.json.Decoder(Whole)


def tell_whole(body: bytes, writer: MessageWriter, provider: str) -> None:
    """Tell a whole answer. Raises `ProtocolError` when it is none."""
    stream = Stream(writer, provider)
    for piece in _read(_whole, body).pieces:
        stream.tell(piece)


class Stream:
    """Reads a streamed answer; one that stops before its `end` is not finished here, so core
    reports it as cut."""

    def __init__(self, writer: MessageWriter, provider: str) -> None:
        self._writer = writer
        self._provider = provider
        self._calls: dict[int, int] = {}
        """The writer's number for each of the upstream's."""

    def feed(self, event: SseEvent) -> None:
        self.tell(_read(_piece, event.data))

    def close(self, complete: bool) -> None:
        """Nothing is kept back, so there is nothing left to tell."""

    def tell(self, piece: Piece) -> None:
        """Tell one piece."""
        writer = self._writer
        if piece.error is not None:
            words = safe_text(piece.error.text)
            writer.fail(verdict_of_status(piece.error.status, f"{self._provider}: {words}"))
        writer.thinking(piece.thought)
        writer.text(piece.text)
        if piece.call is not None:
            self._tell_call(piece.call)
        if piece.tokens is not None:
            writer.usage(_usage(piece.tokens))
        if piece.end:
            writer.finish(_stop_reason(piece.end), piece.until)

    def _tell_call(self, call: Call) -> None:
        if call.number not in self._calls:
            self._calls[call.number] = self._writer.tool(call.id, call.name)
        self._writer.tool_json(self._calls[call.number], call.input)


def _usage(tokens: Tokens) -> Usage:
    return Usage(
        input_tokens=max(0, tokens.prompt - tokens.cached),
        output_tokens=tokens.answer,
        cache_read_input_tokens=tokens.cached,
    )


def _stop_reason(end: str) -> str:
    """An end that nobody knows is none: the client hears of a broken answer."""
    if end not in STOP_REASONS:
        raise ProtocolError("an answer that ended for an unknown reason")
    return STOP_REASONS[end]


def _read(decoder: msgspec.json.Decoder[Shape], data: bytes) -> Shape:
    try:
        return decoder.decode(data)
    except (ValueError, RecursionError, msgspec.DecodeError):
        raise ProtocolError("not an answer of teletype") from None
