"""Refusals of the Responses API that other words mend, through the proxy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from proxy_core.ledger import LossKind, Reason
from tests.e2e.responses_upstream import BIG, MIDDLE, RESPONSES, SMALL
from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import (
    Conversation,
    Json,
    Refuse,
    Script,
    Turn,
    answer,
    call,
    say,
    think,
)
from tests.support.proxy import TOOLS, Proxy, after_its_call, error_of, proxy_with
from tests.support.responses import send, target

ASKED: Json = {
    "model": f"openai/{BIG}",
    "tools": TOOLS,
    "thinking": {"type": "adaptive"},
    "output_config": {"effort": "high"},
}
CALLS = answer(think("Hm."), call("call_1", "Read"))
DONE = answer(say("Done."))


def refusal(message: str, param: str | None = None, code: str | None = None) -> Refuse:
    fields = {"type": "invalid_request_error", "param": param, "code": code}
    return Refuse(400, {"error": {"message": message, **fields}})


NOT_VERIFIED = "The encrypted content gAAA...DQ== could not be verified."
NO_FOLLOWER = "Item 'rs_1' of type 'reasoning' was provided without its required following item."
NO_SUMMARIES = (
    "Your organization must be verified to generate reasoning summaries. Please go to: "
    "https://platform.openai.com/settings/organization/general and click on Verify Organization."
)
REASONING = [
    refusal(NOT_VERIFIED, code="invalid_encrypted_content"),
    refusal(NO_FOLLOWER, param="input"),
]
UNVERIFIED = refusal(NO_SUMMARIES, param="reasoning.summary", code="unsupported_value")


@contextmanager
def proxied(script: Script) -> Iterator[tuple[Proxy, ScriptedUpstream]]:
    models = (BIG, MIDDLE, SMALL)
    with ScriptedUpstream(script, key="sk-test", models=models, manners=RESPONSES) as upstream:
        environ = {
            "OPENAI_API_KEY": "sk-test",
            "OPENAI_API": "responses",
            "OPENAI_BASE_URL": upstream.base_url,
        }
        with proxy_with("openai", environ) as proxy:
            yield proxy, upstream
    assert upstream.problems == []
    assert upstream.refused == []


def answered(proxy: Proxy, messages: list[Json], *, stream: bool) -> Json:
    return proxy.message(**ASKED, messages=messages, stream=stream)


def reasoning_in(body: Json) -> list[Any]:
    return [item for message in body["messages"] for item in message.get("reasoning", ())]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("refused", REASONING)
def test_reasoning_that_is_refused_is_left_out(refused: Refuse, stream: bool) -> None:
    def script(talk: Conversation) -> Turn:
        if reasoning_in(talk.body):
            return refused
        return DONE if talk.answers else CALLS

    with proxied(script) as (proxy, upstream):
        first = answered(proxy, [{"role": "user", "content": "hello"}], stream=stream)
        assert [block["type"] for block in first["content"]] == ["thinking", "tool_use"]
        for _ in range(2):
            last = answered(proxy, after_its_call(first), stream=stream)
            assert last["content"] == [{"type": "text", "text": "Done."}]
        sizes = [len(reasoning_in(exchange.talk.body)) for exchange in upstream.chats]
        # Only this conversation's reasoning is refused, and not that of the next one.
        assert sizes == [0, 1, 0, 1, 0]
        with_it, without = (upstream.chats[index].talk.body for index in (1, 2))
    assert without["include"] == with_it["include"] == ["reasoning.encrypted_content"]
    for message in with_it["messages"]:
        message.pop("reasoning", None)
    assert without == with_it


@pytest.mark.parametrize("stream", [False, True])
def test_summaries_are_not_asked_for_again_where_they_are_refused(stream: bool) -> None:
    def script(talk: Conversation) -> Turn:
        return UNVERIFIED if "summary" in talk.body["reasoning"] else DONE

    with proxied(script) as (proxy, upstream):
        for _ in range(3):
            response = proxy.ask(**ASKED, stream=stream)
            assert response.status_code == 200
            assert "hidden_reasoning" in response.headers["x-proxy-losses"]
        reasoning = [exchange.talk.body["reasoning"] for exchange in upstream.chats]
    assert reasoning == [{"effort": "high", "summary": "auto"}, *[{"effort": "high"}] * 3]


@pytest.mark.parametrize("refused", [*REASONING, UNVERIFIED])
def test_what_is_refused_all_the_same_is_told(refused: Refuse) -> None:
    def script(talk: Conversation) -> Turn:
        return refused if talk.answers or refused is UNVERIFIED else CALLS

    with proxied(script) as (proxy, upstream):
        messages: list[Json] = [{"role": "user", "content": "hello"}]
        if refused is not UNVERIFIED:
            messages = after_its_call(answered(proxy, messages, stream=False))
        before = len(upstream.chats)
        response = proxy.ask(**ASKED, messages=messages)
        assert len(upstream.chats) == before + 2
    assert response.status_code == 400
    assert isinstance(refused.body, dict)
    assert refused.body["error"]["message"] in error_of(response)["message"]


# -- the two quirks ------------------------------------------------------------------------

SIMPLE: Json = {
    "model": "m",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "x"}],
    "output_config": {"effort": "low"},
}


def test_summaries() -> None:
    silent = target(reasoning_summaries=False)
    assert send(SIMPLE).body["reasoning"] == {"effort": "low", "summary": "auto"}
    sent = send(SIMPLE, silent)
    assert sent.body["reasoning"] == {"effort": "low"}
    assert sent.losses == []
    asked = send({**SIMPLE, "thinking": {"type": "adaptive"}}, silent)
    assert asked.lost("/thinking") == (LossKind.DROPPED, Reason.HIDDEN_REASONING)
    omitted = {"type": "adaptive", "display": "omitted"}
    assert send({**SIMPLE, "thinking": omitted}, silent).lost("/thinking") is None
