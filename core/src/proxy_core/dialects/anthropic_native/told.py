"""Telling an answer to the writer, where it comes in another form than the client asked for:
whole in place of a stream, or the other way round. What only the relay can keep is noted.
"""

from __future__ import annotations

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import FailureKind, SseEvent, Target, UpstreamFailure, Usage
from proxy_core.dialects.anthropic_native.relay import Classify
from proxy_core.dialects.anthropic_native.wire import (
    Block,
    Delta,
    Event,
    read_event,
    read_message,
    stop_told,
    usage_over,
)
from proxy_core.ledger import Ledger, LossKind, Reason


class _Teller:
    """Says blocks to the writer."""

    def __init__(
        self, target: Target, writer: MessageWriter, ledger: Ledger, sealing: bool
    ) -> None:
        self._target = target
        self._writer = writer
        self._ledger = ledger
        self._sealing = sealing
        self._calls: dict[int, int] = {}
        self._unsigned = False
        """The block that is being told is thinking, and bears no signature yet."""

    def block(self, index: int, block: Block) -> None:
        match block.type:
            case "text":
                self._writer.text(block.text or "")
            case "thinking":
                self._writer.thinking(block.thinking or "")
                self._unsigned = self._sealing
                self.signature(block.signature or "")
            case "redacted_thinking":
                self._writer.redacted(self._sealed(block.data or ""))
            case "tool_use":
                self._calls[index] = self._writer.tool(block.id or "", block.name or "")
            case _:
                self._ledger.note(f"/content/{index}", LossKind.DROPPED, Reason.UNKNOWN_BLOCK)

    def signature(self, signature: str) -> None:
        if signature:
            self._unsigned = False
            self._writer.signature(self._sealed(signature))

    def end_block(self) -> None:
        """Sign thinking that its server did not: else nobody would know whose it is."""
        if self._unsigned:
            self._unsigned = False
            self._writer.signature(self._sealed(""))

    def arguments(self, index: int, fragment: str) -> None:
        if index in self._calls:
            self._writer.tool_json(self._calls[index], fragment)

    def _sealed(self, value: str) -> str:
        if not self._sealing:
            return value
        return seal(Envelope.of(self._target, state=value.encode("utf-8", "replace")))


def tell_message(
    body: bytes,
    target: Target,
    writer: MessageWriter,
    ledger: Ledger,
    classify: Classify,
    *,
    sealing: bool,
) -> None:
    """Tell one whole answer. Raises `ProtocolError`."""
    message = read_message(body)
    if message.type == "error":
        writer.fail(classify(UpstreamFailure(kind=FailureKind.STREAM, body=body)))
        return
    teller = _Teller(target, writer, ledger, sealing)
    for index, block in enumerate(message.content or ()):
        teller.block(index, block)
        if block.type == "tool_use":
            teller.arguments(index, bytes(block.input).decode())
        teller.end_block()
    if isinstance(message.usage, dict):
        writer.usage(usage_over(message.usage, Usage()))
    writer.finish(message.stop_reason or "end_turn", stop_told(message))


class StreamReader:
    """Tells one streamed answer."""

    def __init__(
        self,
        target: Target,
        writer: MessageWriter,
        ledger: Ledger,
        classify: Classify,
        *,
        sealing: bool,
    ) -> None:
        self._writer = writer
        self._classify = classify
        self._teller = _Teller(target, writer, ledger, sealing)
        self._usage = Usage()
        self._ending = Delta()

    def feed(self, event: SseEvent) -> None:
        """Read one event. Raises `ProtocolError` when it cannot be read."""
        if not event.data:
            return
        read = read_event(event.data)
        self._count(read)
        match read.type:
            case "content_block_start" if read.content_block is not None:
                self._teller.block(read.index, read.content_block)
            case "content_block_delta" if read.delta is not None:
                self._delta(read.index, read.delta)
            case "content_block_stop":
                self._teller.end_block()
            case "message_delta" if read.delta is not None:
                self._ending = read.delta
            case "message_stop":
                self._writer.finish(self._ending.stop_reason or "end_turn", stop_told(self._ending))
                self._writer.end()
            case "error":
                failure = UpstreamFailure(kind=FailureKind.STREAM, body=event.data)
                self._writer.fail(self._classify(failure))

    def close(self, complete: bool) -> None:
        """Nothing was held back; a stream without its `message_stop` is reported as cut."""

    def _delta(self, index: int, delta: Delta) -> None:
        match delta.type:
            case "text_delta":
                self._writer.text(delta.text or "")
            case "thinking_delta":
                self._writer.thinking(delta.thinking or "")
            case "signature_delta":
                self._teller.signature(delta.signature or "")
            case "input_json_delta":
                self._teller.arguments(index, delta.partial_json or "")

    def _count(self, read: Event) -> None:
        usage = read.message.usage if read.message is not None else read.usage
        if isinstance(usage, dict):
            self._usage = usage_over(usage, self._usage)
            self._writer.usage(self._usage)
