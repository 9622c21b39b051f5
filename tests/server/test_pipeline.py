"""The story of a request, end to end: who is asked with what, and what the client is told."""

import json

import pytest

from proxy_core.testing.lifecycle import check_events, fold
from tests.server.story import STORY, Start, scripted
from tests.support.proxy import QUESTION, TOOLS, error_of


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


def test_a_provider_without_a_key_is_named(proxy_to: Start) -> None:
    with scripted(STORY) as upstream:
        response = proxy_to(upstream.base_url, key="").ask()
    assert response.status_code == 401
    assert "ACME_API_KEY" in error_of(response)["message"]
    assert response.headers["x-should-retry"] == "false"
    assert upstream.chats == []


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
