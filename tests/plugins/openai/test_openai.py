"""The plugin as core loads it: who it speaks for, and how it speaks at which address."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy_core.anthropic.answering import writer_options
from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.bound import BoundProvider
from proxy_core.contract import (
    About,
    FailureKind,
    Target,
    Unsupported,
    UpstreamFailure,
)
from proxy_core.ledger import Ledger, Loss, LossKind, Reason
from proxy_core.plugins import load_plugins
from proxy_core.routing.directory import at, listed
from proxy_core.sse import SseDecoder
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.support.chat_answers import Json, call, chunk, sse

TOOL = {"name": "Read", "input_schema": {"type": "object", "properties": {}}}
USER = {"user_id": json.dumps({"device_id": "d", "session_id": "s"})}


@pytest.fixture(scope="module")
def openai() -> BoundProvider:
    return load_plugins(["openai"]).providers[0]


def by_chat(openai: BoundProvider, model: str = "gpt-5.5", **quirks: Any) -> Target:
    """A model at OpenAI, for a user who chose Chat Completions."""
    return at(openai.provider.model_copy(update={"quirks": {"wire": "chat", **quirks}}), model)


def elsewhere(openai: BoundProvider, model: str = "gpt-5.5", **quirks: Any) -> Target:
    """A model behind OPENAI_BASE_URL."""
    update = {"base_url": "http://127.0.0.1:4000/v1", "quirks": quirks}
    return at(openai.provider.model_copy(update=update), model)


def sent(
    openai: BoundProvider, target: Target, ledger: Ledger | None = None, **fields: Any
) -> Json:
    """The body for a small request with these further fields."""
    asked = {
        "model": "claude-x",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "hi"}],
        "system": "be good",
        "metadata": USER,
        **fields,
    }
    request = parse(json.dumps(asked).encode())
    upstream = openai.translate_request(request, target, Ledger() if ledger is None else ledger)
    assert upstream.path == "/chat/completions"
    body: Json = json.loads(upstream.body)
    return body


# -- the card ------------------------------------------------------------------------------


def test_the_card(openai: BoundProvider) -> None:
    card = openai.provider
    assert (card.name, card.base_url) == ("openai", "https://api.openai.com/v1")
    assert card.key_env == ("OPENAI_API_KEY",)
    assert card.base_url_env == ("OPENAI_BASE_URL", "OPENAI_API_BASE")
    assert all(facts.source for facts in card.models)


def test_every_row_of_the_table_can_be_reached(openai: BoundProvider) -> None:
    card = openai.provider
    for facts in card.models:
        example = facts.pattern.replace("[123]", "1").replace("[6-9]", "7").replace("[134]", "1")
        assert at(card, example.replace("*", "9x")).facts == facts


@pytest.mark.parametrize(
    ("model", "window", "output", "efforts"),
    [
        ("gpt-6-sol", 1_050_000, 128_000, ("none", "low", "medium", "high", "xhigh", "max")),
        ("gpt-5.4", 1_050_000, 128_000, ("none", "low", "medium", "high", "xhigh")),
        ("gpt-5.4-mini", 400_000, 128_000, ("none", "low", "medium", "high", "xhigh")),
        ("gpt-5.4-pro", 1_050_000, 128_000, ("medium", "high", "xhigh")),
        ("gpt-5-mini-2025-08-07", 400_000, 128_000, ("minimal", "low", "medium", "high")),
        ("gpt-4.1-2025-04-14", 1_047_576, 32_768, ()),
        ("gpt-7-nova", None, None, None),
        ("llama", None, None, None),
    ],
)
def test_facts_of_models(
    openai: BoundProvider,
    model: str,
    window: int | None,
    output: int | None,
    efforts: tuple[str, ...] | None,
) -> None:
    facts = at(openai.provider, model).facts
    assert (facts.context_window, facts.max_output_tokens, facts.efforts) == (
        window,
        output,
        efforts,
    )


@pytest.mark.parametrize("tier", ["big", "middle", "small"])
def test_the_defaults_are_known(openai: BoundProvider, tier: str) -> None:
    model = getattr(openai.provider, tier)
    assert model in listed(openai.provider)
    assert at(openai.provider, model).facts.context_window


# -- at OpenAI and elsewhere ---------------------------------------------------------------


def test_over_chat_at_openai_it_speaks_as_openai_does(openai: BoundProvider) -> None:
    body = sent(openai, by_chat(openai))
    assert body["max_completion_tokens"] == 100
    assert body["messages"][0]["role"] == "developer"
    assert body["store"] is False
    assert "prompt_cache_key" in body
    assert "safety_identifier" in body


def test_at_another_address_it_speaks_plainly(openai: BoundProvider) -> None:
    body = sent(openai, elsewhere(openai), tools=[TOOL], temperature=0.5)
    assert body["max_tokens"] == 100
    assert body["messages"][0]["role"] == "system"
    assert body["temperature"] == 0.5
    fields = {"store", "prompt_cache_key", "safety_identifier", "max_completion_tokens"}
    assert not fields & body.keys()
    assert "reasoning_effort" not in body


def test_quirks_the_user_sets_hold_at_any_address(openai: BoundProvider) -> None:
    assert sent(openai, elsewhere(openai, system_role="developer"))["messages"][0]["role"] == (
        "developer"
    )
    assert "store" not in sent(openai, by_chat(openai, store_field=False))


def test_a_host_that_only_looks_like_openais_is_another(openai: BoundProvider) -> None:
    card = openai.provider.model_copy(update={"base_url": "https://api.openai.com.evil.example"})
    assert "store" not in sent(openai, at(card, "gpt-5.5"))


# -- what the models refuse ----------------------------------------------------------------


def test_tools_turn_reasoning_off_and_say_so(openai: BoundProvider) -> None:
    ledger = Ledger()
    target = by_chat(openai)
    high = {"effort": "high"}
    body = sent(openai, target, ledger, tools=[TOOL], output_config=high)
    assert body["reasoning_effort"] == "none"
    place = "/output_config/effort"
    assert Loss(place, LossKind.DROPPED, Reason.UNSUPPORTED_BY_MODEL) in list(ledger)
    assert sent(openai, target, output_config=high)["reasoning_effort"] == "high"


def test_tools_are_refused_where_reasoning_cannot_be_off(openai: BoundProvider) -> None:
    target = by_chat(openai, "gpt-6.1-sol")
    with pytest.raises(Unsupported) as refused:
        sent(openai, target, tools=[TOOL])
    assert refused.value.path == "/tools"
    assert "openai/gpt-6.1-sol" in str(refused.value)
    assert sent(openai, target)["model"] == "gpt-6.1-sol"


def test_reasoning_models_get_no_sampling(openai: BoundProvider) -> None:
    fields: Json = {"temperature": 0.5, "top_p": 0.5, "stop_sequences": ["END"]}
    reasoning = sent(openai, by_chat(openai), **fields)
    assert not {"temperature", "top_p", "stop"} & reasoning.keys()
    plain = sent(openai, by_chat(openai, "gpt-4.1"), **fields)
    assert (plain["temperature"], plain["stop"]) == (0.5, ["END"])


# -- answers -------------------------------------------------------------------------------


def test_a_round_trip_through_the_hooks(openai: BoundProvider) -> None:
    """A stop sequence that the model does not take ends the answer all the same."""
    asked = {
        "model": "claude-x",
        "max_tokens": 9,
        "stream": True,
        "messages": [{"role": "user", "content": "hi"}],
        "stop_sequences": ["END"],
    }
    target = by_chat(openai)
    request = parse(json.dumps(asked).encode())
    upstream = openai.translate_request(request, target, Ledger())
    sink = EventSink()
    writer = MessageWriter(sink, writer_options(request, upstream, "msg_1"))
    stream = openai.open_stream(upstream, writer, Ledger())
    for event in SseDecoder().feed(sse([chunk({"content": "a EN"}), chunk({"content": "D b"})])):
        stream.feed(event)
    stream.close(True)
    writer.end()
    events = parse_events(sink.take())
    check_events(events)
    message = fold(events)
    assert (message["content"], message["stop_sequence"]) == (
        [{"type": "text", "text": "a "}],
        "END",
    )


def test_a_whole_answer_through_the_hooks(openai: BoundProvider) -> None:
    target = by_chat(openai)
    asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    upstream = openai.translate_request(parse(json.dumps(asked).encode()), target, Ledger())
    message = {"role": "assistant", "content": None, **call(id="a", name="Read", arguments="{}")}
    body = json.dumps({"choices": [{"message": message, "finish_reason": "tool_calls"}]})
    sink = MessageSink()
    writer = MessageWriter(sink, WriterOptions(message_id="msg_1", model="claude-x"))
    openai.translate_response(upstream, body.encode(), writer, Ledger())
    writer.end()
    assert json.loads(sink.json())["stop_reason"] == "tool_use"


def test_errors_through_the_hooks(openai: BoundProvider) -> None:
    target = by_chat(openai)
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=401, body=b"sk-secret")
    verdict = openai.classify_error(failure, target)
    assert verdict is not None
    assert verdict.about is About.KEY
    assert verdict.message == "openai refused the API key in OPENAI_API_KEY."
    assert openai.classify_error(UpstreamFailure(kind=FailureKind.CONNECT), target) is None
