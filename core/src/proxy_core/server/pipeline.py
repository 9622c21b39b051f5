"""The story of one request, told once, from the client's bytes to the client's bytes.

Two moments cannot be undone. The *status commit* sends 200 and the headers; it is held back
until the upstream says something meaningful, or until the client has waited too long, so
that an early failure keeps its true status. The *content commit* sends the first content
block; before it the next target of the chain may still take over unseen, after it a failure
ends in an `error` event.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

import msgspec

from proxy_core.anthropic import errors, events
from proxy_core.anthropic.answering import writer_options
from proxy_core.anthropic.ids import new_message_id
from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.request import MessagesRequest, parse
from proxy_core.anthropic.rules import check_messages, check_roles
from proxy_core.anthropic.tokens import Estimate, estimate
from proxy_core.anthropic.writer import MessageWriter, broken_answer
from proxy_core.assembly import read_failure, translate
from proxy_core.bound import BoundProvider
from proxy_core.contract import (
    CountCall,
    ErrorVerdict,
    ProtocolError,
    ProxyError,
    Repair,
    Target,
    TokenCount,
    UpstreamFailure,
    UpstreamRequest,
)
from proxy_core.ledger import Ledger, LossKind, Reason
from proxy_core.plugins import Plugins
from proxy_core.routing import Router
from proxy_core.server import credentials
from proxy_core.server.calibration import Calibration
from proxy_core.server.counting import VendorCounts
from proxy_core.server.delivery import Delivery
from proxy_core.server.downstream import (
    BadBody,
    Client,
    ClientLeft,
    Message,
    Receive,
    Send,
    leaving_cancels,
    read_body,
    with_arrival,
)
from proxy_core.server.headers import answer_headers, error_headers, printable
from proxy_core.server.record import Record
from proxy_core.server.refusals import (
    BROKEN,
    SHUTTING_DOWN,
    Refusal,
    full_house,
    reading_of,
)
from proxy_core.server.repairs import Lessons
from proxy_core.server.retry import repair_of, seconds_until_next
from proxy_core.server.upstream import Upstream, UpstreamAnswer, UpstreamFault
from proxy_core.server.wording import worded
from proxy_core.settings import Settings
from proxy_core.sse import decoder

_log = logging.getLogger("proxy_core.server")

Story = Callable[[Message, Receive, Client, Record], Awaitable[None]]


@dataclass
class _Attempt:
    """One target, asked once."""

    bound: BoundProvider
    upstream: UpstreamRequest
    ledger: Ledger
    writer: MessageWriter
    sink: EventSink | MessageSink
    delivery: Delivery | None
    """Set where the client wants a stream."""
    max_tokens: int | None
    """The longest answer that the client asks for."""
    asks_for_nothing: bool = False
    """`max_tokens: 0` warms Anthropic's cache; elsewhere it is an error, so it is answered here."""
    fault: UpstreamFailure | None = None
    """What the transport or the upstream's status said, if that ended it."""


