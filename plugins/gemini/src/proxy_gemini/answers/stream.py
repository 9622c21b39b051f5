"""Reading a streamed answer."""

from __future__ import annotations

from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import SseEvent, UpstreamRequest
from proxy_core.ledger import Ledger
from proxy_gemini.answers.chunks import read_chunk
from proxy_gemini.answers.reader import AnswerReader
from proxy_gemini.context import GeminiContext


class GeminiStream:
    """Reads the events of one answer. The end of the body is its end: there is no other mark.

    A finish reason is told when it comes, but usage may follow it.
    """

    def __init__(self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger) -> None:
        self._writer = writer
        self._ledger = ledger
        context = upstream.context or GeminiContext()
        self._reader = AnswerReader(upstream.target, context, writer, ledger)

    def feed(self, event: SseEvent) -> None:
        """Read one event. Raises `ProtocolError` when it cannot be read."""
        data = event.data.strip()
        if self._writer.done or not data:
            return
        self._reader.read(read_chunk(data, self._ledger))

    def close(self, complete: bool) -> None:  # noqa: ARG002 -- a finish reason is the end mark
        """Tell what was held back. Without a finish reason the writer reports the cut.

        A connection that breaks after the finish reason has lost usage at most.
        """
        self._reader.close()
