"""Reading HTTP: heads that do not come, and targets that name another host."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from proxy_core.server.guard import Guard, GuardRules
from proxy_core.server.protocol import BoundedProtocol
from tests.support.servers import START_LIMIT, LiveServer, request_bytes, send_raw, serving


class HastyProtocol(BoundedProtocol):
    head_seconds = 0.2


async def echo_host(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the path and the Host header it was given, after the body has come."""
    if scope["type"] == "lifespan":
        return
    while (await receive()).get("more_body"):
        pass
    hosts = [value.decode() for name, value in scope["headers"] if name == b"host"]
    body = json.dumps([scope["path"], hosts]).encode()
    length = str(len(body)).encode()
    headers = [(b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def hasty() -> Iterator[LiveServer]:
    with serving(echo_host, http=HastyProtocol, lifespan="off") as server:
        yield server


HEAD = b"POST /a HTTP/1.1\r\nhost: h\r\n"


def closed_without_answer(connection: socket.socket) -> bool:
    try:
        return connection.recv(1000) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("sent", [b"", b"POST", HEAD, HEAD + b"content-length: 3\r\n"])
def test_half_a_head_is_not_waited_for(hasty: LiveServer, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", hasty.port), START_LIMIT) as connection:
        connection.sendall(sent)
        assert closed_without_answer(connection)


def test_half_a_head_after_an_answer_is_not_waited_for(hasty: LiveServer) -> None:
    with socket.create_connection(("127.0.0.1", hasty.port), START_LIMIT) as connection:
        connection.sendall(b"GET /a HTTP/1.1\r\nhost: h\r\n\r\n")
        assert b'["/a", ["h"]]' in connection.recv(1000)
        connection.sendall(HEAD)
        assert closed_without_answer(connection)


def test_a_body_may_take_its_time(hasty: LiveServer) -> None:
    head = HEAD + b"content-length: 3\r\n\r\n"
    with socket.create_connection(("127.0.0.1", hasty.port), START_LIMIT) as waiting:
        waiting.sendall(head)
        # The one that sends no head is closed: so much time has gone by for the other too.
        with socket.create_connection(("127.0.0.1", hasty.port), START_LIMIT) as silent:
            assert closed_without_answer(silent)
        waiting.sendall(b"abc")
        assert b'["/a", ["h"]]' in waiting.recv(1000)


@pytest.mark.parametrize(
    ("target", "hosts"),
    [
        ("/a", ["own"]),
        ("http://evil.example/a", ["evil.example"]),
        ("http://evil.example:81/a?x=/y", ["evil.example:81"]),
        ("http://own@evil.example/a", ["own@evil.example"]),
        ("/a?to=http://evil.example/", ["own"]),
    ],
)
def test_the_target_says_which_host_is_meant(
    hasty: LiveServer, target: str, hosts: list[str]
) -> None:
    answer = send_raw(hasty.port, request_bytes("GET", target, [("host", "own")]))
    assert json.loads(answer.body) == ["/a", hosts]


def test_the_guard_sees_the_host_of_the_target() -> None:
    with serving(Guard(echo_host, GuardRules()), lifespan="off") as server:
        own = f"127.0.0.1:{server.port}"
        for target, status in ((f"http://{own}/a", 200), ("http://evil.example/a", 403)):
            request = request_bytes("GET", target, [("host", own)])
            assert send_raw(server.port, request).status == status


@pytest.mark.parametrize("target", ["evil.example:443", "http://evil.example", "http://"])
def test_targets_without_a_path_are_refused(hasty: LiveServer, target: str) -> None:
    method = "CONNECT" if ":443" in target else "OPTIONS"
    request = request_bytes(method, target, [("host", f"127.0.0.1:{hasty.port}")])
    assert send_raw(hasty.port, request).status == 400


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\n\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", HEAD + b"a : b\r\n\r\n"]
)
def test_what_is_no_http_is_refused_in_the_shape_of_the_api(hasty: LiveServer, sent: bytes) -> None:
    answer = send_raw(hasty.port, sent)
    error = json.loads(answer.body)
    assert (answer.status, error["error"]["type"]) == (400, "invalid_request_error")
    assert error["request_id"] == answer.headers["request-id"]