class Pipeline:
    """Serves `/v1/messages` and `/v1/messages/count_tokens`."""

    def __init__(
        self, settings: Settings, plugins: Plugins, router: Router, upstream: Upstream
    ) -> None:
        self._settings = settings
        self._plugins = plugins
        self._router = router
        self._upstream = upstream
        self._lessons = Lessons()
        self._vendor_counts = VendorCounts(upstream)
        self._calibration = Calibration()
        self._running = 0

    async def messages(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request for a message (an ASGI application)."""
        await self._tell(self._message, scope, receive, send)

    async def count_tokens(self, scope: Message, receive: Receive, send: Send) -> None:
        """Count the input tokens of a request, without inference (an ASGI application)."""
        await self._tell(self._token_count, scope, receive, send)

    # -- the story -----------------------------------------------------------------------

    async def _message(
        self, scope: Message, receive: Receive, client: Client, record: Record
    ) -> None:
        body = await self._read_body(scope, receive)
        async with leaving_cancels(receive, client):
            record.request_bytes = len(body)
            request = with_arrival(parse(body), scope)
            check_messages(request)
            record.prompt = estimate(request)
            record.requested_model, record.stream = request.model, request.stream
            delivery = Delivery(client) if request.stream else None
            async with self._kept_alive(delivery):
                verdict = await self._ask_targets(request, client, delivery, record)
            if verdict is not None:
                raise Refusal(verdict)

    async def _ask_targets(
        self, request: MessagesRequest, client: Client, delivery: Delivery | None, record: Record
    ) -> ErrorVerdict | None:
        """Ask the chain until one target answers; else the last failure."""
        failure: ErrorVerdict | None = None
        for target in self._router.route(request.model).targets:
            if failure is not None:
                record.fallbacks.append(f"{record.target}={failure.type}")
            record.target = target.name
            failure = await self._ask_target(request, target, client, delivery, record)
            if failure is None or not failure.retryable:
                break
        return failure

    async def _ask_target(
        self,
        request: MessagesRequest,
        target: Target,
        client: Client,
        delivery: Delivery | None,
        record: Record,
    ) -> ErrorVerdict | None:
        """Ask one target, again where that is harmless and may help; its last failure."""
        repeats = 0
        repairs: list[Repair] = []
        target = self._as_learned(target, record)
        attempt = self._prepare(request, target, client, delivery, record)
        while True:
            verdict = await self._ask(attempt, client, record)
            if repairs:
                self._lessons.learn(target, repairs[-1], verdict)
            if verdict is None:
                return None
            if repair := repair_of(verdict, attempt.fault, repairs):
                repairs.append(repair)
                target = attempt.bound.repaired(target, repair)
                record.note_repair(target, repair.quirks)
                wait: float | None = 0.0
            else:
                wait = self._wait(request, verdict, attempt.fault, repeats)
                repeats += 1
            if wait is None:
                return verdict
            # Made ready before the wait, so that it can be begun while the client waits too.
            attempt = self._prepare(request, target, client, delivery, record)
            await asyncio.sleep(wait)

    def _as_learned(self, target: Target, record: Record) -> Target:
        """The target in the words that it is known to take."""
        quirks = self._lessons.of(target)
        if not quirks:
            return target
        record.note_repair(target, quirks, learned=True)
        return target.under(quirks)

    def _prepare(
        self,
        request: MessagesRequest,
        target: Target,
        client: Client,
        delivery: Delivery | None,
        record: Record,
    ) -> _Attempt:
        """Say the request in the target's language, and make ready to tell its answer."""
        bound = self._router.bound_for(target)
        ledger = record.ledger = Ledger()
        upstream = translate(request, target, self._router, self._settings, ledger)
        record.upstream_headers = {}
        begun = delivery is not None and delivery.begun
        sink = EventSink(record.request_id) if delivery else MessageSink()
        prompt = self._calibration.count(target.name, record.prompt).tokens
        options = msgspec.structs.replace(
            writer_options(request, upstream, new_message_id(), prompt),
            reword=lambda verdict: self._worded(verdict, request, target, client),
            begun=begun,
        )
        writer = record.writer = MessageWriter(sink, options)
        if delivery is not None and isinstance(sink, EventSink):
            delivery.follow(writer, sink, lambda: _headers(upstream, record))
        nothing = request.max_tokens == 0 and not upstream.relay
        longest = request.max_tokens
        return _Attempt(bound, upstream, ledger, writer, sink, delivery, longest, nothing)

    async def _ask(self, attempt: _Attempt, client: Client, record: Record) -> ErrorVerdict | None:
        """Ask one target and relay its answer.

        Returns None when the client was answered, be it with an error after its content;
        else the failure, of which the client has seen nothing.
        """
        writer, delivery = attempt.writer, attempt.delivery
        try:
            if attempt.asks_for_nothing:
                writer.finish("max_tokens")
                writer.end()
            else:
                await self._send(attempt, client, record)
        except UpstreamFault as fault:
            attempt.fault = fault.failure
            if not _rescued(attempt, fault.failure):
                writer.fail(read_failure(attempt.bound, fault.failure, attempt.upstream.target))
        except ProtocolError as error:
            writer.fail(broken_answer(str(error)))
        self._note_usage(attempt, record.prompt)
        if delivery is not None:
            await delivery.flush()
        record.outcome = writer.failure.type if writer.failure else "ok"
        if writer.failure and not (delivery and delivery.content_sent):
            return self._with_figures(writer.failure, attempt, record.prompt)
        if isinstance(attempt.sink, MessageSink):
            await client.respond(200, attempt.sink.json(), _headers(attempt.upstream, record))
        return None

    def _note_usage(self, attempt: _Attempt, prompt: Estimate) -> None:
        """Learn from the usage of a whole answer; where there is none, say that it is a guess."""
        writer, upstream = attempt.writer, attempt.upstream
        if writer.failure:
            return
        if writer.usage_estimated:
            if not upstream.relay:
                attempt.ledger.for_answer().note(
                    "/usage", LossKind.INVENTED, Reason.USAGE_ESTIMATED
                )
        elif not writer.final_usage.web_searches:  # what was found is counted as input too
            self._calibration.learn(upstream.target.name, prompt, writer.final_usage)

    def _with_figures(
        self, verdict: ErrorVerdict, attempt: _Attempt, prompt: Estimate
    ) -> ErrorVerdict:
        target = attempt.upstream.target
        tokens = self._calibration.count(target.name, prompt).tokens
        verdict = errors.by_what_is_too_long(verdict, tokens, attempt.max_tokens)
        return errors.with_figures(verdict, tokens, target.facts.context_window)

    async def _send(self, attempt: _Attempt, client: Client, record: Record) -> None:
        provider = attempt.upstream.target.provider
        secrets = credentials.for_provider(provider, self._settings, client.credentials)
        async with self._upstream.send(attempt.upstream, secrets) as answer:
            record.note_answer(answer.request_id, answer.headers)
            await self._read(attempt, answer)

    async def _read(self, attempt: _Attempt, answer: UpstreamAnswer) -> None:
        """Tell the writer what the upstream says, in whichever form it says it."""
        if answer.is_event_stream:
            await self._read_stream(attempt, answer)
            return
        body = await answer.read_all()
        attempt.bound.translate_response(attempt.upstream, body, attempt.writer, attempt.ledger)
        attempt.writer.end()

    async def _read_stream(self, attempt: _Attempt, answer: UpstreamAnswer) -> None:
        writer, delivery = attempt.writer, attempt.delivery
        translator = attempt.bound.open_stream(attempt.upstream, writer, attempt.ledger)
        frames = decoder(keep_bytes=attempt.upstream.relay)
        now = asyncio.get_running_loop().time
        stopped_at: float | None = None
        while not writer.done:
            patience = None
            if writer.stop_reason is not None:
                # Only usage is awaited now, and not for long, whatever comes in its place.
                stopped_at = now() if stopped_at is None else stopped_at
                patience = stopped_at + self._settings.late_usage_seconds - now()
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

    def _worded(
        self, verdict: ErrorVerdict, request: MessagesRequest, target: Target, client: Client
    ) -> ErrorVerdict:
        secrets = credentials.known(target.provider, self._settings, client.credentials)
        own = not credentials.are_clients(target.provider, self._settings, client.credentials)
        return worded(verdict, request, target, secrets, own_account=own)

    async def _token_count(
        self, scope: Message, receive: Receive, client: Client, record: Record
    ) -> None:
        body = await self._read_body(scope, receive)
        async with leaving_cancels(receive, client):
            record.request_bytes = len(body)
            request = with_arrival(parse(body), scope)
            check_roles(request)
            record.requested_model = request.model
            target = self._as_learned(self._router.route(request.model).targets[0], record)
            record.target = target.name
            count = self._router.bound_for(target).count_tokens(request, target)
            if isinstance(count, CountCall):
                count = await self._count_upstream(count, client)
            if count is None:
                count = self._calibration.count(target.name, estimate(request))
            answer = msgspec.json.encode({"input_tokens": count.tokens})
            method = printable(count.method)
            await client.respond(200, answer, [("x-proxy-token-count", method)])

    async def _count_upstream(self, call: CountCall, client: Client) -> TokenCount | None:
        provider = call.request.target.provider
        try:
            secrets = credentials.for_provider(provider, self._settings, client.credentials)
        except Refusal:
            return None  # without a key its count cannot be had
        return await self._vendor_counts.ask(call, secrets)

    # -- around it -----------------------------------------------------------------------

    async def _tell(self, story: Story, scope: Message, receive: Receive, send: Send) -> None:
        """Run a story; whatever ends it early is told to the client in Anthropic's shape."""
        record = Record()
        shown = credentials.shown_by(scope["headers"], self._settings.auth_token)
        client = Client(send, record.request_id, shown)
        self._running += 1
        try:
            if self._running > self._settings.max_concurrent:
                raise full_house(self._settings.max_concurrent)
            await story(scope, receive, client, record)
        except ClientLeft:
            record.outcome = "client_left"
        except asyncio.CancelledError:
            await _end_badly(client, record, SHUTTING_DOWN)
            raise
        except BadBody as error:
            # The rest of the body is on its way; only closing keeps the server from reading it.
            await _end_badly(client, record, reading_of(error), ("connection", "close"))
        except ProxyError as error:
            verdict = reading_of(error)
            if verdict is BROKEN:
                _log.error("%s: %s", record.request_id, _place(error))
            await _end_badly(client, record, verdict)
        except Exception as error:  # noqa: BLE001 - one exchange's defect must not end others
            _log.error("%s: %s", record.request_id, _place(error))
            await _end_badly(client, record, BROKEN)
        finally:
            self._running -= 1
            exchange = record.finish(client.status, client.bytes_sent)
            for fault in self._plugins.finished(exchange):
                _log.error("%s: %s", record.request_id, fault)

    def _wait(
        self,
        request: MessagesRequest,
        verdict: ErrorVerdict,
        failure: UpstreamFailure | None,
        repeats: int,
    ) -> float | None:
        """Seconds until the same request is made again; None where it is not."""
        streaming = self._settings.max_streaming_retries
        most = self._settings.max_retries if streaming is None or not request.stream else streaming
        return seconds_until_next(verdict, failure, repeats) if repeats < most else None

    async def _read_body(self, scope: Message, receive: Receive) -> bytes:
        return await read_body(
            scope,
            receive,
            limit=self._settings.max_body_bytes,
            seconds=self._settings.body_timeout,
        )

    def _kept_alive(self, delivery: Delivery | None) -> AbstractAsyncContextManager[None]:
        if delivery is None:
            return nullcontext()
        settings = self._settings
        return delivery.kept_alive(
            commit_after=settings.status_commit_seconds, ping_every=settings.ping_seconds
        )


def _headers(upstream: UpstreamRequest, record: Record) -> list[tuple[str, str]]:
    return answer_headers(
        upstream.target,
        record.fallbacks,
        record.ledger,
        record.upstream_headers,
        relayed=upstream.relay,
    )


def _rescued(attempt: _Attempt, failure: UpstreamFailure) -> bool:
    """Whether the failure brought the answer along, which is told then."""
    writer = attempt.writer
    if writer.has_content or writer.stop_reason is not None:
        return False
    told = attempt.bound.rescue_error(failure, attempt.upstream, writer, attempt.ledger)
    if told:
        writer.end()
    return told


async def _end_badly(
    client: Client, record: Record, verdict: ErrorVerdict, *headers: tuple[str, str]
) -> None:
    """Answer with an error: a true status where none was sent, else an error event."""
    if client.finished:
        return
    record.outcome = verdict.type
    if not client.committed:
        await client.refuse(verdict, [*error_headers(verdict), *headers])
        return
    last_words = events.error(verdict.type, verdict.message, client.request_id)
    await client.write(last_words, last=True)


def _place(error: Exception) -> str:
    """Where an error arose; not its text, which may quote what the client sent."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    calls = " < ".join(f"{frame.filename}:{frame.lineno}" for frame in reversed(frames))
    return f"{type(error).__name__} at {calls}"
