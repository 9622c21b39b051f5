"""Passed through, over real HTTP: what is sent upstream and what comes back, byte for byte."""

import asyncio
import json

import anthropic
import pytest

from proxy_core.testing.lifecycle import check_events, parse_events
from tests.support.anthropic_streams import as_sse
from tests.support.native import ASKED, MODEL
from tests.support.passing import JSON, QUESTION, ask, passing, says
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, http_head
from tests.support.relayed import END, TEXT, renamed, start

ANSWER = {**start()["message"], "content": [{"type": "text", "text": "Hi."}]}
ANSWER["stop_reason"] = "end_turn"
STORY = as_sse([start(), *TEXT, *END])

# -- beside the body ---------------------------------------------------------------------------


def test_e10_query_headers_and_key() -> None:
    with passing(says(EVENT_STREAM + STORY)) as (proxy, upstream):
        headers = {
            "anthropic-version": "2026-10-21",
            "anthropic-beta": "one-1,two-2",
            "user-agent": "claude-cli/2",
            "x-claude-code-session-id": "s-1",
            "x-api-key": "the-clients",
            "authorization": "Bearer the-clients",
            "cookie": "a=the-clients",
        }
        body = json.dumps(QUESTION).encode()
        assert proxy.post(body, "/v1/messages?beta=true", **headers).status_code == 200
        proxy.post(body)
    [first, second] = upstream.exchanges
    assert first.head.startswith(b"POST /v1/messages?beta=true HTTP/1.1\r\n")
    for name in ("anthropic-version", "anthropic-beta", "user-agent", "x-claude-code-session-id"):
        assert first.headers[name] == headers[name]
    assert first.headers["x-api-key"] == "sk-passthrough"
    assert "the-clients" not in first.head.decode()
    assert second.head.startswith(b"POST /v1/messages HTTP/1.1\r\n")
    assert second.headers["anthropic-version"] == "2023-06-01"


def test_a_query_with_odd_bytes_is_written_as_a_query() -> None:
    with passing(says(EVENT_STREAM + STORY)) as (proxy, upstream):
        assert ask(proxy, "/v1/messages?a=%20b&c=\u00e4|{}").status_code == 200
    [exchange] = upstream.exchanges
    assert exchange.head.startswith(b"POST /v1/messages?a=%20b&c=%C3%A4")


def test_the_answers_headers_are_the_upstreams() -> None:
    told = (
        "request-id: req_upstream",
        "anthropic-organization-id: org-1",
        "anthropic-ratelimit-requests-remaining: 3",
        "set-cookie: a=b",
    )
    answers = [
        (True, http_head("200 OK", "content-type: text/event-stream", *told) + STORY),
        (False, http_head("200 OK", "content-type: application/json", *told)),
    ]
    for stream, answer in answers:
        body = b"" if stream else json.dumps(ANSWER).encode()
        with passing(says(answer + body)) as (proxy, _):
            response = ask(proxy, stream=stream)
        assert response.headers["request-id"] == "req_upstream"
        assert response.headers["anthropic-organization-id"] == "org-1"
        assert response.headers["anthropic-ratelimit-requests-remaining"] == "3"
        assert response.headers["x-proxy-target"] == f"anthropic/{MODEL}"
        assert "set-cookie" not in response.headers
        assert "x-proxy-losses" not in response.headers


# -- live --------------------------------------------------------------------------------------


def test_e11_each_event_is_passed_on_when_it_comes() -> None:
    async def waits(exchange: RawExchange) -> None:
        await exchange.send(EVENT_STREAM + as_sse([start(), *TEXT[:2]]))
        await exchange.until_hung_up()

    with passing(waits) as (proxy, upstream):
        with proxy.streaming(model=ASKED) as response:
            seen = b""
            for piece in response.iter_bytes():
                seen += piece
                if b"content_block_delta" in seen:
                    break
            assert seen == renamed(as_sse([start(), *TEXT[:2]]))
        assert upstream.exchanges[0].hung_up.wait(20), "the upstream was not told of the departure"


