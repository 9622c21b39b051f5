"""A vendor's server that says what a script says, over real HTTP on 127.0.0.1.

with FakeUpstream(OpenAIChatWire()) as vendor:
    vendor.says(Script(text=("hello",)))
    ...  # a proxy whose provider has the address `vendor.url`
    (asked,) = vendor.received

Whatever can go wrong (`Fault`) goes wrong in each language, streamed or whole.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType, TracebackType
from typing import Any, Self

import msgspec

from proxy_core.contract import ModelFacts, Provider, Target, UpstreamRequest
from proxy_core.testing.faults import PARTS, Answer, Fault, Part, halfway_on_release
from proxy_core.testing.script import Script
from proxy_core.testing.telling import Connection, Reply
from proxy_core.testing.wires import Heard, Wire

__all__ = ["FakeUpstream", "Fault", "Received", "Reply"]


@dataclass(frozen=True)
class Received:
    """A request that the server got."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    heard: Heard
    """As the vendor understands it."""


class FakeUpstream:
    """A server of one language. Answers are given in the order in which they were told to it."""

    def __init__(self, wire: Wire) -> None:
        self.received: list[Received] = []
        """The requests so far."""
        self._wire = wire
        self._told: list[Reply] = []
        self._next: deque[Reply] = deque()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL,), daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for reply in self._told:
            reply.release()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The server's origin; what comes after it in an address does not matter."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    # -- what is told to it ----------------------------------------------------------------

    def says(
        self, script: Script, fault: Fault | None = None, *, on_release: bool = False
    ) -> Reply:
        """The next request is answered so, streamed or whole as it asks.

        With `on_release` what comes after the first half, a fault too, comes when the reply is
        released.
        """
        return self._tell(
            Reply(lambda asked: self._answer(script, asked), _parts(fault, on_release=on_release))
        )

    def refuses(
        self,
        status: int,
        message: str,
        headers: Mapping[str, str] = MappingProxyType({}),
        fault: Fault | None = None,
    ) -> Reply:
        """The next request gets an error."""
        return self._tell(self._refusal(status, message, headers, fault))

    def _tell(self, reply: Reply) -> Reply:
        self._told.append(reply)
        self._next.append(reply)
        return reply

    # -- answering -------------------------------------------------------------------------

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            """One connection for one request."""

            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                fake._hear(self, body)
                self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Nothing: what was asked is in `received`."""

        return Handler

    def _hear(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        asked = UpstreamRequest(target=_ANYWHERE, path=handler.path, body=body, stream=False)
        self._reply_to(asked, handler).tell(Connection(handler), asked)

    def _reply_to(self, asked: UpstreamRequest, handler: BaseHTTPRequestHandler) -> Reply:
        if not self._wire.speaks(asked):
            return self._refusal(404, f"{asked.path} is no path of {self._wire.name}")
        headers = {name.lower(): value for name, value in handler.headers.items()}
        heard = self._wire.read(asked.body)
        self.received.append(Received(asked.path, headers, asked.body, heard))
        if not self._next:
            return self._refusal(500, "this request was not expected")
        return self._next.popleft()

    def _refusal(
        self,
        status: int,
        message: str,
        headers: Mapping[str, str] = MappingProxyType({}),
        fault: Fault | None = None,
    ) -> Reply:
        error = self._wire.error(status, message)
        answer = Answer((error,), 0, error, streamed=False, status=status, headers=headers)
        return Reply(lambda _: answer, _parts(fault))

    def _answer(self, script: Script, asked: UpstreamRequest) -> Answer:
        if not self._wire.wants_stream(asked.path, asked.body):
            whole = self._wire.whole(script, asked)
            return Answer((whole,), 0, self._wire.error(500, _GIVEN_UP), streamed=False)
        told = self._wire.stream(script, msgspec.structs.replace(asked, stream=True))
        half = (told.end + 1) // 2
        return Answer(told.frames, half, self._wire.stream_error(_GIVEN_UP), streamed=True)


def _parts(fault: Fault | None, *, on_release: bool = False) -> tuple[Part, ...]:
    parts = fault.parts if fault else PARTS
    return halfway_on_release(parts) if on_release else parts


_POLL = 0.02
"""Seconds until the server sees that it is to end."""
_GIVEN_UP = "the server gave up"
_ANYWHERE = Target(
    provider=Provider(name="fake", base_url="https://fake.example"),
    model="fake-1",
    facts=ModelFacts(pattern="*"),
)
