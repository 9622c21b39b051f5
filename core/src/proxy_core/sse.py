"""Decoding server-sent events from bytes, as they arrive and within bounds.

Line ends are LF, CR and CRLF and nothing else: splitting at U+2028 or U+0085, as text-based
line readers do, would cut JSON strings in two.
"""

from __future__ import annotations

import re
from typing import Protocol

from proxy_core.contract import ProtocolError, SseEvent

MAX_EVENT_BYTES = 4 << 20

_BOM = b"\xef\xbb\xbf"


class Decoder(Protocol):
    """Turns chunks of any size into events. Raises `ProtocolError` beyond its bound."""

    def feed(self, chunk: bytes) -> list[SseEvent]: ...
    def flush(self) -> list[SseEvent]: ...


def decoder(*, keep_bytes: bool) -> Decoder:
    """A decoder of one stream; its events keep their bytes where that is asked for."""
    return ByteKeepingDecoder() if keep_bytes else SseDecoder()


class SseDecoder:
    """Turns chunks of any size into events. Raises `ProtocolError` beyond the bound."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._limit = max_event_bytes
        self._partial: list[bytes] = []
        """Pieces of a line whose end has not come."""
        self._partial_size = 0
        self._data_size = 0
        self._after_cr = False
        self._at_start = True
        self._name = ""
        self._data: list[bytes] = []
        self._bare = False
        """A JSON object stands where fields should: its lines are data without being called so."""

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """The events that this chunk completes."""
        if b"\r" in chunk or self._after_cr:
            chunk = self._unify_line_ends(chunk)
        *lines, rest = chunk.split(b"\n")
        if lines and self._partial:
            lines[0] = b"".join((*self._partial, lines[0]))
            self._partial.clear()
            self._partial_size = 0
        events = [event for line in lines if (event := self._read(line)) is not None]
        if rest:
            self._partial.append(rest)
            self._partial_size += len(rest)
            self._check_size()
        return events

    def flush(self) -> list[SseEvent]:
        """The event that the end of the stream completes: not all servers end with a blank."""
        return self.feed(b"\n\n")

    def _unify_line_ends(self, chunk: bytes) -> bytes:
        if not chunk:
            return chunk
        began_with = b"\n" if self._after_cr else b""
        self._after_cr = chunk.endswith(b"\r")
        return chunk.removeprefix(began_with).replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _read(self, line: bytes) -> SseEvent | None:
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatch()
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._add(value)
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        elif self._bare or (line.startswith(b"{") and not self._data):
            # A server that fails in a stream may end it with the plain body of its error, on one
            # line or many: Gemini, whose SDK reads that; the standard would have it ignored.
            self._bare = True
            self._add(line)
        return None

    def _add(self, data: bytes) -> None:
        self._data.append(data)
        self._data_size += len(data) + 1  # the line end: lines without a value take room too
        self._check_size()

    def _dispatch(self) -> SseEvent | None:
        name, data = self._name, self._data
        self._name, self._data, self._data_size, self._bare = "", [], 0, False
        return SseEvent(name, b"\n".join(data)) if any(data) else None

    def _check_size(self) -> None:
        if self._partial_size + self._data_size > self._limit:
            raise ProtocolError(f"an event is larger than {self._limit} bytes")


_BLANK_LINE = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r(?!\Z))")
"""The end of an event. A CR at the very end may yet become a CRLF."""


class ByteKeepingDecoder:
    """As `SseDecoder`, but every byte is in the `raw` of one event."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._limit = max_event_bytes
        self._lines = SseDecoder(max_event_bytes)
        self._rest = b""
        self._searched = 0

    def feed(self, chunk: bytes) -> list[SseEvent]:
        """The events that this chunk completes, those without data too."""
        pending = self._rest + chunk
        found: list[SseEvent] = []
        start = 0
        while end := _BLANK_LINE.search(pending, max(start, self._searched)):
            found.append(self._event(pending[start : end.end()]))
            start, self._searched = end.end(), 0
        self._rest = pending[start:]
        self._searched = max(0, len(self._rest) - 3)
        if len(self._rest) > self._limit:
            raise ProtocolError(f"an event is larger than {self._limit} bytes")
        return found

    def flush(self) -> list[SseEvent]:
        """The event that the end of the stream completes; it gets the blank line it lacks."""
        rest, self._rest = self._rest, b""
        if rest and not rest.endswith((b"\n\r", b"\r\r")):
            rest += b"\n\n"
        return [self._event(rest)] if rest else []

    def _event(self, raw: bytes) -> SseEvent:
        # Two line ends in a row: the pieces hold one event at most.
        told = self._lines.feed(raw)
        return told[0]._replace(raw=raw) if told else SseEvent("", b"", raw)
