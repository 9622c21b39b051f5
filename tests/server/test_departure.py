"""A client that leaves takes its upstream request with it, whenever it leaves."""

import asyncio
import json
import logging
import socket
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import pytest

from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.plugins import Plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import Gate, Hold, Step, answer, in_order, say
from tests.support.proxy import KEY_VARIABLE, QUESTION, Proxy, card
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


@pytest.mark.parametrize(
    ("stream", "silent"),
    [(False, False), (True, False), (True, True)],
    ids=["whole", "stream", "silent stream"],
)
async def test_a_server_that_tells_of_a_departure_when_something_is_sent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, stream: bool, silent: bool
) -> None:
    """Servers of ASGI 2.4 raise an `OSError` then; uvicorn does not."""
    caplog.set_level(logging.INFO, "proxy_core")
    body = json.dumps(QUESTION | {"stream": stream}).encode()
    pending = [{"type": "http.request", "body": body}]

    async def receive() -> MutableMapping[str, Any]:
        if pending:
            return pending.pop()
        await asyncio.Event().wait()
        raise AssertionError

    gate = Gate()

    async def send(_message: MutableMapping[str, Any]) -> None:
        gate.open()  # in silence it is the start or a ping that cannot be sent
        raise BrokenPipeError

    story = (Hold(gate), say("Hello.")) if silent else (say("Hello."),)
    with ScriptedUpstream(in_order(answer(*story)), key="sk-test") as upstream:

        class Acme(OpenAIChat):
            providers = (card(upstream.base_url),)

        flags = {"status_commit_seconds": 0.01, "ping_seconds": 0.01}
        settings = Settings.load(flags, environ={KEY_VARIABLE: "sk-test"}, cwd=tmp_path)
        app = create_app(settings, Plugins.of({"acme": Acme()}))
        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/v1/messages",
            "query_string": b"",
            "headers": headers,
            "server": ("127.0.0.1", 80),
        }
        async with app.router.lifespan_context(app):
            await app(scope, receive, send)
    ours = [record for record in caplog.records if record.name.startswith("proxy_core")]
    [line] = [record.getMessage() for record in ours]
    assert "client_left" in line


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
