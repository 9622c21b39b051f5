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
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, nullcontext

import msgspec

from proxy_core.anthropic import events
from proxy_core.anthropic.request import MessagesRequest, parse
from proxy_core.anthropic.rules import check_messages, check_roles
from proxy_core.anthropic.tokens import estimate
from proxy_core.contract import (
    CountCall,
    ErrorVerdict,
    ProxyError,
    Repair,
    Target,
    TokenCount,
    Unsupported,
    UpstreamFailure,
)
from proxy_core.plugins import PluginFault, Plugins
from proxy_core.routing import Router
from proxy_core.server import credentials
from proxy_core.server.attempt import Asked, Attempt, Means
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
from proxy_core.server.headers import error_headers, printable
from proxy_core.server.record import Record
from proxy_core.server.refusals import (
    BROKEN,
    SHUTTING_DOWN,
    Refusal,
    full_house,
    place_of,
    reading_of,
)
from proxy_core.server.repairs import Lessons
from proxy_core.server.retry import repair_of, seconds_until_next
from proxy_core.server.upstream import Upstream
from proxy_core.settings import Settings

_log = logging.getLogger("proxy_core.server")

Story = Callable[[Message, Receive, Client, Record], Awaitable[None]]


class Pipeline:
    """Serves `/v1/messages` and `/v1/messages/count_tokens`."""

    def __init__(
        self, settings: Settings, plugins: Plugins, router: Router, upstream: Upstream
    ) -> None:
        self._settings = settings
        self._plugins = plugins
        self._router = router
        self._calibration = Calibration()
        self._means = Means(settings, router, upstream, self._calibration)
        self._lessons = Lessons()
        self._vendor_counts = VendorCounts(upstream)
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
                verdict = await self._ask_targets(Asked(request, client, record, delivery))
            if verdict is not None:
                raise Refusal(verdict)

    async def _ask_targets(self, asked: Asked) -> ErrorVerdict | None:
        """Ask the chain until one target answers; else the last failure of one that was asked."""
        record = asked.record
        failure: ErrorVerdict | None = None
        targets = self._router.route(asked.request.model).targets
        for number, target in enumerate(targets, 1):
            before, record.target = record.target, target.name
            try:
                failure = await self._ask_target(asked, target)
            except (Unsupported, Refusal) as error:
                if failure is None:
                    raise
                # Only the ones before can answer this request, and their trouble may pass.
                record.give_up(target, reading_of(error))
                record.target = before
                continue
            if failure is None or not failure.retryable or number == len(targets):
                break
            record.give_up(target, failure)
        return failure

    async def _ask_target(self, asked: Asked, target: Target) -> ErrorVerdict | None:
        """Ask one target, again where that is harmless and may help; its last failure."""
        repeats = 0
        repairs: list[Repair] = []
        target = self._as_learned(target, asked.record)
        attempt = Attempt(self._means, asked, target)
        while True:
            verdict = await attempt.tell()
            if repairs:
                self._lessons.learn(target, repairs[-1], verdict)
            if verdict is None:
                return None
            if repair := repair_of(verdict, attempt.fault, repairs):
                repairs.append(repair)
                target = attempt.bound.repaired(target, repair)
                asked.record.note_repair(target, repair.quirks)
                wait: float | None = 0.0
            else:
                wait = self._wait(asked.request, verdict, attempt.fault, repeats)
                repeats += 1
            if wait is None:
                return verdict
            # Made ready before the wait, so that it can be begun while the client waits too.
            attempt = Attempt(self._means, asked, target)
            await asyncio.sleep(wait)

    def _as_learned(self, target: Target, record: Record) -> Target:
        """The target in the words that it is known to take."""
        quirks = self._lessons.of(target)
        if not quirks:
            return target
        record.note_repair(target, quirks, learned=True)
        return target.under(quirks)

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
            if verdict is BROKEN or isinstance(error, PluginFault):
                _log.error("%s: %s", record.request_id, place_of(error))
            await _end_badly(client, record, verdict)
        except Exception as error:  # noqa: BLE001 - one exchange's defect must not end others
            _log.error("%s: %s", record.request_id, place_of(error))
            await _end_badly(client, record, BROKEN)
        finally:
            self._running -= 1
            exchange = record.finish(client.status, client.bytes_sent)
            for fault in self._plugins.finished(exchange):
                _log.error("%s: %s", record.request_id, place_of(fault))

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


async def _end_badly(
    client: Client, record: Record, verdict: ErrorVerdict, *headers: tuple[str, str]
) -> None:
    """Answer with an error: a true status where none was sent, else an error event."""
    if client.finished:
        return
    record.outcome = verdict.type
    try:
        if not client.committed:
            await client.refuse(verdict, [*error_headers(verdict), *headers])
            return
        last_words = events.error(verdict.type, verdict.message, client.request_id)
        await client.write(last_words, last=True)
    except ClientLeft:
        record.outcome = "client_left"
