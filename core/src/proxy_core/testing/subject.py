"""What is examined: a model at a provider of a plugin, asked and answered like in the server."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from proxy_core.anthropic.answering import writer_options
from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.verdicts import broken_answer
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.bound import BoundProvider
from proxy_core.contract import (
    ErrorVerdict,
    ModelOptions,
    ProtocolError,
    ProxyError,
    Target,
    Unsupported,
    UpstreamFailure,
    UpstreamRequest,
)
from proxy_core.ledger import Ledger
from proxy_core.plugins import PluginFault
from proxy_core.sse import decoder
from proxy_core.testing.complaint import Complaint
from proxy_core.testing.lifecycle import LifecycleError, check_events, fold, parse_events
from proxy_core.testing.script import Script
from proxy_core.testing.wires import Heard, Streamed, Wire

Json = dict[str, Any]

TOOL_NAMES = ("Read", "Bash", "mcp__a__b")


def asking(**fields: Any) -> Json:
    """A plain request, that any model can answer, with `fields` beside or instead."""
    schema = {"type": "object", "properties": {"text": {"type": "string"}}}
    return {
        "model": "claude-opus-5-5",
        "max_tokens": 1000,
        "messages": [{"role": "user", "content": "go"}],
        "tools": [{"name": name, "input_schema": schema} for name in TOOL_NAMES],
        **fields,
    }


class Refused(ProxyError):
    """The plugin refuses the request with `Unsupported`, as it may."""


@dataclass(frozen=True)
class Sent:
    """A request in the vendor's words."""

    asked: Json
    upstream: UpstreamRequest
    ledger: Ledger

    @property
    def body(self) -> Any:
        """What is sent. Raises `Complaint` where it is no JSON."""
        try:
            return json.loads(self.upstream.body)
        except ValueError:
            shown = {"the request": self.asked, "what is sent": self.upstream.body}
            raise Complaint("what is sent is no JSON", shown) from None

    def noted(self, path: str) -> bool:
        """Whether the ledger names this place, or one around it."""
        return any(path == loss.path or path.startswith(f"{loss.path}/") for loss in self.ledger)

    def touched(self, path: str) -> bool:
        """Whether the ledger names this place, one around it or one in it."""
        return self.noted(path) or any(loss.path.startswith(f"{path}/") for loss in self.ledger)


@dataclass(frozen=True)
class Told:
    """What the client got."""

    message: Json
    """The whole message, or what the events add up to; empty after a failure of a whole one."""
    failure: ErrorVerdict | None

    @property
    def content(self) -> list[Json]:
        content: list[Json] = self.message.get("content", [])
        return content

    @property
    def stop(self) -> str | None:
        return None if self.failure else self.message.get("stop_reason")

    def blocks(self) -> list[list[Any]]:
        """The content as `Script.blocks` has it; blocks of other kinds stand as they are."""
        return [_short(block) for block in self.content if not _is_mute(block)]

    @property
    def ended(self) -> bool:
        """It was told how the answer ended."""
        return self.failure is not None or self.stop is not None


def _short(block: Json) -> list[Any]:
    match block["type"]:
        case "tool_use":
            return ["tool", block["name"], block["input"]]
        case "text" | "thinking" as kind:
            return [kind, block[kind]]
        case kind:
            return [kind, block]


def _is_mute(block: Json) -> bool:
    """Reasoning without words: it carries what the vendor wants back."""
    mute = block["type"] == "thinking" and not block["thinking"]
    return mute or block["type"] == "redacted_thinking"


def _in_own_frames(events: bytes) -> bytes:
    """Events that are passed on as they came, in the framing that this project writes."""
    reader = decoder(keep_bytes=False)
    frames = (
        b"event: %b\ndata: %b\n\n" % (event.event.encode(), event.data)
        for event in (*reader.feed(events), *reader.flush())
    )
    return b"".join(frames)


