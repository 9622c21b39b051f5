"""A vendor's server that says what a script says, over real HTTP on 127.0.0.1.

with FakeUpstream(OpenAIChatWire()) as vendor:
    vendor.says(Script(text=("hello",)))
    ...  # a proxy whose provider has the address `vendor.url`
    (asked,) = vendor.received
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from proxy_core.contract import ModelFacts, Provider, Target, UpstreamRequest
from proxy_core.testing.script import Script
from proxy_core.testing.wires import Heard, Wire

_PATIENCE = 30.0
"""Seconds after which nobody waits any more for a held answer."""


class Fault(Enum):
    """What goes wrong in the middle of an answer."""

    CUT = "cut"  # the connection is closed
    ERROR = "error"  # the vendor reports an error inside its stream
    GARBAGE = "garbage"  # bytes that no protocol knows
    HOLD = "hold"  # nothing more comes until `release()`


@dataclass(frozen=True)
class Received:
    """A request that the server got."""

    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    heard: Heard
    """As the vendor understands it."""


@dataclass(frozen=True)
class _Reply:
    script: Script | None = None
    fault: Fault | None = None
    status: int = 200
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeUpstream:
    """A server of one language. Answers are given in the order in which they were told to it."""

    def __init__(self, wire: Wire) -> None:
        self.received: list[Received] = []
        """The requests so far."""
        self._wire = wire
        self._replies: deque[_Reply] = deque()
        self._released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """The server's origin; what comes after it in an address does not matter."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    # -- what is told to it ----------------------------------------------------------------

    def says(self, script: Script, fault: Fault | None = None) -> None:
        """The next request is answered so, streamed or whole as it asks; with a fault halfway."""
        self._replies.append(_Reply(script, fault))

    def refuses(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        """The next request gets an error."""
        self._replies.append(_Reply(status=status, message=message, headers=headers or {}))

    def release(self) -> None:
        """What is held goes on."""
        self._released.set()

    # -- answering -------------------------------------------------------------------------

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        fake = self

        class Handler(BaseHTTPRequestHandler):
            """One connection for one request: its end is the end of the answer."""

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                fake._answer(self, body)
                self.close_connection = True

            def log_message(self, *_: Any) -> None:
                """Nothing: what was asked is in `received`."""

        return Handler

    def _answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.received.append(Received(handler.path, headers, body, self._wire.read(body)))
        reply = self._replies.popleft() if self._replies else _NOTHING_TO_SAY
        if reply.script is None:
            self._send(handler, reply, self._wire.error(reply.status, reply.message), "json")
            return
        stream = self._wire.wants_stream(handler.path, body)
        upstream = UpstreamRequest(target=_ANYWHERE, path=handler.path, body=body, stream=stream)
        if not stream:
            whole = self._wire.whole(reply.script, upstream)
            self._send(handler, reply, _spoiled(whole, reply.fault), "json")
            return
        told = self._wire.stream(reply.script, upstream)
        half = told.end // 2 if reply.fault else len(told.frames)
        self._send(handler, reply, b"".join(told.frames[:half]), "stream")
        self._go_on(handler.wfile.write, reply.fault, b"".join(told.frames[half:]))

    def _send(self, handler: BaseHTTPRequestHandler, reply: _Reply, body: bytes, kind: str) -> None:
        handler.send_response(reply.status)
        types = {"json": "application/json", "stream": "text/event-stream"}
        for name, value in {"content-type": types[kind], **reply.headers}.items():
            handler.send_header(name, value)
        if kind == "json":
            cut = reply.fault is Fault.CUT
            handler.send_header("content-length", str(len(body) * 2 if cut else len(body)))
        handler.end_headers()
        handler.wfile.write(body)
        handler.wfile.flush()

    def _go_on(self, write: Callable[[bytes], Any], fault: Fault | None, rest: bytes) -> None:
        match fault:
            case Fault.ERROR:
                write(self._wire.stream_error("the server gave up"))
            case Fault.GARBAGE:
                write(_GARBAGE)
            case Fault.HOLD:
                self._released.wait(_PATIENCE)
                write(rest)


_NOTHING_TO_SAY = _Reply(status=500, message="this request was not expected")
_GARBAGE = b"data: \xff{]\n\n"
_ANYWHERE = Target(
    provider=Provider(name="fake", base_url="https://fake.example"),
    model="fake-1",
    facts=ModelFacts(pattern="*"),
)


def _spoiled(whole: bytes, fault: Fault | None) -> bytes:
    match fault:
        case Fault.CUT:
            return whole[: len(whole) // 2]
        case Fault.GARBAGE:
            return _GARBAGE
        case _:
            return whole
