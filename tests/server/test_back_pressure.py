"""A client that does not read holds its upstream back: nothing piles up in between."""

import json
import socket
import threading
from collections.abc import Callable

from tests.support.proxy import QUESTION, Proxy
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, RawUpstream
from tests.support.servers import request_bytes

CHUNK = b'data: {"choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % (b"x" * 65000)
OFFERED = 1600  # chunks, about 100 MB


def test_the_upstream_waits_for_the_client(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]],
) -> None:
    taken = 0
    stuck = threading.Event()

    async def handler(exchange: RawExchange) -> None:
        nonlocal taken
        await exchange.send(EVENT_STREAM)
        transport = exchange.writer.transport
        while taken < OFFERED:
            exchange.writer.write(CHUNK)
            if transport.get_write_buffer_size() > 1 << 20:
                stuck.set()
                await exchange.until_hung_up()
                return
            taken += 1
            await exchange.writer.drain()

    proxy, _ = proxy_to_raw(handler)
    headers = [("host", f"127.0.0.1:{proxy.port}"), ("content-type", "application/json")]
    body = json.dumps(QUESTION | {"stream": True}).encode()
    with socket.create_connection(("127.0.0.1", proxy.port), 20) as connection:
        connection.sendall(request_bytes("POST", "/v1/messages", headers, body))
        assert connection.recv(1024).startswith(b"HTTP/1.1 200")
        # `drain` itself waits for the transport's own low mark, so this wait ends either in
        # a full pipe or, were everything buffered by the proxy, in all being taken.
        stuck.wait(5)
    assert taken < OFFERED // 3
