"""The upstream's side of an exchange: the only file that opens connections to providers.

Keys are put in here, after translation, and only towards the provider's own origin.
Redirects are never followed: the request would take its key and its prompt along. Compressed
answers are refused: they are asked not to be, and a small one may hide a large one.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from types import SimpleNamespace, TracebackType
from typing import Self

import aiohttp
from pydantic import SecretStr
from yarl import URL

from proxy_core.assembly import headers_of
from proxy_core.contract import FailureKind, Provider, ProxyError, UpstreamFailure, UpstreamRequest

MAX_ERROR_BODY = 64 << 10
MAX_ANSWER_BODY = 64 << 20
_DRAIN_SECONDS = 0.25
"""How long a finished stream may take to end, so that its connection can be used again."""

_ERROR_BODY_SECONDS = 5.0
"""How long an error may take to explain itself: less than the status can be held back."""

_STREAM_BEGINS = re.compile(rb"(?:data|event|id|retry)?:")
"""What a stream of events begins with: a field or a comment."""

_LONGEST_FIELD = len(b"event:")

_MOST_BLANKS = 64 << 10
"""Bytes before an answer, from servers that keep connections open so."""

_PLAIN = ("", "identity", "none")
"""Content codings that are none; `none` is sent to keep proxies from compressing a stream."""

_TELLING = ("retry-after", "retry-after-ms", "x-should-retry", "x-request-id", "request-id")
_TELLING_PREFIXES = ("x-ratelimit-", "anthropic-")


@dataclass(frozen=True)
class Patience:
    """How long to wait for an upstream, in seconds."""

    connect: float = 5.0
    first_byte: float = 120.0
    """From the request until the head of a streamed answer."""
    whole_answer: float = 600.0
    """From the request until the head of an answer that is not streamed."""
    idle: float = 90.0
    """Between two chunks of an answer."""


class UpstreamFault(ProxyError):
    """The exchange with the upstream failed; `failure` says how."""

    def __init__(self, failure: UpstreamFailure) -> None:
        super().__init__(failure.detail or f"status {failure.status}")
        self.failure = failure


class Upstream:
    """Connections to all providers. Use as an async context manager."""

    def __init__(
        self, patience: Patience, *, trust_env: bool = False, ca_file: str | None = None
    ) -> None:
        self._patience = patience
        self._trust_env = trust_env
        self._ca_file = ca_file
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=_Connector(limit=0, ssl=ssl.create_default_context(cafile=self._ca_file)),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._patience.connect),
            trace_configs=[_noting_reuse()],
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=self._trust_env,
            skip_auto_headers=("User-Agent", "Accept-Encoding", "Content-Type"),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def send(
        self, request: UpstreamRequest, secrets: Mapping[str, SecretStr]
    ) -> AsyncIterator[UpstreamAnswer]:
        """Send a request; the answer is a success, anything else raises `UpstreamFault`, a web
        page too.

        `secrets` are the headers that only the provider may see, names in lower case.

        Leaving the block closes the connection unless the answer was read to its end.
        """
        patience = self._patience.first_byte if request.stream else self._patience.whole_answer
        told = {name: secret.get_secret_value() for name, secret in secrets.items()}
        response = await self._open(request, headers_of(request) | told, patience)
        try:
            with _end_of_connection_told(response):
                if response.status // 100 != 2 or response.content_type == "text/html":
                    raise UpstreamFault(await _status_failure(response, self._patience.idle))
                if _is_compressed(response):
                    detail = "the answer is compressed, which was not asked"
                    raise _fault(FailureKind.PROTOCOL, detail)
                yield UpstreamAnswer(response, self._patience.idle)
        finally:
            response.release()

    async def _open(
        self, request: UpstreamRequest, headers: Mapping[str, str], patience: float
    ) -> aiohttp.ClientResponse:
        if self._session is None:
            raise RuntimeError("Upstream is used outside its context")
        url = URL(request.target.provider.base_url.rstrip("/") + request.path, encoded=True)
        connection = _Connection()
        try:
            async with asyncio.timeout(patience):
                return await self._session.request(
                    request.method,
                    url,
                    data=request.body,
                    headers=headers,
                    allow_redirects=False,
                    trace_request_ctx=connection,
                )
        except (aiohttp.ServerTimeoutError, aiohttp.ClientConnectorError) as error:
            raise _fault(FailureKind.CONNECT, _words(error, request.target.provider)) from error
        except TimeoutError as error:
            which = "first_byte_timeout" if request.stream else "request_timeout"
            detail = f"no answer within {patience:g} s ({which})"
            raise _fault(FailureKind.TIMEOUT, detail) from error
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError) as error:
            failure = UpstreamFailure(
                kind=FailureKind.RESET, detail=type(error).__name__, unread=connection.reused
            )
            raise UpstreamFault(failure) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _fault(FailureKind.RESET, type(error).__name__) from error


class UpstreamAnswer:
    """A successful answer, its body still to be read."""

    def __init__(self, response: aiohttp.ClientResponse, idle: float) -> None:
        self._response = response
        self._idle = idle
        self._ahead = b""
        """What was read to see what the answer is, and is to be read again."""
        self.headers = _telling_headers(response)
        self.request_id = self.headers.get("x-request-id") or self.headers.get("request-id")

    async def is_event_stream(self) -> bool:
        """Whether it is a stream of events, by what it begins with.

        Its type only counts where that says nothing: servers send streams as JSON or without a
        type (microsoft/foundry-dev-tools 195, nearai/private-ml-sdk 20), and JSON as a stream
        (decolua/9router 3301).
        """
        ahead = begun = b""
        while len(begun) < _LONGEST_FIELD and len(ahead) < _MOST_BLANKS:
            piece = await self.read()
            if not piece:
                break
            ahead += piece
            begun = ahead.lstrip()
        self._ahead = ahead
        if _STREAM_BEGINS.match(begun):
            return True
        return self._response.content_type == "text/event-stream" and begun[:1] not in (b"{", b"[")

    async def read(self, patience: float | None = None) -> bytes:
        """The next bytes as they arrive; empty at the end."""
        if self._ahead:
            ahead, self._ahead = self._ahead, b""
            return ahead
        seconds = self._idle if patience is None else patience
        try:
            async with asyncio.timeout(seconds):
                return await self._response.content.readany()
        except TimeoutError as error:
            raise _fault(
                FailureKind.TIMEOUT, f"no byte within {seconds:g} s (idle_timeout)"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _fault(FailureKind.RESET, type(error).__name__) from error

    async def read_all(self, limit: int = MAX_ANSWER_BODY) -> bytes:
        """The whole body. Raises `UpstreamFault` when it is larger than `limit` bytes."""
        pieces: list[bytes] = []
        size = 0
        while piece := await self.read():
            size += len(piece)
            if size > limit:
                raise _fault(FailureKind.PROTOCOL, f"the answer is larger than {limit} bytes")
            pieces.append(piece)
        return b"".join(pieces)

    async def drain(self) -> None:
        """Read the little that follows an end mark, so that the connection can be kept."""
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                await self._response.content.readany()
        except (TimeoutError, aiohttp.ClientError, OSError):
            self._response.close()


class _Connector(aiohttp.TCPConnector):
    """Keeps no connection on which something came that nobody had asked for.

    aiohttp (3.14) would take it for the answer to the next request.
    """

    async def connect(
        self,
        req: aiohttp.ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - as aiohttp names it
    ) -> aiohttp.connector.Connection:
        while True:
            connection = await super().connect(req, traces, timeout)
            if connection.protocol is None or not connection.protocol.should_close:
                return connection
            connection.close()


@dataclass
class _Connection:
    """What is known of the connection that one request travels on."""

    reused: bool = False


def _noting_reuse() -> aiohttp.TraceConfig:
    """Tells of a connection that was kept from an earlier request: the server may have closed
    it meanwhile, and then the failure says nothing about this request."""

    async def note(
        _session: aiohttp.ClientSession, context: SimpleNamespace, _params: object
    ) -> None:
        context.trace_request_ctx.reused = True

    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(note)
    return trace


@contextmanager
def _end_of_connection_told(response: aiohttp.ClientResponse) -> Iterator[None]:
    """Within the block whoever reads the answer learns that its connection has ended.

    aiohttp (3.14) closes the connection when the framing of a body is broken, but does not
    tell the body's reader, who would wait until its patience ends.
    """
    protocol = response.connection.protocol if response.connection is not None else None
    # Not its truth, which is false while no answer waits in it.
    closed = protocol.closed if protocol is not None else None
    if closed is None:  # the whole answer came with its head
        yield
        return

    def tell(_closed: asyncio.Future[None]) -> None:
        if not response.content.is_eof() and response.content.exception() is None:
            response.content.set_exception(aiohttp.ClientPayloadError("broken framing"))

    # The connection outlives this answer: it keeps one `_retrieved`, and no `tell`.
    closed.remove_done_callback(_retrieved)
    closed.add_done_callback(_retrieved)
    closed.add_done_callback(tell)
    try:
        yield
    finally:
        closed.remove_done_callback(tell)


def _retrieved(closed: asyncio.Future[None]) -> None:
    """Say that it was seen how a connection ended; asyncio would complain later."""
    if not closed.cancelled():
        closed.exception()


def _is_compressed(response: aiohttp.ClientResponse) -> bool:
    return response.headers.get("content-encoding", "").strip().lower() not in _PLAIN


def _telling_headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    return {
        name: value
        for name, value in ((key.lower(), text) for key, text in response.headers.items())
        if name in _TELLING or name.startswith(_TELLING_PREFIXES)
    }


async def _status_failure(response: aiohttp.ClientResponse, patience: float) -> UpstreamFailure:
    body = b""
    try:
        async with asyncio.timeout(min(patience, _ERROR_BODY_SECONDS)):
            while len(body) < MAX_ERROR_BODY and (piece := await response.content.readany()):
                body += piece
    except (TimeoutError, aiohttp.ClientError, OSError):
        pass  # what has come of the error's text is enough; its status is what counts
    return UpstreamFailure(
        kind=FailureKind.STATUS,
        status=response.status,
        headers=_telling_headers(response),
        body=b"" if _is_compressed(response) else body[:MAX_ERROR_BODY],
    )


def _fault(kind: FailureKind, detail: str) -> UpstreamFault:
    return UpstreamFault(UpstreamFailure(kind=kind, detail=detail))


def _words(error: Exception, provider: Provider) -> str:
    """Why there is no connection, without addresses of the user's network beyond the origin."""
    origin = URL(provider.base_url).origin()
    match error:
        case aiohttp.ClientConnectorCertificateError():
            reason = f"its certificate is not trusted ({error.certificate_error})"
        case aiohttp.ClientConnectorDNSError():
            reason = "its name cannot be resolved"
        case aiohttp.ClientConnectorSSLError():
            reason = "TLS failed"
        case aiohttp.ClientConnectorError():
            reason = error.strerror or "connection refused"
        case _:
            reason = "no connection in time"
    return f"{origin}: {reason}"