def test_a_silent_upstream_is_covered_and_its_late_beginning_left_out() -> None:
    gate = asyncio.Event()

    async def late(exchange: RawExchange) -> None:
        await exchange.send(EVENT_STREAM)
        await gate.wait()
        await exchange.send(STORY)

    with (
        passing(late, status_commit_seconds=0.1, ping_seconds=0.1) as (proxy, upstream),
        proxy.streaming(model=ASKED) as response,
    ):
        seen = b""
        for piece in response.iter_bytes():
            seen += piece
            if seen.count(b"event: ping") == 2:
                upstream.call(gate.set)
    events = parse_events(seen)
    check_events(events)
    assert [event["type"] for event in events].count("message_start") == 1
    assert seen.endswith(as_sse([*TEXT, *END]))


# -- failures ----------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("400 Bad Request", "invalid_request_error"),
        ("402 Payment Required", "billing_error"),
        ("429 Too Many Requests", "rate_limit_error"),
        ("529 Overloaded", "overloaded_error"),
    ],
)
def test_e9_status_body_and_headers_of_an_error_are_the_upstreams(
    stream: bool, status: str, kind: str
) -> None:
    error = {"type": kind, "message": "no", "details": {"error_code": "x"}}
    body = json.dumps({"type": "error", "error": error, "request_id": "req_upstream"}).encode()
    head = http_head(status, "request-id: req_upstream", "retry-after: 3", "x-should-retry: true")
    with passing(says(head + body), max_retries=0) as (proxy, _):
        response = ask(proxy, stream=stream)
    assert response.status_code == int(status[:3])
    assert response.content == body
    assert response.headers["content-type"] == "application/json"
    assert response.headers["request-id"] == "req_upstream"
    assert response.headers["retry-after"] == "3"
    assert response.headers["x-should-retry"] == "true"


@pytest.mark.parametrize("told", [(), ("request-id: req_upstream",)])
@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        ("401 Unauthorized", "authentication_error", "invalid x-api-key"),
        ("401 Unauthorized", "authentication_error", "invalid x-api-key sk-passthrough"),
        ("402 Payment Required", "billing_error", "no credit"),
        ("403 Forbidden", "permission_error", "not yours"),
    ],
)
def test_whose_account_was_refused_decides_whether_trying_again_is_left_open(
    told: tuple[str, ...], status: str, kind: str, words: str
) -> None:
    error = {"type": "error", "error": {"type": kind, "message": words}}
    refuses = says(http_head(status, *told) + json.dumps(error).encode())
    with passing(refuses, max_retries=0) as (proxy, _):
        ours = ask(proxy)
    with passing(refuses, max_retries=0, **OWN) as (proxy, _):
        theirs = proxy.post(json.dumps(QUESTION).encode(), **{"x-api-key": "sk-ant-mine"})
    if "sk-" not in words:
        assert theirs.json() == error
    if status.startswith("401"):
        # The client knows nothing of the key that was refused.
        assert "PASSTHROUGH_API_KEY" in ours.json()["error"]["message"]
    else:
        assert ours.json() == error
    assert ours.headers["x-should-retry"] == "false"
    assert (told != ()) == (ours.headers["request-id"] == "req_upstream")
    if "sk-" not in words:
        assert "x-should-retry" not in theirs.headers


def test_a_stream_that_is_cut_ends_in_an_error_event() -> None:
    half = as_sse([start(), *TEXT[:2]])
    with passing(says(EVENT_STREAM + half)) as (proxy, upstream):
        response = ask(proxy)
    assert response.content.startswith(renamed(half))
    events = parse_events(response.content)
    check_events(events)
    assert events[-1]["type"] == "error"
    assert len(upstream.exchanges) == 1, "after content nothing is asked again"


def test_an_error_before_any_content_may_still_be_got_over() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    answers = iter([as_sse([start(), error]), STORY])

    async def recovers(exchange: RawExchange) -> None:
        await exchange.send(EVENT_STREAM + next(answers))

    chain = {ASKED: [f"anthropic/{MODEL}", f"anthropic/{MODEL}"]}
    with passing(recovers, max_retries=0, models=chain) as (proxy, _):
        response = ask(proxy)
    assert response.content == renamed(STORY)


def test_an_error_after_content_is_passed_on_as_it_is() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}
    half = as_sse([start(), *TEXT[:2]])
    gate = asyncio.Event()

    async def fails(exchange: RawExchange) -> None:
        await exchange.send(EVENT_STREAM + half)
        await gate.wait()
        await exchange.send(as_sse([error]))

    with passing(fails) as (proxy, upstream), proxy.streaming(model=ASKED) as response:
        pieces = response.iter_bytes()
        seen = next(pieces)
        upstream.call(gate.set)
        seen += b"".join(pieces)
    assert seen == renamed(half) + as_sse([error])


