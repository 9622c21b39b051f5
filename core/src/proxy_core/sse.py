"""Decoding server-sent events from bytes, as they arrive and within bounds.

Line ends are LF, CR and CRLF and nothing else: splitting at U+2028 or U+0085, as text-based
line readers do, would cut JSON strings in two.
"""

from __future__ import annotations

from proxy_core.contract import ProtocolError, SseEvent

MAX_EVENT_BYTES = 4 << 20

_BOM = b"\xef\xbb\xbf"


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
            self._data.append(value)
            self._data_size += len(value) + 1  # the line end: lines without a value take room too
            self._check_size()
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
        return None

    def _dispatch(self) -> SseEvent | None:
        name, data = self._name, self._data
        self._name, self._data, self._data_size = "", [], 0
        return SseEvent(name, b"\n".join(data)) if any(data) else None

    def _check_size(self) -> None:
        if self._partial_size + self._data_size > self._limit:
            raise ProtocolError(f"an event is larger than {self._limit} bytes")