def message_of(events: bytes, shown: Mapping[str, Any]) -> Json:
    """What a client's SDK makes of the events. Raises `Complaint` unless they are legal."""
    try:
        told = parse_events(events)
        check_events(told)
    except LifecycleError as error:
        what = f"the client gets an illegal stream: {error}"
        raise Complaint(what, {**shown, "what the client gets": events}) from None
    return fold(told)


@dataclass(frozen=True)
class Subject:
    """A model at a provider, and the languages it may speak."""

    bound: BoundProvider
    target: Target
    wires: Sequence[Wire]

    def __repr__(self) -> str:
        return self.target.name

    def to(self, model: str) -> Subject:
        """The same provider with another model."""
        return replace(self, target=msgspec.structs.replace(self.target, model=model))

    def under(self, options: ModelOptions) -> Subject:
        """The same model as an entry of the user's table."""
        return replace(self, target=msgspec.structs.replace(self.target, options=options))

    # -- requests ------------------------------------------------------------------------

    def send(self, asked: Json) -> Sent:
        """The request as it would go upstream. Raises `Refused`, and `Complaint` for a defect."""
        request = parse(json.dumps(asked).encode())
        ledger = Ledger()
        try:
            upstream = self.bound.translate_request(request, self.target, ledger)
        except Unsupported as refusal:
            raise Refused(str(refusal)) from None
        except PluginFault as fault:
            raise _defect(fault, {"the request": asked}) from fault
        return Sent(asked, upstream, ledger)

    def map_model(self, requested: str, models: Sequence[str]) -> Target | None:
        """The plugin's own reading of a name, for a user who has the provider at another address.
        Raises `Complaint` for a defect."""
        users = self.target.provider.model_copy(update={"base_url": "https://users.example/v1"})
        try:
            return self.bound.map_model(requested, users, models)
        except PluginFault as fault:
            raise _defect(fault, {"requested": requested, "models": list(models)}) from fault

    def ask(self, **fields: Any) -> Sent:
        """A plain request, which no plugin may refuse."""
        try:
            return self.send(asking(**fields))
        except Refused as refusal:
            raise Complaint(f"{self!r} refuses a plain request: {refusal}") from None

    def wire(self, sent: Sent) -> Wire:
        """The language that a request is in."""
        for wire in self.wires:
            if wire.speaks(sent.upstream):
                return wire
        raise Complaint(
            f"the kit does not know the language of {sent.upstream.path}. Bring a "
            "`proxy_core.testing.wires.Wire` for it: an entry point under the plugin's name in the "
            "group `proxy_core.testing` that names a list of wires"
        )

    def heard(self, sent: Sent) -> Heard:
        """The request as the vendor understands it."""
        try:
            return self.wire(sent).read(sent.upstream.body)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Complaint(
                f"the vendor could not read the request: {type(error).__name__}: {error}",
                {"the request": sent.asked, "what is sent": sent.upstream.body},
            ) from error

    # -- answers -------------------------------------------------------------------------

    def say(self, sent: Sent, script: Script, streamed: bool) -> Told:
        """What the client is told when the vendor answers with this script."""
        if streamed:
            return self.tell_stream(sent, [self.streamed(sent, script).body])
        return self.tell_whole(sent, self.whole(sent, script))

    def whole(self, sent: Sent, script: Script) -> bytes:
        """The script as the vendor would say it in one piece."""
        return self.wire(sent).whole(self.named(sent, script), sent.upstream)

    def streamed(self, sent: Sent, script: Script) -> Streamed:
        """The script as the vendor would stream it."""
        return self.wire(sent).stream(self.named(sent, script), sent.upstream)

    def named(self, sent: Sent, script: Script) -> Script:
        """The script with the names under which the tools were declared: a vendor calls tools by
        the names that it was told."""
        declared = [tool.name for tool in self.heard(sent).tools]
        asked = [tool["name"] for tool in sent.asked.get("tools", ())]
        names = dict(zip(asked, declared, strict=False))
        calls = (replace(call, name=names.get(call.name, call.name)) for call in script.calls)
        return replace(script, calls=tuple(calls))

    def tell_whole(self, sent: Sent, body: bytes) -> Told:
        """What the client is told of a whole answer."""
        sink = MessageSink()
        writer = self._writer(sent, sink)
        try:
            self.bound.translate_response(sent.upstream, body, writer, sent.ledger)
        except ProtocolError as error:
            writer.fail(broken_answer(str(error)))
        except PluginFault as fault:
            raise _defect(fault, {"the vendor's answer": body}) from fault
        writer.end()
        message = {} if writer.failure else msgspec.json.decode(sink.json(), type=dict[str, Any])
        return Told(message, writer.failure)

    def tell_stream(
        self, sent: Sent, pieces: Iterable[bytes], *, complete: bool = True, hostile: bool = False
    ) -> Told:
        """What the client is told of a stream that comes in these pieces; it is always legal.

        Save where a `hostile` server speaks the client's own language, and is passed on.
        """
        pieces = list(pieces)
        stream = self.open_stream(sent)
        try:
            events = b"".join([*map(stream.feed, pieces), stream.close(complete)])
        except PluginFault as fault:
            raise _defect(fault, {"the vendor's stream": b"".join(pieces)}) from fault
        if hostile and sent.upstream.relay:
            return Told({}, stream.writer.failure)
        if sent.upstream.relay:
            events = _in_own_frames(events)
        message = message_of(events, {"the vendor's stream": b"".join(pieces)})
        return Told(message, stream.writer.failure)

    def open_stream(self, sent: Sent) -> AnswerStream:
        """Begin to read a streamed answer piece by piece."""
        sink = EventSink()
        return AnswerStream(self.bound, sent, sink, self._writer(sent, sink))

    def _writer(self, sent: Sent, sink: EventSink | MessageSink) -> MessageWriter:
        minted = itertools.count()
        options = writer_options(parse(json.dumps(sent.asked).encode()), sent.upstream, "msg_1")
        options = msgspec.structs.replace(options, new_tool_id=lambda: f"toolu_{next(minted)}")
        return MessageWriter(sink, options)

    # -- errors --------------------------------------------------------------------------

    def classify(self, failure: UpstreamFailure) -> ErrorVerdict | None:
        """The plugin's reading of a failure; None leaves it to core."""
        try:
            return self.bound.classify_error(failure, self.target)
        except PluginFault as fault:
            shown = {"kind": failure.kind, "status": failure.status, "body": failure.body}
            raise _defect(fault, shown) from fault


