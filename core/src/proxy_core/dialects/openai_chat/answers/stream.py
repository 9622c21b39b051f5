"""Reading a streamed answer."""

from __future__ import annotations

from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import SseEvent, UpstreamRequest
from proxy_core.dialects.openai_chat.answers.chunks import read_chunk
from proxy_core.dialects.openai_chat.answers.reader import AnswerReader
from proxy_core.dialects.openai_chat.context import ChatContext
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.ledger import Ledger

DONE = b"[DONE]"


class ChatStream:
    """Reads the events of one answer: chunks, perhaps an error, `[DONE]`.

    The finish reason is told when it comes, the end only with `[DONE]` or by core at the end
    of the stream, because usage follows the finish reason.
    """

    def __init__(
        self, upstream: UpstreamRequest, quirks: Quirks, writer: MessageWriter, ledger: Ledger
    ) -> None:
        self._writer = writer
        self._ledger = ledger
        context = upstream.context or ChatContext()
        self._reader = AnswerReader(upstream.target, context, quirks, writer, ledger)

    def feed(self, event: SseEvent) -> None:
        """Read one event. Raises `ProtocolError` when it cannot be read."""
        data = event.data.strip()
        if self._writer.done or not data:
            return
        if data == DONE:
            self._end()
        elif event.event == "error":
            self._reader.fail(data)
        else:
            self._reader.read(read_chunk(data, self._ledger))

    def close(self, complete: bool) -> None:  # noqa: ARG002 -- a finish reason is the end mark
        """Tell what was held back. Without a finish reason the writer reports the cut.

        A connection that breaks after the finish reason has lost usage at most.
        """
        self._reader.close()

    def _end(self) -> None:
        if self._reader.blank_finish and self._writer.stop_reason is None:
            self._writer.finish("end_turn")
        self._reader.close()
        self._writer.end()
