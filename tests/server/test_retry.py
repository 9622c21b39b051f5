"""Asking again: as often as it may help and never where it may cost twice."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.verdicts import CUT_SHORT, EMPTY, broken_answer
from proxy_core.contract import ErrorVerdict, FailureKind, Repair, UpstreamFailure
from proxy_core.server.retry import LONGEST_WAIT, seconds_until_next
from proxy_core.testing.lifecycle import check_events, fold
from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import (
    Answer,
    Cut,
    Fail,
    Gate,
    Hold,
    Refuse,
    answer,
    in_order,
    say,
)
from tests.support.proxy import Proxy
from tests.support.raw_upstream import RawExchange, RawUpstream, http_head

BUSY = ErrorVerdict(status=503, type="api_error", message="busy", retryable=True)


def asked(retry_after: float) -> ErrorVerdict:
    return ErrorVerdict(
        status=429, type="rate_limit_error", message="", retryable=True, retry_after=retry_after
    )


@given(st.integers(0, 20))
def test_waits_grow_with_chance_and_within_bounds(repeats: int) -> None:
    wait = seconds_until_next(BUSY, None, repeats)
    assert wait is not None
    top = min(0.5 * 2**repeats, 8)
    assert top / 2 <= wait <= top


def test_many_that_fail_at_once_do_not_come_back_at_once() -> None:
    assert len({seconds_until_next(BUSY, None, 0) for _ in range(100)}) > 90


@given(st.floats(0, LONGEST_WAIT))
def test_never_earlier_than_asked(retry_after: float) -> None:
    wait = seconds_until_next(asked(retry_after), None, 0)
    assert wait is not None
    assert wait >= retry_after


@given(st.floats().filter(lambda wait: not 0 <= wait <= LONGEST_WAIT))
def test_long_and_senseless_waits_are_left_to_the_client(retry_after: float) -> None:
    assert seconds_until_next(asked(retry_after), None, 0) is None


@pytest.mark.parametrize(
    ("failure", "again"),
    [
        (UpstreamFailure(kind=FailureKind.STATUS, status=503), True),
        (UpstreamFailure(kind=FailureKind.CONNECT), True),
        (UpstreamFailure(kind=FailureKind.STREAM), True),
        (UpstreamFailure(kind=FailureKind.RESET, unread=True), True),
        (UpstreamFailure(kind=FailureKind.RESET), False),
        (UpstreamFailure(kind=FailureKind.TIMEOUT), False),
        (UpstreamFailure(kind=FailureKind.PROTOCOL), False),
    ],
)
def test_what_was_never_read_may_be_sent_again(failure: UpstreamFailure, again: bool) -> None:
    assert (seconds_until_next(BUSY, failure, 0) is not None) is again


def test_a_slip_of_the_model_is_asked_for_once_more_and_at_once() -> None:
    slip = ErrorVerdict(
        status=400, type="invalid_request_error", message="", repair=Repair(), may_be_billed=True
    )
    refused = UpstreamFailure(kind=FailureKind.STATUS, status=400)
    assert seconds_until_next(slip, refused, 0) == 0
    assert seconds_until_next(slip, refused, 1) is None


@pytest.mark.parametrize("verdict", [CUT_SHORT, EMPTY, broken_answer("x")])
def test_an_answer_that_began_is_not_asked_for_twice(verdict: ErrorVerdict) -> None:
    assert seconds_until_next(verdict, None, 0) is None


# -- over HTTP ---------------------------------------------------------------------------------

QUICK = {"retry-after-ms": "1"}
BROKEN = Refuse(500, {"error": {"message": "oops"}}, QUICK)
HELLO = answer(say("Hello."))
SLIPPED = {"error": {"message": "Failed to call a function.", "code": "tool_use_failed"}}
SLIP = Refuse(400, SLIPPED)


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("turns", "retries", "status", "hits"),
    [
        ((BROKEN, HELLO), 2, 200, 2),
        ((BROKEN, BROKEN, HELLO), 2, 200, 3),
        ((BROKEN, BROKEN, BROKEN, HELLO), 2, 500, 3),
        ((BROKEN, HELLO), 0, 500, 1),
        ((Refuse(429, {"error": {"message": "slow"}}, QUICK), HELLO), 2, 200, 2),
        ((Refuse(429, {"error": {"message": "slow"}}, {"retry-after": "99"}), HELLO), 2, 429, 1),
        ((Refuse(400, {"error": {"message": "bad"}}), HELLO), 2, 400, 1),
        ((SLIP, HELLO), 2, 200, 2),
        ((SLIP, SLIP, HELLO), 2, 400, 2),
        ((SLIP, HELLO), 0, 400, 1),
        ((answer(Fail(SLIPPED)), HELLO), 2, 200, 2),
        ((Refuse(401, {"error": {"message": "key"}}), HELLO), 2, 401, 1),
        ((answer(Cut()), HELLO), 2, 502, 1),
    ],
)
def test_how_often_the_upstream_is_asked(
    proxy_to: Callable[..., Proxy],
    turns: tuple[Answer | Refuse, ...],
    retries: int,
    status: int,
    hits: int,
    stream: bool,
) -> None:
    with ScriptedUpstream(in_order(*turns), key="sk-test") as upstream:
        response = proxy_to(upstream.base_url, max_retries=retries).ask(stream=stream)
        assert (response.status_code, len(upstream.chats)) == (status, hits)
        assert len({exchange.raw for exchange in upstream.chats}) == 1


def test_e4_nothing_is_asked_again_once_content_was_sent(proxy_to: Callable[..., Proxy]) -> None:
    gate = Gate()
    error: dict[str, Any] = {"error": {"message": "overloaded", "type": "server_error"}}
    script = in_order(answer(say("One."), Hold(gate), Fail(error)), HELLO)
    with ScriptedUpstream(script, key="sk-test") as upstream:
        with proxy_to(upstream.base_url).streaming() as response:
            pieces = response.iter_bytes()
            seen = next(pieces)
            gate.open()
            seen += b"".join(pieces)
        assert len(upstream.chats) == 1
    assert b"event: error" in seen


def test_an_error_before_content_is_got_over_unseen(proxy_to: Callable[..., Proxy]) -> None:
    error: dict[str, Any] = {"error": {"message": "overloaded", "type": "server_error"}}
    with ScriptedUpstream(in_order(answer(Fail(error)), HELLO), key="sk-test") as upstream:
        events = proxy_to(upstream.base_url).events()
        assert len(upstream.chats) == 2
    check_events(events)
    assert fold(events)["content"] == [{"type": "text", "text": "Hello."}]


def test_streams_have_a_limit_of_their_own(proxy_to: Callable[..., Proxy]) -> None:
    with ScriptedUpstream(in_order(*[BROKEN] * 9), key="sk-test") as upstream:
        proxy = proxy_to(upstream.base_url, max_retries=1, max_streaming_retries=3)
        proxy.ask(stream=True)
        assert len(upstream.chats) == 4
        proxy.ask()
        assert len(upstream.chats) == 6


def test_e13_an_upstream_that_closes_kept_connections_is_not_noticed(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]],
) -> None:
    whole = json.dumps(
        {"choices": [{"finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}]}
    ).encode()
    head = http_head("200 OK", "content-type: application/json", f"content-length: {len(whole)}")

    async def answers_once_and_hangs_up(exchange: RawExchange) -> None:
        await exchange.send(head.replace(b"connection: close\r\n", b"") + whole)

    proxy, _ = proxy_to_raw(answers_once_and_hangs_up)
    assert [proxy.ask().status_code for _ in range(50)] == [200] * 50
