"""uvicorn's reading of HTTP, with the two rules it lacks, and errors in Anthropic's shape.

A request's head has to arrive within a limit: uvicorn waits for ever, so that a few hundred
half-sent heads would keep out everybody else. And a target that names a host of its own
(`GET http://other/ HTTP/1.1`) overrides the Host header (RFC 9112, 3.2.2), so that the guard
judges the name the request is really for.
"""

from __future__ import annotations

from asyncio import TimerHandle, Transport
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from proxy_core.anthropic.errors import TYPE_OF_STATUS, body
from proxy_core.anthropic.ids import new_request_id


class BoundedProtocol(HttpToolsProtocol):
    """Given to uvicorn as `http=`."""

    head_seconds = 10.0
    """From the connection, or from the first byte of a further request on it."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._deadline: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._deadline is None:
            self._await_head()

    def on_headers_complete(self) -> None:
        self._head_is_there()
        if not self.url.startswith(b"/") and b"://" in self.url:
            self._take_host_from_target()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP in the shape in which clients read errors."""
        request_id = new_request_id()
        content = body(TYPE_OF_STATUS[400], msg, request_id)
        head = (
            "HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\nrequest-id: {request_id}\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + content)
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(self.head_seconds, self.transport.abort)

    def _head_is_there(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _take_host_from_target(self) -> None:
        authority = self.url.partition(b"://")[2]
        for end in (b"/", b"?", b"#"):
            authority = authority.partition(end)[0]
        self.headers[:] = [header for header in self.headers if header[0] != b"host"]
        self.headers.append((b"host", authority))
