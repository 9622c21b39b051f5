"""An upstream that answers with bytes as they are given, and notes when its client hangs up.

For what no well-behaved server would do: lies about lengths, wrong encodings, endless lines,
silence, redirects. It runs in a thread of its own.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from tests.support.threaded_server import START_LIMIT, ThreadedServer


@dataclass
class RawExchange:
    """One request, and the connection on which it is answered."""

    head: bytes
    body: bytes
    writer: asyncio.StreamWriter
    reader: asyncio.StreamReader
    hung_up: threading.Event = field(default_factory=threading.Event)
    """Set when the client closed the connection while it was being answered."""

    @property
    def headers(self) -> dict[str, str]:
        lines = self.head.decode("latin-1").split("\r\n")[1:]
        pairs = (line.partition(":") for line in lines if line)
        return {name.lower(): value.strip() for name, _, value in pairs}

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def until_hung_up(self) -> None:
        """Wait for the client to leave; it sends nothing more before that."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            pass
        self.hung_up.set()


Handler = Callable[[RawExchange], Awaitable[None]]


class RawUpstream(ThreadedServer):
    """`with RawUpstream(handler) as upstream:`; one request per connection."""

    def __init__(self, handler: Handler) -> None:
        super().__init__("raw upstream")
        self.exchanges: list[RawExchange] = []
        self._handler = handler
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, exchange: RawExchange, data: bytes) -> None:
        """Send more on a connection, from a test's own thread."""
        asyncio.run_coroutine_threadsafe(exchange.send(data), self._loop).result(START_LIMIT)

    def call(self, function: Callable[[], None]) -> None:
        """Call something in the upstream's own loop, from a test's thread."""
        self._loop.call_soon_threadsafe(function)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        await self._serve_on(server.sockets[0].getsockname()[1])
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # an aborted transport closes its socket in the next turn

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = self._loop.create_task(self._answer(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            exchange = RawExchange(head, b"", writer, reader)
            exchange.body = await reader.readexactly(
                int(exchange.headers.get("content-length", "0"))
            )
            self.exchanges.append(exchange)
            await self._handler(exchange)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            await _close(writer)


async def _close(writer: asyncio.StreamWriter) -> None:
    """Send what is left and close; a stop in between drops it."""
    try:
        writer.close()
        await writer.wait_closed()
    except ConnectionError:
        pass
    except asyncio.CancelledError:
        writer.transport.abort()
        raise


def http_head(status: str, *headers: str) -> bytes:
    """The head of an HTTP/1.1 answer that ends with its connection."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "connection: close", "", ""]).encode()


EVENT_STREAM = http_head("200 OK", "content-type: text/event-stream")
