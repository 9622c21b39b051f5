"""Reading a streamed answer."""

from __future__ import annotations

from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import SseEvent, UpstreamRequest
from proxy_core.dialects.openai_chat import Quirks
from proxy_core.ledger import Ledger
from proxy_openai.responses.context import ResponseContext
from proxy_openai.responses.events import read_event
from proxy_openai.responses.reader import AnswerReader

_DONE = b"[DONE]"
"""Chat's end mark. Some gateways send it here too, where it ends nothing."""


class ResponseStream:
    """Reads the events of one answer; the last one tells how it ended."""

    def __init__(
        self, upstream: UpstreamRequest, quirks: Quirks, writer: MessageWriter, ledger: Ledger
    ) -> None:
        self._writer = writer
        context = upstream.context or ResponseContext()
        self._reader = AnswerReader(upstream.target, context, quirks, writer, ledger)

    def feed(self, event: SseEvent) -> None:
        """Read one event. Raises `ProtocolError` when it cannot be read."""
        data = event.data.strip()
        if data and data != _DONE and not self._writer.done:
            self._reader.read(read_event(data))

    def close(self, complete: bool) -> None:
        """Nothing is held back: a stream without its last event was cut, and core says so."""
