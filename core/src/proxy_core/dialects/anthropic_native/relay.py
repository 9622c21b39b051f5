"""Passing an answer on: the bytes that came, but for the model's name and, where the server's
quirks ask for it, sealed signatures.
"""

from __future__ import annotations

from collections.abc import Callable

from proxy_core.anthropic import events
from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import (
    ErrorVerdict,
    FailureKind,
    ProtocolError,
    SseEvent,
    Target,
    UpstreamFailure,
    Usage,
)
from proxy_core.dialects.anthropic_native.spans import (
    Splices,
    first_value,
    items,
    member,
    members,
)
from proxy_core.dialects.anthropic_native.wire import (
    Block,
    Delta,
    Event,
    Message,
    read_event,
    read_message,
    stop_told,
    usage_over,
)

Classify = Callable[[UpstreamFailure], ErrorVerdict]


class StreamRelay:
    """Passes on one streamed answer."""

    def __init__(
        self, target: Target, writer: MessageWriter, classify: Classify, *, sealing: bool
    ) -> None:
        self._target = target
        self._writer = writer
        self._classify = classify
        self._sealing = sealing
        self._usage = Usage()
        self._stop_reason: str | None = None
        self._unsigned: set[int] = set()
        """Thinking blocks that are open and bear no signature yet."""

    def feed(self, event: SseEvent) -> None:
        """Pass on one event. Raises `ProtocolError` when it cannot be read."""
        if not event.data:
            self._writer.relay(event.raw, content=False)
            return
        read = read_event(event.data, passing=True)
        match read.type:
            case "message_start":
                self._start(event, read)
            case "content_block_start" | "content_block_delta" | "content_block_stop":
                self._writer.relay(self._block(event, read), content=True)
            case "message_delta":
                self._ending(event, read)
            case "message_stop":
                self._writer.relay(event.raw, content=True)
                self._writer.finish(self._stop_reason or "end_turn")
                self._writer.end()
            case "error":
                failure = UpstreamFailure(kind=FailureKind.STREAM, body=event.data)
                verdict = self._classify(failure)
                # Only a verdict with a body says that the event may be shown as it is.
                self._writer.fail(verdict, event.raw if verdict.body else b"")
            case _:
                self._writer.relay(event.raw, content=False)

    def close(self, complete: bool) -> None:
        """Nothing was held back; a stream without its `message_stop` is reported as cut."""

    def _start(self, event: SseEvent, read: Event) -> None:
        self._count(read)
        if self._writer.begun:
            return  # the client waited so long that it got a beginning already
        splices, start = _document(event)
        message = member(splices.body, start, "message")
        if message is None:
            raise ProtocolError("message_start without a message")
        rename(splices, message.value, self._writer.model)
        if read.message is not None:
            mend_stop(splices, message.value, read.message)
        self._writer.relay(splices.apply(), content=False)

    def _ending(self, event: SseEvent, read: Event) -> None:
        self._count(read)
        if read.delta is not None:
            self._stop_reason = read.delta.stop_reason or self._stop_reason
        self._writer.relay(_with_stop(event, read.delta), content=True)

    def _count(self, read: Event) -> None:
        usage = read.message.usage if read.message is not None else read.usage
        if isinstance(usage, dict):
            self._usage = usage_over(usage, self._usage)
            self._writer.usage(self._usage)

    # -- sealing -------------------------------------------------------------------------

    def _block(self, event: SseEvent, read: Event) -> bytes:
        if not self._sealing:
            return event.raw
        if read.type == "content_block_stop":
            return self._signed_late(event, read)
        if read.content_block is not None:
            return self._sealed_start(event, read)
        if read.delta is not None and read.delta.type == "signature_delta":
            self._unsigned.discard(read.index)
            return self._sealed_late(event, read.delta.signature or "")
        return event.raw

    def _sealed_start(self, event: SseEvent, read: Event) -> bytes:
        block = read.content_block
        if block is None:
            return event.raw
        splices, start = _document(event)
        holder = member(splices.body, start, "content_block")
        if holder is not None:
            make_own(splices, holder.value, block, self._target, self._writer)
        if block.type == "thinking" and not block.signature:
            self._unsigned.add(read.index)
        return splices.apply()

    def _signed_late(self, event: SseEvent, read: Event) -> bytes:
        """Sign, at its end, thinking that its server does not sign: unsigned it would not be
        known for the server's own when it comes back."""
        if read.index not in self._unsigned:
            return event.raw
        self._unsigned.remove(read.index)
        signature = seal(Envelope.of(self._target))
        late = events.content_block_delta(read.index, b"signature_delta", b"signature", signature)
        return late + event.raw

    def _sealed_late(self, event: SseEvent, signature: str) -> bytes:
        splices, start = _document(event)
        delta = member(splices.body, start, "delta")
        if delta is not None:
            seal_member(splices, delta.value, "signature", signature, self._target)
        return splices.apply()


