"""The story of a request, end to end: commits, failures, and what the client is told."""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import (
    Answer,
    Conversation,
    Cut,
    Fail,
    Gate,
    Hold,
    Refuse,
    Script,
    Usage,
    answer,
    call,
    in_order,
    say,
    think,
    together,
)
from tests.support.proxy import QUESTION, Proxy, error_of
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, RawUpstream, http_head

STORY = answer(
    think("Hm", "m."),
    say("Let me ", "look."),
    together(
        call("call_1", "Read", {"path": "/a"}),
        call("call_2", "Read", {"path": "/b"}),
    ),
    usage=Usage(prompt=120, completion=30, cached=100),
)
TOOLS = [{"name": "Read", "input_schema": {"type": "object", "properties": {}}}]

Start = Callable[..., Proxy]


def scripted(script: Script | Answer | Refuse) -> ScriptedUpstream:
    return ScriptedUpstream(script if callable(script) else in_order(*[script] * 9), key="sk-test")


def test_a_streamed_answer_and_a_whole_one_tell_the_same(proxy_to: Start) -> None:
    with scripted(STORY) as upstream:
        proxy = proxy_to(upstream.base_url)
        whole = proxy.ask(tools=TOOLS)
        events = proxy.events(tools=TOOLS)
    check_events(events)
    streamed, message = fold(events), whole.json()
    assert whole.status_code == 200
    assert message.pop("id") != streamed.pop("id")
    for told in (message, streamed):
        for block in told["content"]:
            block.pop("signature", None)
    assert streamed == message
    assert [block["type"] for block in message["content"]] == [
        "thinking",
        "text",
        *["tool_use"] * 2,
    ]
    assert message["model"] == QUESTION["model"]
    assert message["stop_reason"] == "tool_use"
    assert message["usage"]["input_tokens"] == 20
    assert message["usage"]["cache_read_input_tokens"] == 100
    assert message["usage"]["output_tokens"] == 30


def test_the_answer_names_its_target_and_the_upstreams_limits(proxy_to: Start) -> None:
    with scripted(STORY) as upstream:
        proxy = proxy_to(upstream.base_url)
        for stream in (False, True):
            headers = proxy.ask(tools=TOOLS, stream=stream, top_k=5).headers
            assert headers["x-proxy-target"] == "acme/big-model"
            assert headers["x-proxy-losses"] == "1; unsupported_by_model"
            assert headers["request-id"].startswith("req_")
            assert headers["anthropic-ratelimit-requests-limit"] == "500"
            assert not [name for name in headers if name.startswith("access-control-")]


def test_the_upstream_is_asked_with_the_provider_key_and_never_the_clients(
    proxy_to: Start,
) -> None:
    with scripted(STORY) as upstream:
        proxy = proxy_to(upstream.base_url)
        body = json.dumps(QUESTION).encode()
        secret = {"x-api-key": "canary-1", "authorization": "Bearer canary-2", "cookie": "canary-3"}
        assert proxy.post(body, **secret).status_code == 200
    [exchange] = upstream.chats
    assert exchange.headers["authorization"] == "Bearer sk-test"
    assert "canary" not in json.dumps(exchange.headers) + exchange.raw.decode()


@pytest.mark.parametrize(
    "path", ["/v1/messages", "/v1/messages?beta=true", "/anthropic/v1/messages"]
)
def test_the_api_is_found_where_clients_look_for_it(proxy_to: Start, path: str) -> None:
    with scripted(STORY) as upstream:
        proxy = proxy_to(upstream.base_url)
        assert proxy.post(json.dumps(QUESTION).encode(), path).status_code == 200


# -- the status commit -------------------------------------------------------------------------

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


# -- the content commit ------------------------------------------------------------------------


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


# -- an upstream that does something else ------------------------------------------------------

