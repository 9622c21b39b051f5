"""The client's stream: in order, never silent for long, and with nothing after its end."""

import asyncio
import json
import socket
import threading
from collections.abc import Callable, MutableMapping
from typing import Any

import pytest

from proxy_core.anthropic.message import EventSink
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.server.delivery import Delivery
from proxy_core.server.downstream import Client
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import Fail, Gate, Hold, Refuse, answer, in_order, say
from tests.support.proxy import QUESTION, Proxy
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, RawUpstream
from tests.support.servers import request_bytes

WAIT = 20.0


class HeldServer:
    """A server whose sending side is full until it is let go, as for a client that reads late."""

    def __init__(self) -> None:
        self.free = asyncio.Event()
        self.waiting = asyncio.Event()
        self.sent: list[MutableMapping[str, Any]] = []

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.waiting.set()
        await self.free.wait()
        self.sent.append(message)

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent)


def told_to(client: Client) -> tuple[Delivery, MessageWriter]:
    delivery = Delivery(client)
    sink = EventSink()
    writer = MessageWriter(sink, WriterOptions(message_id="msg_1", model="m"))
    delivery.follow(writer, sink, list)
    return delivery, writer


async def test_the_start_stays_first_when_the_status_waits_for_the_client() -> None:
    server = HeldServer()
    delivery, writer = told_to(Client(server.send, "req_1"))
    async with delivery.kept_alive(commit_after=0, ping_every=60):
        await server.waiting.wait()  # the start is on its way
        writer.text("Hi")
        writer.finish("end_turn")
        writer.end()
        flushed = asyncio.create_task(delivery.flush())
        await asyncio.sleep(0)
        server.free.set()
        await flushed
    assert [message["type"] for message in server.sent].count("http.response.start") == 1
    events = parse_events(server.body)
    check_events(events)
    assert events[-1]["type"] == "message_stop"
    assert server.sent[-1]["more_body"] is False


async def test_silence_after_the_end_is_left_alone() -> None:
    server = HeldServer()
    server.free.set()
    delivery, writer = told_to(Client(server.send, "req_1"))
    async with delivery.kept_alive(commit_after=0, ping_every=0.001):
        writer.text("Hi")
        writer.finish("end_turn")
        writer.end()
        await delivery.flush()
        before = len(server.sent)
        await asyncio.sleep(0.05)  # many times the interval
    assert len(server.sent) == before


def test_the_client_is_not_left_without_a_byte_between_two_attempts(
    proxy_to: Callable[..., Proxy],
) -> None:
    busy = Refuse(503, {"error": {"message": "busy"}}, {"retry-after": "9"})
    with ScriptedUpstream(in_order(busy, answer(say("Hi."))), key="sk-test") as upstream:
        proxy = proxy_to(upstream.base_url, status_commit_seconds=0.2, ping_seconds=0.1)
        with proxy.streaming() as response:
            seen = b""
            for piece in response.iter_bytes():
                seen += piece
                if seen.count(b"event: ping") == 3:
                    break
        assert seen.startswith(b"event: message_start")
        assert len(upstream.chats) == 1


def test_an_upstream_that_stays_after_its_end_mark_does_not_keep_the_client(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy_core.server.upstream._DRAIN_SECONDS", 2 * WAIT)
    client_is_done = threading.Event()
    chunks = (
        b'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
        b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    )

    async def handler(exchange: RawExchange) -> None:
        await exchange.send(EVENT_STREAM + chunks)
        await asyncio.to_thread(client_is_done.wait, 2 * WAIT)

    proxy, _ = proxy_to_raw(handler)
    body = json.dumps(QUESTION | {"stream": True}).encode()
    headers = [("host", f"127.0.0.1:{proxy.port}"), ("content-type", "application/json")]
    with socket.create_connection(("127.0.0.1", proxy.port), WAIT) as connection:
        connection.sendall(request_bytes("POST", "/v1/messages", headers, body))
        received = b""
        try:
            while chunk := connection.recv(65536):
                received += chunk
        finally:
            client_is_done.set()
    assert received.endswith(b'message_stop"}\n\n\r\n0\r\n\r\n')


def test_the_next_target_goes_on_after_the_start_that_was_sent(
    proxy_to: Callable[..., Proxy],
) -> None:
    gate = Gate()
    error: dict[str, Any] = {"error": {"message": "gone", "type": "server_error"}}
    turns = in_order(answer(Hold(gate), Fail(error)), answer(say("Second.")))
    with ScriptedUpstream(turns, key="sk-test") as upstream:
        chain = {"default": ["acme/small-model", "acme/big-model"]}
        proxy = proxy_to(upstream.base_url, max_retries=0, status_commit_seconds=0.1, models=chain)
        with proxy.streaming(model="whatever") as response:
            pieces = response.iter_bytes()
            seen = next(pieces)
            gate.open()
            seen += b"".join(pieces)
    check_events(events := parse_events(seen))
    assert [event["type"] for event in events].count("message_start") == 1
    assert fold(events)["content"] == [{"type": "text", "text": "Second."}]