def _document(event: SseEvent) -> tuple[Splices, int]:
    """The event's bytes, and where its JSON begins in them.

    JSON over several data lines is set in one: between the lines there can be only blanks.
    """
    raw, data = event.raw, event.data
    if b"\n" in data:
        data = data.replace(b"\n", b" ")
        raw = b"event: %b\ndata: %b\n\n" % (event.event.encode(), data)
    return Splices(raw), first_value_from(raw, raw.index(data))


def first_value_from(raw: bytes, start: int) -> int:
    """Where the value begins that may have blanks before it."""
    return start + first_value(raw[start:])


def rename(splices: Splices, message: int, model: str) -> None:
    """Give the message at this place the name that the client asked for."""
    for one in members(splices.body, message):
        if one.key == "model":
            splices.replace(one.value, one.end, events.quote(model))


def mend_stop(splices: Splices, owner: int, ending: Message | Delta) -> None:
    """Name no stop sequence where what is named is no text: clients read it as one."""
    if _is_misnamed(ending):
        splices.put(owner, "stop_sequence", b"null")


def _is_misnamed(ending: Message | Delta) -> bool:
    return ending.stop_sequence is not None and stop_told(ending) is None


def _with_stop(event: SseEvent, ending: Delta | None) -> bytes:
    """An event that tells how the message ended, as bytes."""
    if ending is None or not _is_misnamed(ending):
        return event.raw
    splices, start = _document(event)
    delta = member(splices.body, start, "delta")
    if delta is not None:
        mend_stop(splices, delta.value, ending)
    return splices.apply()


def seal_member(splices: Splices, owner: int, key: str, value: str, target: Target) -> None:
    """Put an envelope in the place of what `target` signed."""
    one = member(splices.body, owner, key)
    if one is not None:
        envelope = Envelope.of(target, state=value.encode("utf-8", "replace"))
        splices.replace(one.value, one.end, events.quote(seal(envelope)))


def make_own(
    splices: Splices, place: int, block: Block, target: Target, writer: MessageWriter
) -> None:
    """Seal what a block bears of its server's, and see to it that its id is unique."""
    if block.type == "thinking" and block.signature:
        seal_member(splices, place, "signature", block.signature, target)
    elif block.type == "redacted_thinking" and block.data:
        seal_member(splices, place, "data", block.data, target)
    elif block.type == "tool_use":
        one = member(splices.body, place, "id")
        client_id = writer.tool_id(block.id or "")
        if one is not None and client_id != block.id:
            splices.replace(one.value, one.end, events.quote(client_id))


def relay_message(
    body: bytes, target: Target, writer: MessageWriter, classify: Classify, *, sealing: bool
) -> None:
    """Pass on one whole answer. Raises `ProtocolError`."""
    message = read_message(body, passing=True)
    if message.type == "error":
        writer.fail(classify(UpstreamFailure(kind=FailureKind.STREAM, body=body)))
        return
    splices = Splices(body)
    start = first_value(body)
    rename(splices, start, writer.model)
    mend_stop(splices, start, message)
    content = member(body, start, "content")
    if sealing and content is not None:
        for block, span in zip(message.content or (), items(body, content.value), strict=True):
            make_own(splices, span.start, block, target, writer)
            if block.type == "thinking" and not block.signature:
                unsigned = events.quote(seal(Envelope.of(target)))
                splices.put(span.start, "signature", unsigned)
    writer.relay(splices.apply(), content=True)
    if isinstance(message.usage, dict):
        writer.usage(usage_over(message.usage, Usage()))
    writer.finish(message.stop_reason or "end_turn")
