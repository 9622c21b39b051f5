"""Applications behind the real server, and a client that sends bytes as they are given."""

import http.client
import io
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import uvicorn

from proxy_core.server.protocol import BoundedProtocol

START_LIMIT = 30.0
"""Seconds after which a server that does not start is a failure and not a wait."""


class LiveServer(uvicorn.Server):
    """uvicorn in a thread, as the proxy is served: uvloop, its own reading of HTTP, a free port."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="live-server", daemon=True)

    def _run(self) -> None:
        try:
            self.run()
        finally:
            self._ready.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()

    @property
    def port(self) -> int:
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def begin(self) -> None:
        self._thread.start()
        if not self._ready.wait(START_LIMIT) or not self.started:
            raise AssertionError("the server did not start")

    def end(self) -> None:
        self.should_exit = True
        self._thread.join(START_LIMIT)
        assert not self._thread.is_alive(), "the server did not end"


@contextmanager
def serving(app: Callable[..., Any], **changes: Any) -> Iterator[LiveServer]:
    """Serve an ASGI application on 127.0.0.1 for the block; `changes` go to uvicorn's Config."""
    options: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": 0,
        "loop": "uvloop",
        "http": BoundedProtocol,
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "timeout_graceful_shutdown": 5,
    }
    server = LiveServer(uvicorn.Config(app, **(options | changes)))
    server.begin()
    try:
        yield server
    finally:
        server.end()


class Answer(NamedTuple):
    """What came back on a raw connection."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class _Bytes:
    """Looks enough like a socket for `http.client` to parse an answer from bytes."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._content)


def send_raw(port: int, request: bytes, *, timeout: float = START_LIMIT) -> Answer:
    """Send exactly these bytes and read one answer until the server closes.

    The sending side stays open: uvicorn drops a connection whose client has said its last.
    """
    with socket.create_connection(("127.0.0.1", port), timeout) as connection:
        connection.sendall(request)
        received = bytearray()
        while chunk := connection.recv(65536):
            received += chunk
    method = request.split(b" ", 1)[0].decode("ascii", "replace")
    response = http.client.HTTPResponse(_Bytes(bytes(received)), method=method)  # type: ignore[arg-type]
    response.begin()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, response.read())


def request_bytes(
    method: str, target: str, headers: list[tuple[str, str]], body: bytes = b""
) -> bytes:
    """An HTTP/1.1 request with these headers and no others, its length and a close apart."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    if body:
        lines.append(f"content-length: {len(body)}")
    head = "\r\n".join([*lines, "connection: close", "", ""])
    return head.encode("utf-8") + body
