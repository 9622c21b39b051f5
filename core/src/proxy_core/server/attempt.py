"""One target, asked once: said in its language, sent, and its answer told to the client.

A failure of which the client has seen nothing is returned, so that the pipeline may ask again or
ask another; after content it has become the end of the answer.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec

from proxy_core.anthropic import errors
from proxy_core.anthropic.answering import writer_options
from proxy_core.anthropic.ids import new_message_id
from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.verdicts import EMPTY, broken_answer
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.assembly import read_failure, translate
from proxy_core.contract import ErrorVerdict, ProtocolError, Target, UpstreamFailure
from proxy_core.ledger import Ledger, LossKind, Reason
from proxy_core.routing import Router
from proxy_core.server import credentials
from proxy_core.server.calibration import Calibration
from proxy_core.server.delivery import Delivery
from proxy_core.server.downstream import Client
from proxy_core.server.headers import answer_headers
from proxy_core.server.record import Record
from proxy_core.server.upstream import Upstream, UpstreamAnswer, UpstreamFault
from proxy_core.server.wording import worded
from proxy_core.settings import Settings
from proxy_core.sse import decoder


@dataclass(frozen=True)
class Means:
    """What is shared by all attempts of a server."""

    settings: Settings
    router: Router
    upstream: Upstream
    calibration: Calibration


@dataclass(frozen=True)
class Asked:
    """What a client asks for, and where its answer goes."""

    request: MessagesRequest
    client: Client
    record: Record
    delivery: Delivery | None
    """Set where the client wants a stream."""


class Attempt:
    """Made ready where it is constructed; `tell()` asks.

    Raises `Unsupported` where the request cannot be said in the target's language.
    """

    def __init__(self, means: Means, asked: Asked, target: Target) -> None:
        self._means = means
        self._asked = asked
        self._target = target
        self.bound = means.router.bound_for(target)
        self.fault: UpstreamFailure | None = None
        """What the transport or the upstream's status said, if that ended it."""
        record, delivery = asked.record, asked.delivery
        self._ledger = record.ledger = Ledger()
        self._upstream = translate(
            asked.request, target, means.router, means.settings, self._ledger
        )
        record.upstream_headers = {}
        self._sink = EventSink(record.request_id) if delivery else MessageSink()
        self._writer = record.writer = self._new_writer()
        if delivery is not None and isinstance(self._sink, EventSink):
            delivery.follow(self._writer, self._sink, self._headers)

    def _new_writer(self) -> MessageWriter:
        asked = self._asked
        prompt = self._prompt_tokens()
        options = msgspec.structs.replace(
            writer_options(asked.request, self._upstream, new_message_id(), prompt),
            reword=self._worded,
            begun=asked.delivery is not None and asked.delivery.begun,
        )
        return MessageWriter(self._sink, options)

    async def tell(self) -> ErrorVerdict | None:
        """Ask the target and relay its answer.

        Returns None when the client was answered, be it with an error after its content;
        else the failure, of which the client has seen nothing.
        """
        writer, delivery, record = self._writer, self._asked.delivery, self._asked.record
        try:
            await self._send()
        except UpstreamFault as fault:
            self.fault = fault.failure
            if not self._rescued(fault.failure):
                writer.fail(read_failure(self.bound, fault.failure, self._target))
        except ProtocolError as error:
            writer.fail(broken_answer(str(error)))
        self._note_usage()
        if delivery is not None:
            await delivery.flush()
        record.outcome = writer.failure.type if writer.failure else "ok"
        if writer.failure and not (delivery and delivery.content_sent):
            return self._with_figures(writer.failure)
        if isinstance(self._sink, MessageSink):
            await self._asked.client.respond(200, self._sink.json(), self._headers())
        return None

    async def _send(self) -> None:
        if self._asked.request.max_tokens == 0 and not self._upstream.relay:
            # It warms Anthropic's cache; elsewhere it is an error, so it is answered here.
            self._writer.finish("max_tokens")
            self._writer.end()
            return
        provider = self._upstream.target.provider
        shown = self._asked.client.credentials
        secrets = credentials.for_provider(provider, self._means.settings, shown)
        async with self._means.upstream.send(self._upstream, secrets) as answer:
            self._asked.record.note_answer(answer.request_id, answer.headers)
            if await answer.is_event_stream():
                await self._read_stream(answer)
            else:
                await self._read_whole(answer)

    async def _read_whole(self, answer: UpstreamAnswer) -> None:
        body = await answer.read_all()
        if not body.strip():
            self._writer.fail(EMPTY)
            return
        self.bound.translate_response(self._upstream, body, self._writer, self._ledger)
        self._writer.end()

    async def _read_stream(self, answer: UpstreamAnswer) -> None:
        writer, delivery = self._writer, self._asked.delivery
        translator = self.bound.open_stream(self._upstream, writer, self._ledger)
        frames = decoder(keep_bytes=self._upstream.relay)
        now = asyncio.get_running_loop().time
        stopped_at: float | None = None
        while not writer.done:
            patience = None
            if writer.stop_reason is not None:
                # Only usage is awaited now, and not for long, whatever comes in its place.
                stopped_at = now() if stopped_at is None else stopped_at
                patience = stopped_at + self._means.settings.late_usage_seconds - now()
            try:
                chunk = await answer.read(patience)
            except UpstreamFault:
                if writer.stop_reason is None:
                    translator.close(complete=False)
                    raise
                chunk = b""  # all has come but the usage, which some never send
            for event in frames.feed(chunk) if chunk else frames.flush():
                translator.feed(event)
            if not chunk:
                translator.close(complete=True)
                writer.end()
            if delivery is not None:
                await delivery.flush()
        if not writer.stopped:
            await answer.drain()

    def _rescued(self, failure: UpstreamFailure) -> bool:
        """Whether the failure brought the answer along, which is told then."""
        writer = self._writer
        if writer.has_content or writer.stop_reason is not None:
            return False
        told = self.bound.rescue_error(failure, self._upstream, writer, self._ledger)
        if told:
            writer.end()
        return told

    def _note_usage(self) -> None:
        """Learn from the usage of a whole answer; where there is none, say that it is a guess."""
        writer, upstream = self._writer, self._upstream
        if writer.failure:
            return
        if writer.usage_estimated:
            if not upstream.relay:
                answer = self._ledger.for_answer()
                answer.note("/usage", LossKind.INVENTED, Reason.USAGE_ESTIMATED)
        elif not writer.final_usage.web_searches:  # what was found is counted as input too
            calibration = self._means.calibration
            calibration.learn(self._target.name, self._asked.record.prompt, writer.final_usage)

    def _with_figures(self, verdict: ErrorVerdict) -> ErrorVerdict:
        """What did not fit, and by how much, where the upstream did not say."""
        tokens = self._prompt_tokens()
        verdict = errors.by_what_is_too_long(verdict, tokens, self._asked.request.max_tokens)
        return errors.with_figures(verdict, tokens, self._target.facts.context_window)

    def _prompt_tokens(self) -> int:
        count = self._means.calibration.count(self._target.name, self._asked.record.prompt)
        return count.tokens

    def _worded(self, verdict: ErrorVerdict) -> ErrorVerdict:
        """The failure in words that a person can act on, without secrets."""
        settings, shown = self._means.settings, self._asked.client.credentials
        provider = self._target.provider
        secrets = credentials.known(provider, settings, shown)
        own = not credentials.are_clients(provider, settings, shown)
        return worded(verdict, self._asked.request, self._target, secrets, own_account=own)

    def _headers(self) -> list[tuple[str, str]]:
        record = self._asked.record
        return answer_headers(
            self._upstream.target,
            record.fallbacks,
            record.ledger,
            record.upstream_headers,
            relayed=self._upstream.relay,
        )
