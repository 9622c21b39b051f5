"""The server process: its socket, uvicorn as the proxy runs it, and an orderly end."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from types import FrameType
from typing import Any

import uvicorn

from proxy_core.cli.output import Failed
from proxy_core.server.protocol import BoundedProtocol

_KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep an idle connection, so that they close it and not the proxy: a
request sent into a closing connection fails."""
_LAST_WORDS_SECONDS = 1.0
"""How long streams that were cut off may take to say so."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; with port 0 the system chooses. Raises `Failed`."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except UnicodeError as error:  # of a label that no name can have
        raise Failed(
            f"cannot listen on {host}: it is no host's name; choose another with --host"
        ) from error
    except OSError as error:
        raise Failed(f"cannot listen on {host} port {port}: {_why(error)}") from error


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "it is in use; end what uses it, or choose another with --port"
    return f"{error.strerror}; choose another with --host or --port"


_THIS_MACHINE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not bound
"""Under which address all addresses of a kind are reached from here."""


def address(sock: socket.socket) -> str:
    """How a client on this machine reaches a listening socket."""
    host, port = sock.getsockname()[:2]
    host = _THIS_MACHINE.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def server_config(app: Any, *, drain_seconds: float, **further: Any) -> uvicorn.Config:
    """uvicorn's settings for the proxy; `app` may be an import string (with `factory=True`)."""
    return uvicorn.Config(
        app,
        loop=_loop(),
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=drain_seconds,  # type: ignore[arg-type]  # a float will do
        **further,
    )


def _loop() -> str:
    try:
        import uvloop  # noqa: F401
    except ImportError:  # Windows and PyPy have none
        return "asyncio"
    return "uvloop"


class ProxyServer(uvicorn.Server):
    """Ends on the first signal when its streams have ended, at once on the second."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None] | None = None) -> None:
        super().__init__(config)
        self._ready = ready
        self._loop: asyncio.AbstractEventLoop | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        if self._ready is not None:
            self._ready()

    def handle_exit(self, _sig: int, _frame: FrameType | None) -> None:
        if self.should_exit:
            os._exit(1)
        self.should_exit = True
        # uvicorn would go on accepting until it looks again.
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop_accepting)

    def _stop_accepting(self) -> None:
        if running := len(self.server_state.tasks):
            # A person who pressed Ctrl-C should see why it has not ended yet.
            begin = "\n" if sys.stderr.isatty() else ""  # after the terminal's own ^C
            line = f"answers still running: {running}; Ctrl-C again ends at once\n"
            sys.stderr.write(begin + line)
            sys.stderr.flush()
        for server in self.servers:
            server.close()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await super().shutdown(sockets)
        # Those still running were cancelled; they tell their clients before the loop ends.
        if self.server_state.tasks:
            await asyncio.wait(self.server_state.tasks, timeout=_LAST_WORDS_SECONDS)


class _GuestServer(ProxyServer):
    """A server in a loop that is not its own; signals are its host's business."""

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        return nullcontext()


@asynccontextmanager
async def serving(app: Any, sock: socket.socket, **further: Any) -> AsyncIterator[str]:
    """Serve an application in this event loop for the block; gives its address."""
    ready = asyncio.Event()
    url = address(sock)
    server = _GuestServer(
        server_config(app, drain_seconds=_LAST_WORDS_SECONDS, **further), ready.set
    )
    serve = asyncio.create_task(server.serve(sockets=[sock]))
    started = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({serve, started}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.is_set():
            raise Failed(f"the server at {url} did not start")
        yield url
    finally:
        server.should_exit = True
        started.cancel()
        await serve
