"""Answers as they go out on a connection, part by part."""

from __future__ import annotations

import select
import socket
import struct
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler

from proxy_core.contract import UpstreamRequest
from proxy_core.testing.faults import Answer, Part

_PACE = 0.02
"""Seconds between two looks at whether the client of a held answer is still there."""


class Connection:
    """One request's connection. The body goes out in chunks, so that its end has to be said."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler
        self._socket: socket.socket = handler.connection

    def head(self, status: int, headers: Mapping[str, str]) -> None:
        self._handler.send_response(status)
        framing = {"transfer-encoding": "chunked", "connection": "close"}
        for name, value in {**headers, **framing}.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def write(self, piece: bytes) -> None:
        if piece:
            self._handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))

    def end(self) -> None:
        self._handler.wfile.write(b"0\r\n\r\n")

    def reset(self) -> None:
        """Tear the connection down: whoever reads from it gets an error."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # Detached, as the server would first close it in good order.
        socket.close(self._socket.detach())

    def is_left(self) -> bool:
        """Whether the client has closed it."""
        readable, _, _ = select.select([self._socket], [], [], 0)
        return bool(readable) and not self._socket.recv(1, socket.MSG_PEEK)


class Reply:
    """An answer that was told to a server, and how far it is."""

    def __init__(self, make: Callable[[UpstreamRequest], Answer], parts: Sequence[Part]) -> None:
        self.held = threading.Event()
        """Set once the answer is held."""
        self.left = threading.Event()
        """Set when the client has closed the connection before the answer's end."""
        self._make = make
        self._parts = parts
        self._released = threading.Event()

    def release(self) -> None:
        """What is held goes on; what would be held later is not."""
        self._released.set()

    def tell(self, connection: Connection, asked: UpstreamRequest) -> None:
        """Answer the request, which came on this connection."""
        answer = self._make(asked)
        try:
            for part in self._parts:
                self._tell(connection, answer, part)
        except ConnectionError:
            self.left.set()

    def _tell(self, connection: Connection, answer: Answer, part: Part) -> None:
        match part:
            case Part.HEAD | Part.OTHER_HEAD | Part.PAGE_HEAD:
                connection.head(answer.status, answer.head(part))
            case Part.END:
                connection.end()
            case Part.RESET:
                connection.reset()
            case Part.HOLD | Part.KEEP_ALIVE:
                self._wait(connection, answer.chunks(part))
            case _:
                for chunk in answer.chunks(part):
                    connection.write(chunk)

    def _wait(self, connection: Connection, meanwhile: Sequence[bytes]) -> None:
        """Until it is released, or the client has left."""
        self.held.set()
        while not self._released.wait(_PACE):
            if connection.is_left():
                raise ConnectionAbortedError
            for chunk in meanwhile:
                connection.write(chunk)
