"""The two points of no return: a status that was sent, and content that was."""

import asyncio
import json
from collections.abc import Callable

import pytest

from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.e2e.upstream_script import Cut, Fail, Gate, Hold, Refuse, answer, say
from tests.server.story import Start, scripted
from tests.support.proxy import Proxy, error_of
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, RawUpstream

SLOW_DOWN = Refuse(429, {"error": {"message": "slow", "type": "requests"}}, {"retry-after": "7"})


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("refuse", "status", "kind"),
    [
        (SLOW_DOWN, 429, "rate_limit_error"),
        (Refuse(500, {"error": {"message": "oops"}}), 500, "api_error"),
        (Refuse(503, "<html><body>busy</body></html>"), 503, "api_error"),
        (Refuse(529, ""), 529, "overloaded_error"),
        (Refuse(401, {"error": {"message": "bad key"}}), 401, "authentication_error"),
        (Refuse(302, "", {"location": "http://127.0.0.1:1/"}), 502, "api_error"),
    ],
)
def test_e7_e8_an_early_failure_keeps_its_status(
    proxy_to: Start, stream: bool, refuse: Refuse, status: int, kind: str
) -> None:
    with scripted(refuse) as upstream:
        response = proxy_to(upstream.base_url, max_retries=0).ask(stream=stream)
        assert len(upstream.chats) == 1
    assert response.status_code == status
    assert error_of(response)["type"] == kind
    assert response.headers.get("retry-after") == ("7" if status == 429 else None)
    assert response.headers.get("x-should-retry") == (
        "false" if refuse.status in (302, 401) else None
    )


@pytest.mark.parametrize("stream", [False, True])
def test_an_error_inside_a_success_has_a_true_status_while_nothing_was_sent(
    proxy_to: Start, stream: bool
) -> None:
    error = {"error": {"message": "overloaded", "type": "server_error", "code": 503}}
    with scripted(answer(Fail(error))) as upstream:
        response = proxy_to(upstream.base_url).ask(stream=stream)
    assert response.status_code in (500, 502, 503)
    assert error_of(response)["type"] == "api_error"


def test_s19_a_silent_upstream_is_covered_by_a_start_and_pings(proxy_to: Start) -> None:
    gate = Gate()
    with scripted(answer(Hold(gate), say("Late."))) as upstream:
        proxy = proxy_to(upstream.base_url, status_commit_seconds=0.2, ping_seconds=0.1)
        with proxy.streaming() as response:
            assert response.status_code == 200
            seen = b""
            for piece in response.iter_bytes():
                seen += piece
                if seen.count(b"event: ping") == 3:
                    gate.open()
    assert seen.startswith(b"event: message_start")
    check_events(events := parse_events(seen))
    assert fold(events)["content"] == [{"type": "text", "text": "Late."}]


def test_a_failure_after_the_status_was_sent_is_an_error_event(proxy_to: Start) -> None:
    gate = Gate()
    with scripted(answer(Hold(gate), Cut("reset"))) as upstream:
        proxy = proxy_to(upstream.base_url, status_commit_seconds=0.2, ping_seconds=60)
        with proxy.streaming() as response:
            pieces = response.iter_bytes()
            seen = next(pieces)
            gate.open()
            seen += b"".join(pieces)
    events = parse_events(seen)
    assert [event["type"] for event in events] == ["message_start", "error"]
    assert events[-1]["error"]["type"] == "api_error"


@pytest.mark.parametrize(
    "fault",
    [
        Cut("close"),
        Cut("reset"),
        Cut("end"),
        Fail({"error": {"message": "gone", "type": "server_error"}}),
    ],
)
def test_a_failure_after_content_is_an_error_event_and_never_an_end(
    proxy_to: Start, fault: Cut | Fail
) -> None:
    gate = Gate()
    with scripted(answer(say("Half of it"), Hold(gate), fault)) as upstream:
        with proxy_to(upstream.base_url).streaming() as response:
            pieces = response.iter_bytes()
            seen = next(pieces)
            gate.open()
            seen += b"".join(pieces)
        assert len(upstream.chats) == 1
    events = parse_events(seen)
    check_events(events)
    kinds = [event["type"] for event in events]
    assert kinds[-1] == "error"
    assert "content_block_delta" in kinds
    assert not {"message_delta", "message_stop"} & set(kinds)
    assert set(events[-1]) >= {"error", "request_id"}


def test_a_whole_answer_cut_in_the_middle_is_a_502(proxy_to: Start) -> None:
    with scripted(answer(Cut())) as upstream:
        response = proxy_to(upstream.base_url).ask()
    assert response.status_code == 502
    assert error_of(response)["type"] == "api_error"


def test_an_upstream_that_goes_on_after_the_models_stop_is_left(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]],
) -> None:
    async def handler(exchange: RawExchange) -> None:
        chunk = {"choices": [{"index": 0, "delta": {"content": "Hi."}, "finish_reason": "stop"}]}
        await exchange.send(EVENT_STREAM + b"data: " + json.dumps(chunk).encode() + b"\n\n")
        try:
            while True:
                await exchange.send(b": still here\n\n")
                await asyncio.sleep(0.05)  # well within the wait for usage, each time
        except ConnectionError:
            exchange.hung_up.set()

    proxy, upstream = proxy_to_raw(handler, late_usage_seconds=0.5)
    events = proxy.events()
    check_events(events)
    assert events[-1]["type"] == "message_stop"
    assert upstream.exchanges[0].hung_up.wait(20)


@pytest.mark.parametrize("stream", [True, False])
def test_a_stop_sequence_of_ours_ends_the_answer_and_leaves_the_upstream(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]], stream: bool
) -> None:
    async def handler(exchange: RawExchange) -> None:
        await exchange.send(EVENT_STREAM)
        try:
            for piece in ("one E", "ND", *[" and more"] * 1000):
                chunk = {"choices": [{"index": 0, "delta": {"content": piece}}]}
                await exchange.send(b"data: " + json.dumps(chunk).encode() + b"\n\n")
                await asyncio.sleep(0.05)
        except ConnectionError:
            exchange.hung_up.set()

    proxy, upstream = proxy_to_raw(handler)
    stops = ["1", "2", "3", "4", "END"]
    if stream:
        events = proxy.events(stop_sequences=stops)
        check_events(events)
        message = fold(events)
    else:
        message = proxy.ask(stop_sequences=stops).json()
    assert message["content"] == [{"type": "text", "text": "one "}]
    assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "END")
    assert upstream.exchanges[0].hung_up.wait(20)