WHOLE = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi."}}
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}
CHUNKS = b"".join(
    b"data: " + json.dumps(chunk).encode() + b"\n\n"
    for chunk in (
        {"choices": [{"index": 0, "delta": {"content": "Hi."}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": WHOLE["usage"]},
    )
)


async def whole_whatever_was_asked(exchange: RawExchange) -> None:
    await exchange.send(http_head("200 OK", "content-type: application/json"))
    await exchange.send(json.dumps(WHOLE).encode())


async def stream_whatever_was_asked(exchange: RawExchange) -> None:
    await exchange.send(EVENT_STREAM + CHUNKS + b"data: [DONE]\n\n")


@pytest.mark.parametrize("handler", [whole_whatever_was_asked, stream_whatever_was_asked])
@pytest.mark.parametrize("settings", [{}, {"force_disable_streaming": True}])
def test_s18_the_client_gets_the_form_it_asked_for(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]], handler: Any, settings: dict[str, Any]
) -> None:
    proxy, upstream = proxy_to_raw(handler, **settings)
    events = proxy.events()
    check_events(events)
    message = proxy.ask().json()
    assert fold(events)["content"] == message["content"] == [{"type": "text", "text": "Hi."}]
    asked = [json.loads(exchange.body).get("stream", False) for exchange in upstream.exchanges]
    assert asked == [not settings, False]


@pytest.mark.parametrize("ending", ["no done", "silence after the finish"])
def test_usage_that_never_comes_does_not_hold_the_answer_back(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]], ending: str
) -> None:
    async def handler(exchange: RawExchange) -> None:
        await exchange.send(EVENT_STREAM + b"\n\n".join(CHUNKS.split(b"\n\n")[:2]) + b"\n\n")
        if ending == "silence after the finish":
            await exchange.until_hung_up()

    proxy, _ = proxy_to_raw(handler, late_usage_seconds=0.2)
    events = proxy.events()
    check_events(events)
    assert fold(events)["stop_reason"] == "end_turn"
    assert fold(events)["usage"]["output_tokens"] > 0


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("head", "body"),
    [
        (http_head("200 OK", "content-type: application/json"), b"not json"),
        (http_head("200 OK", "content-type: application/json"), b""),
        (http_head("200 OK", "content-type: application/json"), b"[]"),
        (http_head("200 OK", "content-type: text/html"), b"<html>hello</html>"),
        (http_head("200 OK", "content-type: application/json"), b"[" * 100_000),
        (EVENT_STREAM, b"data: {not json}\n\n"),
        (EVENT_STREAM, b"data: " + b"[" * 100_000 + b"\n\n"),
        (EVENT_STREAM, b""),
        (EVENT_STREAM, b"\xff\xfe\x00garbage\n\n\n"),
        (EVENT_STREAM, b"data: " + b"x" * (5 << 20)),
        (http_head("200 OK", "content-encoding: gzip"), b"\x1f\x8b"),
    ],
)
def test_garbage_is_an_api_error(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]], stream: bool, head: bytes, body: bytes
) -> None:
    async def handler(exchange: RawExchange) -> None:
        await exchange.send(head + body)

    proxy, _ = proxy_to_raw(handler)
    response = proxy.ask(stream=stream)
    assert response.status_code == 502
    assert error_of(response)["type"] == "api_error"


# -- limits ------------------------------------------------------------------------------------


def test_a_full_house_is_told_at_once(proxy_to: Start) -> None:
    gate = Gate()
    with scripted(answer(Hold(gate), say("Done."))) as upstream:
        proxy = proxy_to(upstream.base_url, max_concurrent=1)
        answers: list[httpx.Response] = []
        first = threading.Thread(target=lambda: answers.append(proxy.ask()))
        first.start()
        assert gate.reached.wait(10)
        refused = proxy.ask()
        gate.open()
        first.join()
    assert (refused.status_code, error_of(refused)["type"]) == (529, "overloaded_error")
    assert refused.headers["retry-after"] == "1"
    assert answers[0].status_code == 200
    assert len(upstream.chats) == 1


