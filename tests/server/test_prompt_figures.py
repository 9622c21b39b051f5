"""Sizes of prompts that core tells because the upstream did not."""

import json
from collections.abc import Callable

import pytest

from proxy_core.testing.lifecycle import fold
from tests.support.proxy import Proxy, error_of
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, RawUpstream, http_head

Start = Callable[..., tuple[Proxy, RawUpstream]]

OVERFLOW = b'{"error":{"message":"Input is too long.","code":"context_length_exceeded"}}'


async def overflows(exchange: RawExchange) -> None:
    await exchange.send(http_head("400 Bad", "content-type: application/json") + OVERFLOW)


async def tells_no_usage(exchange: RawExchange) -> None:
    if json.loads(exchange.body).get("stream"):
        chunk = {"choices": [{"index": 0, "delta": {"content": "Yes."}, "finish_reason": "stop"}]}
        await exchange.send(EVENT_STREAM + b"data: %s\n\n" % json.dumps(chunk).encode())
        await exchange.send(b"data: [DONE]\n\n")
        return
    choice = {"index": 0, "message": {"content": "Yes."}, "finish_reason": "stop"}
    body = json.dumps({"choices": [choice]}).encode()
    await exchange.send(http_head("200 OK", "content-type: application/json") + body)


@pytest.mark.parametrize("stream", [False, True])
def test_c24_an_overflow_tells_how_long_the_prompt_is(proxy_to_raw: Start, stream: bool) -> None:
    proxy, _ = proxy_to_raw(overflows)
    words = [{"role": "user", "content": "字" * 240_000}]
    response = proxy.ask(messages=words, stream=stream)
    assert response.status_code == 400
    message = error_of(response)["message"]
    start, _, end = message.partition(" tokens > ")
    assert end == "200000 maximum"
    assert 230_000 < int(start.removeprefix("prompt is too long: ")) < 240_000


def test_an_overflow_that_the_estimate_does_not_see_stays_without_figures(
    proxy_to_raw: Start,
) -> None:
    proxy, _ = proxy_to_raw(overflows)
    assert error_of(proxy.ask())["message"] == "prompt is too long"


def test_usage_that_is_not_told_is_estimated_and_said_to_be(proxy_to_raw: Start) -> None:
    proxy, _ = proxy_to_raw(tells_no_usage)
    words = [{"role": "user", "content": "word " * 1000}]
    response = proxy.ask(messages=words)
    assert 900 < response.json()["usage"]["input_tokens"] < 1200
    assert response.headers["x-proxy-losses"] == "1; answer:usage_estimated"
    streamed = fold(proxy.events(messages=words))
    assert streamed["usage"] == response.json()["usage"]


KIMI = "Invalid request: Your request exceeded model token limit: 200000 (requested: 215000)"
SUM = json.dumps({"error": {"message": KIMI, "type": "invalid_request_error"}}).encode()


async def counts_both(exchange: RawExchange) -> None:
    await exchange.send(http_head("400 Bad", "content-type: application/json") + SUM)


@pytest.mark.parametrize("stream", [False, True])
def test_a_sum_of_prompt_and_answer_is_told_by_what_does_not_fit(
    proxy_to_raw: Start, stream: bool
) -> None:
    """moonshot.md, the table of its errors: Claude Code makes the answer shorter, or compacts."""
    proxy, _ = proxy_to_raw(counts_both)
    short = error_of(proxy.ask(max_tokens=32_000, stream=stream))["message"]
    assert short == (
        "input length and `max_tokens` exceed context limit: 183000 + 32000 > 200000, decrease "
        "input length or `max_tokens` and try again"
    )
    long = [{"role": "user", "content": "字" * 215_000}]
    told = error_of(proxy.ask(messages=long, max_tokens=32_000, stream=stream))["message"]
    assert told == "prompt is too long: 215000 tokens > 200000 maximum"