# -- in the form that was asked for ------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("answer", [JSON + json.dumps(ANSWER).encode(), EVENT_STREAM + STORY])
def test_the_client_gets_the_form_it_asked_for(stream: bool, answer: bytes) -> None:
    with passing(says(answer)) as (proxy, _):
        response = ask(proxy, stream=stream)
    if stream:
        events = parse_events(response.content)
        check_events(events)
    else:
        assert response.json()["model"] == ASKED
        assert response.json()["content"][0]["type"] == "text"


def test_a_request_for_no_tokens_warms_anthropics_cache() -> None:
    with passing(says(JSON + json.dumps(ANSWER).encode())) as (proxy, upstream):
        assert ask(proxy, stream=False, max_tokens=0).status_code == 200
    assert json.loads(upstream.exchanges[0].body)["max_tokens"] == 0


def test_tokens_are_counted_by_anthropic_itself() -> None:
    with passing(says(JSON + b'{"input_tokens": 42}')) as (proxy, upstream):
        response = ask(proxy, "/v1/messages/count_tokens?beta=true")
    assert response.json() == {"input_tokens": 42}
    [exchange] = upstream.exchanges
    assert exchange.head.startswith(b"POST /v1/messages/count_tokens?beta=true")


# -- the client's own credential ---------------------------------------------------------------

OWN = {"providers": {"anthropic": {"client_key": True}}}


def test_the_clients_credential_goes_where_the_user_says_so() -> None:
    with passing(says(EVENT_STREAM + STORY), **OWN) as (proxy, upstream):
        body = json.dumps(QUESTION).encode()
        proxy.post(body, authorization="Bearer sk-ant-oat-mine")
        proxy.post(body, **{"x-api-key": "sk-ant-mine"})
        proxy.post(body)
    bearer, key, neither = (exchange.headers for exchange in upstream.exchanges)
    assert (bearer.get("authorization"), bearer.get("x-api-key")) == (
        "Bearer sk-ant-oat-mine",
        None,
    )
    assert (key.get("authorization"), key.get("x-api-key")) == (None, "sk-ant-mine")
    assert neither["x-api-key"] == "sk-passthrough"


def test_the_proxys_own_token_never_goes_upstream() -> None:
    with passing(says(EVENT_STREAM + STORY), auth_token="tok", **OWN) as (proxy, upstream):
        body = json.dumps(QUESTION).encode()
        proxy.post(body, authorization="Bearer tok")
        proxy.post(body, authorization="Bearer mine", **{"x-api-key": "tok"})
    first, second = upstream.exchanges
    assert b"tok\r" not in first.head + second.head
    assert first.headers["x-api-key"] == "sk-passthrough"
    assert second.headers["authorization"] == "Bearer mine"


def test_a_token_of_two_words_never_goes_upstream() -> None:
    with passing(says(EVENT_STREAM + STORY), auth_token="two words", **OWN) as (proxy, upstream):
        body = json.dumps(QUESTION).encode()
        proxy.post(body, authorization="Bearer two words")
        proxy.post(body, **{"x-api-key": "two words"})
    for exchange in upstream.exchanges:
        assert b"words" not in exchange.head
        assert exchange.headers["x-api-key"] == "sk-passthrough"


# -- the official SDK --------------------------------------------------------------------------


def test_the_official_sdk() -> None:
    with passing(says(EVENT_STREAM + STORY)) as (proxy, _):
        with (
            anthropic.Anthropic(api_key="k", base_url=proxy.url, max_retries=0) as client,
            client.messages.stream(
                model=ASKED, max_tokens=10, messages=[{"role": "user", "content": "hi"}]
            ) as stream,
        ):
            message = stream.get_final_message()
        assert message.model == ASKED
        assert message.content[0].type == "text"
        assert message.content[0].text == "Hi \u2028 there"
    with (
        passing(says(JSON + json.dumps(ANSWER).encode())) as (proxy, _),
        anthropic.Anthropic(api_key="k", base_url=proxy.url, max_retries=0) as client,
    ):
        whole = client.messages.create(
            model=ASKED, max_tokens=10, messages=[{"role": "user", "content": "hi"}]
        )
        assert (whole.model, whole.content[0].type) == (ASKED, "text")
