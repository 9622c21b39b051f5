"""Request bodies: what is no request is a 400 in Anthropic's shape, and size is bounded."""

import json
import socket
from collections.abc import Callable

import pytest

from proxy_core.server.models import Catalogue
from tests.support.hostile_bodies import HOSTILE
from tests.support.proxy import QUESTION, Proxy, error_of
from tests.support.raw_upstream import RawExchange, RawUpstream
from tests.support.servers import request_bytes, send_raw


async def never_asked(_exchange: RawExchange) -> None:
    raise AssertionError("the upstream was asked")


@pytest.fixture
def proxy(proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]]) -> Proxy:
    started, _ = proxy_to_raw(never_asked, max_body_bytes=16 << 20, body_timeout=0.5)
    return started


def test_e7_every_hostile_body_is_a_400(proxy: Proxy) -> None:
    assert len(HOSTILE) >= 60
    wrong = []
    for name, body in HOSTILE.items():
        response = proxy.post(body)
        if (response.status_code, error_of(response)["type"]) != (400, "invalid_request_error"):
            wrong.append((name, response.status_code, response.text[:100]))
    assert wrong == []


def test_a_body_that_says_it_is_too_large_is_not_read(proxy: Proxy) -> None:
    head = (
        f"POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:{proxy.port}\r\n"
        "content-type: application/json\r\ncontent-length: 99999999\r\nconnection: close\r\n\r\n"
    )
    answer = send_raw(proxy.port, head.encode())
    assert (answer.status, json.loads(answer.body)["error"]["type"]) == (413, "request_too_large")


def test_a_body_without_an_end_is_cut_at_the_limit(proxy: Proxy) -> None:
    head = (
        f"POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:{proxy.port}\r\n"
        "content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    sent = 0
    with socket.create_connection(("127.0.0.1", proxy.port), 20) as connection:
        connection.sendall(head.encode())
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        try:
            while sent < 100 << 20:
                connection.sendall(chunk)
                sent += 65536
        except ConnectionError:
            pass
        connection.settimeout(20)
        try:
            received = connection.recv(65536)
        except ConnectionError:
            received = b""
    assert sent < 40 << 20
    assert received[:12] in (b"HTTP/1.1 413", b"")


def test_a_body_that_does_not_come_is_not_awaited(proxy: Proxy) -> None:
    body = json.dumps(QUESTION).encode()
    headers = [("host", f"127.0.0.1:{proxy.port}"), ("content-type", "application/json")]
    request = request_bytes("POST", "/v1/messages", headers, body)
    answer = send_raw(proxy.port, request[:-5])
    assert (answer.status, json.loads(answer.body)["error"]["type"]) == (408, "timeout_error")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/messages"),
        ("PUT", "/v1/messages"),
        ("DELETE", "/v1/messages"),
        ("GET", "/v1/messages/count_tokens"),
        ("POST", "/v1/models"),
        ("GET", "/v1/nothing"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
        ("GET", "/redoc"),
        ("POST", "/v1/messages/batches"),
        ("GET", "/v1/models/none-such"),
        ("GET", "/v1/messages/"),
        ("GET", "//v1/messages"),
    ],
)
def test_e7_every_other_address_is_a_404_in_the_same_shape(
    proxy: Proxy, method: str, path: str
) -> None:
    headers = [("host", f"127.0.0.1:{proxy.port}"), ("content-type", "application/json")]
    answer = send_raw(proxy.port, request_bytes(method, path, headers))
    body = json.loads(answer.body)
    assert (answer.status, body["error"]["type"]) == (404, "not_found_error")
    assert answer.headers["request-id"] == body["request_id"]


def test_a_404_says_what_was_asked_for(proxy: Proxy) -> None:
    message = error_of(proxy.post(b"{}", "/v1/v1/messages"))["message"]
    assert message.startswith("POST /v1/v1/messages: ")
    assert "base URL" in message
    long = error_of(proxy.get("/" + "x" * 9000 + "%0a"))["message"]
    assert len(long) < 500


def test_a_defect_of_the_proxys_own_has_the_same_shape(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_catalogue: Catalogue) -> bytes:
        raise KeyError("what nobody should read")

    monkeypatch.setattr(Catalogue, "openai_list", broken)
    response = proxy.get("/v1/models")
    assert response.status_code == 500
    assert error_of(response)["message"].startswith("The proxy failed on this request")


def test_a_body_above_a_small_limit_is_told_the_limit(
    proxy_to: Callable[..., Proxy],
) -> None:
    response = proxy_to("http://127.0.0.1:9", max_body_bytes=100_000).ask(system="x" * 100_000)
    assert response.status_code == 413
    assert error_of(response)["message"] == "Request exceeds the maximum size of 100000 bytes"


def test_an_unknown_model_is_a_404_that_lists_what_there_is(proxy: Proxy) -> None:
    response = proxy.ask(model="nobody/knows")
    assert response.status_code == 404
    assert "acme/" in error_of(response)["message"]