def test_e12_slow_answers_do_not_hold_up_a_quick_one(proxy_to: Start) -> None:
    gate = Gate()

    def script(talk: Conversation) -> Answer:
        slow = talk.body["model"] == "big-model"
        return answer(*([Hold(gate)] if slow else []), say("Done."))

    with ScriptedUpstream(script, key="sk-test") as upstream:
        proxy = proxy_to(upstream.base_url)
        with ThreadPoolExecutor(50) as pool:
            slow = [pool.submit(proxy.ask) for _ in range(50)]
            while len(upstream.chats) < 50:
                assert gate.reached.wait(10)
            quick = proxy.ask(model="acme/small-model")
            assert not any(future.done() for future in slow)
            gate.open()
            assert {future.result().status_code for future in slow} == {200}
    assert quick.status_code == 200


def test_a_provider_without_a_key_is_named(proxy_to: Start) -> None:
    with scripted(STORY) as upstream:
        response = proxy_to(upstream.base_url, key="").ask()
    assert response.status_code == 401
    assert "ACME_API_KEY" in error_of(response)["message"]
    assert response.headers["x-should-retry"] == "false"
    assert upstream.chats == []


def test_strict_refuses_what_would_change_the_meaning(proxy_to: Start) -> None:
    with scripted(STORY) as upstream:
        response = proxy_to(upstream.base_url, strict=True).ask(top_k=5)
    assert response.status_code == 400
    assert error_of(response)["message"] == (
        "/top_k: would be dropped for acme/big-model. This model does not take it. (strict is set)"
    )
    assert upstream.chats == []


def test_a_strict_refusal_names_all_that_would_be_lost(proxy_to: Start) -> None:
    tools = [{"type": "code_execution_20250825", "name": f"t{n}"} for n in range(12)]
    with scripted(STORY) as upstream:
        proxy = proxy_to(upstream.base_url, strict=True)
        few = error_of(proxy.ask(top_k=5, tools=tools[:2]))["message"]
        many = error_of(proxy.ask(tools=tools))["message"]
    assert few.startswith("/tools/0: would be dropped for acme/big-model. ")
    assert few.endswith(" (strict is set). Lost, too: /tools/1, /top_k")
    assert many.endswith("/tools/9, /tools/10, ...")


@pytest.mark.parametrize(
    ("settings", "sent", "losses"),
    [
        ({}, 1000, None),
        ({"max_tokens_limit": 400}, 400, "1; user_limit"),
        ({"min_tokens_limit": 4000}, 4000, "1; user_limit"),
        ({"min_tokens_limit": 4000, "max_tokens_limit": 2000}, 2000, "1; user_limit"),
        ({"max_tokens_limit": 5000, "strict": True}, 1000, None),
        ({"max_tokens_limit": 400, "strict": True}, 400, "1; user_limit"),
    ],
)
def test_the_users_limits_hold_for_every_request(
    proxy_to: Start, settings: dict[str, Any], sent: int, losses: str | None
) -> None:
    with scripted(STORY) as upstream:
        response = proxy_to(upstream.base_url, **settings).ask()
        [exchange] = upstream.chats
    assert exchange.body is not None
    assert exchange.body["max_tokens"] == sent
    assert response.headers.get("x-proxy-losses") == losses


@pytest.mark.parametrize("stream", [False, True])
def test_no_tokens_are_answered_without_asking(proxy_to: Start, stream: bool) -> None:
    with scripted(STORY) as upstream:
        proxy = proxy_to(upstream.base_url)
        if stream:
            check_events(events := proxy.events(max_tokens=0))
            message = fold(events)
        else:
            message = proxy.ask(max_tokens=0).json()
        assert upstream.chats == []
    assert (message["content"], message["stop_reason"]) == ([], "max_tokens")
    assert message["usage"]["output_tokens"] == 0
