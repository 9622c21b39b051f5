"""A client that leaves takes its upstream request with it, whenever it leaves."""

import json
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import Gate, Hold, Step, answer, in_order, say
from tests.support.proxy import QUESTION, Proxy
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, RawUpstream
from tests.support.servers import request_bytes

WAIT = 20.0
"""Seconds until a departure that went unnoticed is a failure."""


def connect(proxy: Proxy, **changes: Any) -> socket.socket:
    """A connection on which the question was asked."""
    body = json.dumps(QUESTION | changes).encode()
    connection = socket.create_connection(("127.0.0.1", proxy.port), WAIT)
    headers = [("host", f"127.0.0.1:{proxy.port}"), ("content-type", "application/json")]
    connection.sendall(request_bytes("POST", "/v1/messages", headers, body))
    return connection


def leave(connection: socket.socket, how: str) -> None:
    if how == "reset":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


WINDOWS: dict[str, tuple[bool, tuple[Step, ...]]] = {
    "before the first byte": (True, ()),
    "in the stream": (True, (say("One.", "Two."),)),
    "in a whole answer": (False, ()),
}


@pytest.mark.parametrize("how", ["close", "reset"])
@pytest.mark.parametrize("window", WINDOWS)
def test_e14_the_upstream_is_left_too(
    proxy_to: Callable[..., Proxy], window: str, how: str
) -> None:
    stream, before = WINDOWS[window]
    gate = Gate()
    with ScriptedUpstream(in_order(answer(*before, Hold(gate))), key="sk-test") as upstream:
        proxy = proxy_to(upstream.base_url)
        connection = connect(proxy, stream=stream)
        assert gate.reached.wait(WAIT)
        if before:
            received = b""
            while b"Two." not in received:
                received += connection.recv(65536)
        leave(connection, how)
        [exchange] = upstream.chats
        assert exchange.ended.wait(WAIT)
        assert exchange.client_left
        assert upstream.problems == []


def test_a_client_that_leaves_while_the_upstream_talks(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]],
) -> None:
    chunk = b'data: {"choices":[{"index":0,"delta":{"content":"on and on "}}]}\n\n' * 100

    async def handler(exchange: RawExchange) -> None:
        await exchange.send(EVENT_STREAM)
        try:
            while True:
                await exchange.send(chunk)
        except ConnectionError:
            exchange.hung_up.set()

    proxy, upstream = proxy_to_raw(handler)
    connection = connect(proxy, stream=True)
    assert connection.recv(65536)
    leave(connection, "close")
    assert upstream.exchanges[0].hung_up.wait(WAIT)


def test_a_client_that_leaves_before_its_body_is_complete(
    proxy_to: Callable[..., Proxy],
) -> None:
    with ScriptedUpstream(in_order(answer(say("Hello."))), key="sk-test") as upstream:
        proxy = proxy_to(upstream.base_url)
        whole = json.dumps(QUESTION).encode()
        headers = [("host", f"127.0.0.1:{proxy.port}"), ("content-type", "application/json")]
        request = request_bytes("POST", "/v1/messages", headers, whole)
        with socket.create_connection(("127.0.0.1", proxy.port), WAIT) as connection:
            connection.sendall(request[:-5])
        assert proxy.ask().status_code == 200
        assert len(upstream.chats) == 1


def test_the_next_request_is_served_after_many_departures(proxy_to: Callable[..., Proxy]) -> None:
    gate = Gate()
    held = answer(Hold(gate))
    script = in_order(*[held] * 20, answer(say("Still here.")))
    with ScriptedUpstream(script, key="sk-test") as upstream:
        proxy = proxy_to(upstream.base_url, max_concurrent=2)
        for number in range(20):
            connection = connect(proxy, stream=bool(number % 2))
            while len(upstream.chats) <= number:
                assert gate.reached.wait(WAIT)
            leave(connection, "close")
            assert upstream.chats[number].ended.wait(WAIT)
        assert proxy.ask().json()["content"] == [{"type": "text", "text": "Still here."}]
