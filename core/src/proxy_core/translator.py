"""Translation as a library: requests and answers, without a server and without a socket.

translator = Translator(load_plugins(["groq"]), models={"sonnet": "groq/openai/gpt-oss-120b"})
translation = translator.request(anthropic_request)   # where to send which bytes
message = translator.response(translation, body)      # an Anthropic message
stream = translator.stream(translation)
events = stream.feed(chunk)                           # Anthropic events as bytes

Where the upstream refuses, `failed` says what that means; `repaired` is the request in the words
that it may take, if there are such:

refusal = UpstreamFailure(kind=FailureKind.STATUS, status=400, body=body)
verdict = translator.failed(translation, refusal)
translation = translator.repaired(translation, verdict) or give_up(verdict)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from proxy_core.anthropic.answering import writer_options
from proxy_core.anthropic.ids import new_message_id
from proxy_core.anthropic.message import EventSink, MessageSink, Sink
from proxy_core.anthropic.request import MessagesRequest, parse
from proxy_core.anthropic.rules import check_messages
from proxy_core.anthropic.verdicts import broken_answer
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.assembly import adds_to, make_router, read_failure, translate
from proxy_core.bound import BoundProvider
from proxy_core.contract import (
    ErrorVerdict,
    ProtocolError,
    ProxyError,
    Repair,
    Target,
    UpstreamFailure,
    UpstreamRequest,
)
from proxy_core.ledger import Ledger
from proxy_core.plugins import Plugins
from proxy_core.settings import Settings
from proxy_core.sse import decoder


class AnswerFailed(ProxyError):
    """An upstream's answer reports an error or cannot be read; `verdict` says what it means."""

    def __init__(self, verdict: ErrorVerdict) -> None:
        super().__init__(verdict.message)
        self.verdict = verdict


@dataclass(frozen=True)
class Translation:
    """A request in the vendor's language; what reads its answer needs it again."""

    request: MessagesRequest
    upstream: UpstreamRequest
    losses: Ledger
    """What could not be said as it was asked; what an answer lost is added."""
    why: str
    """Why the request goes where it goes."""
    repairs: tuple[Repair, ...] = ()
    """The upstream has refused it in other words."""

    @property
    def url(self) -> str:
        """Where to send the body. The key is the caller's to add."""
        return self.upstream.target.provider.base_url + self.upstream.path


class Translator:
    """Translates between the Messages API and the languages of some plugins."""

    def __init__(
        self, plugins: Plugins, models: Mapping[str, Any] | None = None, **settings: Any
    ) -> None:
        """`models` is written as in `proxy.toml`, and so are further settings.

        Neither environment nor files are read. Raises `ValueError` for wrong settings.
        """
        self._settings = Settings.model_validate({"models": dict(models or {}), **settings})
        self._router = make_router(plugins, self._settings)

    def request(self, anthropic_request: bytes | Mapping[str, Any]) -> Translation:
        """Say a request in the language of the model it goes to.

        Raises `InvalidRequest`, `UnknownModel` or `Unsupported`.
        """
        body = anthropic_request
        request = parse(body if isinstance(body, bytes) else msgspec.json.encode(body))
        check_messages(request)
        route = self._router.route(request.model)
        return self._translated(request, route.targets[0], route.why)

    def failed(self, translation: Translation, failure: UpstreamFailure) -> ErrorVerdict:
        """What it means that the upstream did not answer, or with another status than 2xx."""
        target = translation.upstream.target
        return read_failure(self._bound(translation), failure, target)

    def repaired(self, translation: Translation, verdict: ErrorVerdict) -> Translation | None:
        """The request as it may be asked once more; None where the verdict stands.

        `verdict` is of `failed`, of `AnswerFailed`, or a stream's failure before any content. A
        model that slipped is asked the same. Raises as `request` does.
        """
        repair = verdict.repair
        if repair is None or not adds_to(repair, translation.repairs):
            return None
        if repair.quirks and verdict.may_be_billed:
            return None
        target = self._bound(translation).repaired(translation.upstream.target, repair)
        return self._translated(
            translation.request, target, translation.why, (*translation.repairs, repair)
        )

    def response(self, translation: Translation, body: bytes) -> dict[str, Any]:
        """A whole answer as an Anthropic message. Raises `AnswerFailed`."""
        sink = MessageSink()
        writer = _writer(translation, sink)
        bound = self._bound(translation)
        try:
            bound.translate_response(translation.upstream, body, writer, translation.losses)
        except ProtocolError as error:
            writer.fail(broken_answer(str(error)))
        writer.end()
        if writer.failure is not None:
            raise AnswerFailed(writer.failure)
        message: dict[str, Any] = msgspec.json.decode(sink.json())
        return message

    def stream(self, translation: Translation) -> MessageStream:
        """Begin to read a streamed answer."""
        return MessageStream(translation, self._bound(translation))

    def _translated(
        self, request: MessagesRequest, target: Target, why: str, repairs: tuple[Repair, ...] = ()
    ) -> Translation:
        ledger = Ledger()
        upstream = translate(request, target, self._router, self._settings, ledger)
        return Translation(request, upstream, ledger, why, repairs)

    def _bound(self, translation: Translation) -> BoundProvider:
        return self._router.bound_for(translation.upstream.target)


class MessageStream:
    """Reads an upstream's event stream and tells it as Anthropic's.

    Whatever the upstream does, the events together are a legal stream: an answer that fails
    or is cut short ends with an `error` event.
    """

    def __init__(self, translation: Translation, bound: BoundProvider) -> None:
        self._sink = EventSink()
        self._writer = _writer(translation, self._sink)
        self._decoder = decoder(keep_bytes=translation.upstream.relay)
        self._reader = bound.open_stream(translation.upstream, self._writer, translation.losses)

    @property
    def failure(self) -> ErrorVerdict | None:
        """Why the answer ended early, if it did."""
        return self._writer.failure

    def feed(self, chunk: bytes) -> bytes:
        """The Anthropic events that these bytes of the upstream's body bring about."""
        try:
            for event in self._decoder.feed(chunk):
                self._reader.feed(event)
        except ProtocolError as error:
            self._writer.fail(broken_answer(str(error)))
        return self._sink.take()

    def close(self, complete: bool = True) -> bytes:
        """The last events; `complete` is False where the connection broke."""
        try:
            for event in self._decoder.flush() if complete else ():
                self._reader.feed(event)
            self._reader.close(complete)
        except ProtocolError as error:
            self._writer.fail(broken_answer(str(error)))
        self._writer.end()
        return self._sink.take()


def _writer(translation: Translation, sink: Sink) -> MessageWriter:
    options = writer_options(translation.request, translation.upstream, new_message_id())
    return MessageWriter(sink, options)