class AnswerStream:
    """One streamed answer, read as the server reads it. Raises `PluginFault`."""

    def __init__(
        self, bound: BoundProvider, sent: Sent, sink: EventSink, writer: MessageWriter
    ) -> None:
        self.writer = writer
        self._sink = sink
        self._decoder = decoder(keep_bytes=sent.upstream.relay)
        self._reader = bound.open_stream(sent.upstream, writer, sent.ledger)

    def feed(self, chunk: bytes) -> bytes:
        """The events for the client that these bytes bring about."""
        try:
            for event in self._decoder.feed(chunk):
                self._reader.feed(event)
        except ProtocolError as error:
            self.writer.fail(broken_answer(str(error)))
        return self._sink.take()

    def close(self, complete: bool) -> bytes:
        """The last events."""
        try:
            for event in self._decoder.flush() if complete else ():
                self._reader.feed(event)
            self._reader.close(complete)
        except ProtocolError as error:
            self.writer.fail(broken_answer(str(error)))
        self.writer.end()
        return self._sink.take()


def _defect(fault: PluginFault, shown: Mapping[str, Any]) -> Complaint:
    """What a plugin raised or returned against its contract, with the place in its code."""
    original = fault.original
    if original is None:
        return Complaint(str(fault), shown)
    trace = original.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    return Complaint(f"{fault}: {original}{place}", shown)
