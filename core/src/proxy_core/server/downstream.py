"""The client's side of an exchange: its body, its departure, and what is sent to it."""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
    MutableMapping,
)
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import msgspec
from pydantic import SecretStr

from proxy_core.anthropic import errors
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import ErrorVerdict, ProxyError
from proxy_core.headers import of_client

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Iterable[tuple[str, str]]

_MIB = 1 << 20


class ClientLeft(ProxyError):
    """The client closed its connection."""


class BadBody(ProxyError):
    """The request body was not accepted; `status` says how to answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(scope: Message, receive: Receive, *, limit: int, seconds: float) -> bytes:
    """The request body, at most `limit` bytes within `seconds`.

    Raises `BadBody` with the status to answer, or `ClientLeft`.
    """
    shown = f"{limit // _MIB} MB" if limit % _MIB == 0 else f"{limit} bytes"
    too_large = BadBody(413, f"Request exceeds the maximum size of {shown}")
    if _declared_length(scope) > limit:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientLeft
                body += message.get("body", b"")
                if len(body) > limit:
                    raise too_large
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise BadBody(408, f"The request body did not arrive within {seconds:g} s") from None


def _declared_length(scope: Message) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def with_arrival(request: MessagesRequest, scope: Message) -> MessagesRequest:
    """The request with what came beside its body: headers that plugins may see, and the query."""
    query = quote(scope.get("query_string", b""), safe="!$&'()*+,-./:;=?@_~%")
    return msgspec.structs.replace(request, headers=of_client(scope["headers"]), query=query)


class Client:
    """What is sent to the client: one whole response, or a stream of events.

    Whatever is sent raises `ClientLeft` where the server tells that nobody receives it.
    """

    def __init__(
        self, send: Send, request_id: str, credentials: Mapping[str, SecretStr] | None = None
    ) -> None:
        self._send = send
        self.request_id = request_id
        self.credentials = dict(credentials or {})
        """What the client itself showed, by header; not the proxy's own token."""
        self.status = 0
        """Status that was sent; 0 before."""
        self.bytes_sent = 0
        self.finished = False
        """The last that is to be said was said, or is on its way."""

    @property
    def committed(self) -> bool:
        """Status and headers are sent: what goes wrong now ends in an error event."""
        return self.status != 0

    async def respond(self, status: int, body: bytes, headers: Headers = ()) -> None:
        """Send one whole response with a JSON body."""
        length = ("content-length", str(len(body)))
        await self._start(status, ("content-type", "application/json"), *headers, length)
        await self.write(body, last=True)

    async def refuse(self, verdict: ErrorVerdict, headers: Headers = ()) -> None:
        """Send an error in Anthropic's shape."""
        own = errors.body(verdict.type, verdict.message, self.request_id)
        body = verdict.body or own
        await self.respond(verdict.status, body, headers)

    async def open_stream(self, headers: Headers) -> None:
        """Send the status of a stream: the status commit."""
        kind = ("content-type", "text/event-stream; charset=utf-8")
        unbuffered = (("cache-control", "no-cache"), ("x-accel-buffering", "no"))
        await self._start(200, kind, *headers, *unbuffered)

    async def write(self, data: bytes, *, last: bool = False) -> None:
        """Send a part of the body; waits while the client does not read."""
        self.bytes_sent += len(data)
        self.finished = last
        await self._pass({"type": "http.response.body", "body": data, "more_body": not last})

    async def _start(self, status: int, *headers: tuple[str, str]) -> None:
        named = {"request-id": self.request_id, **dict(headers)}.items()
        encoded = [(name.encode("ascii"), value.encode("latin-1")) for name, value in named]
        self.status = status
        await self._pass({"type": "http.response.start", "status": status, "headers": encoded})

    async def _pass(self, message: Message) -> None:
        try:
            await self._send(message)
        except OSError as error:  # of servers since ASGI 2.4; others, uvicorn too, say nothing
            raise ClientLeft from error


@asynccontextmanager
async def leaving_cancels(receive: Receive, client: Client) -> AsyncIterator[None]:
    """Cancel the block when the client leaves, and raise `ClientLeft` in its place.

    The client's side is watched here and not by the server's response class, because some
    servers notice a departure only at the next send: an upstream that is silent would go on
    working, and be paid, for nobody. A client that has got everything may leave.
    """
    task = asyncio.current_task()
    left = False

    async def watch() -> None:
        nonlocal left
        while (await receive())["type"] != "http.disconnect":
            pass
        if task is not None and not client.finished:
            left = True
            task.cancel()

    watcher = asyncio.create_task(watch())
    try:
        yield
    except asyncio.CancelledError:
        if left and task is not None and task.uncancel() == 0:
            raise ClientLeft from None
        raise
    finally:
        watcher.cancel()
