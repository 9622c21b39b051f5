"""Groq as core loads it: its models, what is sent, and what its errors mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.bound import BoundProvider
from proxy_core.contract import (
    About,
    ErrorVerdict,
    FailureKind,
    Repair,
    Target,
    Unsupported,
    UpstreamFailure,
    UpstreamRequest,
)
from proxy_core.ledger import Ledger, Loss, LossKind, Reason
from proxy_core.plugins import load_plugins
from proxy_core.routing.directory import at, listed
from proxy_core.sse import SseDecoder
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from proxy_core.testing.strategies.conversations import requests
from tests.e2e.groq_rules import COMPOUND, EFFORTS, LONGEST_ANSWER, check_body
from tests.e2e.openai_rules import RefusedError
from tests.support.chat_answers import Json, chunk, sse
from tests.support.chat_requests import PIXEL, assistant, image, request, result, tool, user
from tests.support.chat_requests import call as tool_use

FIXTURES = Path(__file__).parents[2] / "fixtures" / "openai"
PACKAGE = Path(__file__).parents[3] / "plugins" / "groq"
BIG, SMALL, SEES, OLDER_QWEN = (
    "openai/gpt-oss-120b",
    "openai/gpt-oss-20b",
    "qwen/qwen3.8-27b",
    "qwen/qwen3.6-27b",
)
SCHEMA = {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}
USER_ID = json.dumps({"device_id": "d", "session_id": "s"})
NEVER = {
    *("frequency_penalty", "logit_bias", "logprobs", "max_tokens", "metadata", "n"),
    *("presence_penalty", "prompt_cache_key", "safety_identifier", "store", "top_k"),
    *("top_logprobs", "user", "service_tier", "thinking", "reasoning"),
}


@pytest.fixture(scope="module")
def groq() -> BoundProvider:
    (bound,) = load_plugins(["groq"]).providers
    return bound


def translated(
    groq: BoundProvider, asked: Json, model: str = BIG, ledger: Ledger | None = None
) -> UpstreamRequest:
    target = at(groq.provider, model)
    parsed = parse(json.dumps(asked).encode())
    return groq.translate_request(parsed, target, Ledger() if ledger is None else ledger)


def sent(groq: BoundProvider, asked: Json, model: str = BIG, ledger: Ledger | None = None) -> Json:
    """The body as it is sent; Groq would take it."""
    upstream = translated(groq, asked, model, ledger)
    assert upstream.path == "/chat/completions"
    body: Json = json.loads(upstream.body)
    check_body(body)
    assert not NEVER & body.keys()
    return body


# -- the card ------------------------------------------------------------------------------


def test_the_card(groq: BoundProvider) -> None:
    card = groq.provider
    assert (card.name, card.base_url) == ("groq", "https://api.groq.com/openai/v1")
    assert card.base_url.endswith(card.base_path)
    assert (card.key_env, card.base_url_env) == (("GROQ_API_KEY",), ("GROQ_BASE_URL",))
    assert (card.big, card.middle, card.small) == (BIG, "", SMALL)
    assert all(facts.source for facts in card.models)


def test_the_models_of_today_are_listed_and_those_of_yesterday_are_not(
    groq: BoundProvider,
) -> None:
    assert set(listed(groq.provider)) == set(LONGEST_ANSWER)


@pytest.mark.parametrize(("model", "most"), LONGEST_ANSWER.items())
def test_limits(groq: BoundProvider, model: str, most: int) -> None:
    facts = at(groq.provider, model).facts
    assert (facts.context_window, facts.max_output_tokens) == (131_072, most)
    assert facts.vision is model.startswith("qwen/")
    ledger = Ledger()
    body = sent(groq, request(user("hi"), max_tokens=10**6), model, ledger)
    assert body["max_completion_tokens"] == most
    assert list(ledger) == [Loss("/max_tokens", LossKind.CLAMPED, Reason.DECLARED_LIMIT)]


def test_the_plugins_page_names_its_models(groq: BoundProvider) -> None:
    page = (PACKAGE / "README.md").read_text(encoding="utf-8")
    assert f"`opus` and `sonnet` are {groq.provider.big}, `haiku` is {groq.provider.small}" in page


# -- reasoning -----------------------------------------------------------------------------

DEPTHS: dict[str, dict[str, str | None]] = {
    BIG: {"low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"},
    SEES: {"low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"},
    OLDER_QWEN: {"low": "default", "medium": "default", "high": "default", "max": "default"},
    COMPOUND[0]: {"low": None, "high": None},
}
CASES = [(model, asked, told) for model, row in DEPTHS.items() for asked, told in row.items()]


@pytest.mark.parametrize(("model", "effort", "told"), CASES)
def test_efforts(groq: BoundProvider, model: str, effort: str, told: str | None) -> None:
    body = sent(groq, request(user("hi"), output_config={"effort": effort}), model)
    assert body.get("reasoning_effort") == told


@pytest.mark.parametrize(
    ("model", "told"), [(BIG, "low"), (SEES, "none"), (OLDER_QWEN, "none"), (COMPOUND[0], None)]
)
def test_no_thinking_as_far_as_the_model_can(
    groq: BoundProvider, model: str, told: str | None
) -> None:
    asked = request(user("hi"), thinking={"type": "disabled"}, output_config={"effort": "high"})
    assert sent(groq, asked, model).get("reasoning_effort") == told


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (BIG, {"include_reasoning": True}),
        (SMALL, {"include_reasoning": True}),
        (SEES, {"reasoning_format": "parsed"}),
        (OLDER_QWEN, {"reasoning_format": "parsed"}),
        (COMPOUND[0], {}),
    ],
)
def test_reasoning_is_asked_for_where_the_model_has_it(
    groq: BoundProvider, model: str, told: Json
) -> None:
    body = sent(groq, request(user("hi")), model)
    assert {name: value for name, value in body.items() if "reasoning" in name} == told
    assert "reasoning_effort" not in body


def test_reasoning_goes_back_in_the_history(groq: BoundProvider) -> None:
    target = at(groq.provider, BIG)
    own = {"type": "thinking", "thinking": "so", "signature": seal(Envelope.of(target))}
    foreign = {"type": "thinking", "thinking": "no", "signature": "EqQBCgIYAhIkZmFrZQ"}
    asked = request(
        user("go"),
        assistant(own, foreign, tool_use("call_1", "Bash", command="ls")),
        user(result("call_1", "a")),
        tools=[tool("Bash")],
    )
    spoken = sent(groq, asked)["messages"][1]
    assert spoken["reasoning"] == "so"
    assert spoken.keys() == {"role", "reasoning", "tool_calls"}


# -- tools, pictures, structure ------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (None, None),
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        (
            {"type": "tool", "name": "Bash", "disable_parallel_tool_use": True},
            {"type": "function", "function": {"name": "Bash"}},
        ),
    ],
)
def test_groq_checks_no_tool_names_unless_one_is_forced(
    groq: BoundProvider, choice: Json | None, told: Any
) -> None:
    asked = request(user("hi"), tools=[tool("Bash")], **({"tool_choice": choice} if choice else {}))
    body = sent(groq, asked)
    assert body.get("tool_choice") == told
    assert body.get("disable_tool_validation", False) is not isinstance(told, dict)
    assert "disable_tool_validation" not in sent(groq, request(user("hi")))


def test_compound_takes_no_tools(groq: BoundProvider) -> None:
    with pytest.raises(Unsupported, match="groq/groq/compound takes no tools"):
        sent(groq, request(user("hi"), tools=[tool("Bash")]), "groq/compound")


@pytest.mark.parametrize(("model", "seen"), [(BIG, False), (SEES, True)])
def test_pictures_reach_those_that_see(groq: BoundProvider, model: str, seen: bool) -> None:
    asked = request(
        user("look", image()),
        assistant(tool_use("call_1", "Bash", command="ls")),
        user(result("call_1", image())),
        tools=[tool("Bash")],
    )
    ledger = Ledger()
    body = sent(groq, asked, model, ledger)
    assert json.dumps(body).count(PIXEL) == (2 if seen else 0)
    reasons = [loss.reason for loss in ledger if loss.reason is Reason.IMAGE_UNSUPPORTED]
    assert bool(reasons) is not seen


@pytest.mark.parametrize("model", [BIG, SEES, "groq/compound"])
@pytest.mark.parametrize("more", [{}, {"tools": [tool("Bash")]}, {"stream": True}])
def test_structured_output(groq: BoundProvider, model: str, more: Json) -> None:
    if model in COMPOUND and "tools" in more:
        return
    body = sent(groq, request(user("hi"), output_config={"format": SCHEMA}, **more), model)
    formed = not more and model not in COMPOUND
    assert ("response_format" in body) is formed
    assert ("JSON Schema" in str(body["messages"][0]["content"])) is not formed


def test_what_is_asked_of_nobody_is_not_sent(groq: BoundProvider) -> None:
    asked = request(
        user("hi"),
        temperature=0.5,
        top_p=0.9,
        top_k=5,
        stop_sequences=["a", "b", "c", "d", "e"],
        metadata={"user_id": USER_ID},
        service_tier="auto",
        stream=True,
    )
    body = sent(groq, asked)
    assert (body["temperature"], body["top_p"], len(body["stop"])) == (0.5, 0.9, 4)
    assert body["stream"] is True
    assert "stream_options" not in body


@given(asked=requests())
@pytest.mark.proof
def test_whatever_is_asked_groq_would_take_it(asked: Json) -> None:
    (bound,) = load_plugins(["groq"]).providers
    for model in (BIG, SEES, OLDER_QWEN):
        sent(bound, asked, model)


def test_the_rules_refuse(groq: BoundProvider) -> None:
    """A rule book that never refuses would prove nothing."""
    body = sent(groq, request(user("hi"), tools=[tool("Bash")], max_tokens=9))
    for changes in (
        {"top_k": 5},
        {"store": False},
        {"prompt_cache_key": "k"},
        {"max_tokens": 5},
        {"max_completion_tokens": 65_537},
        {"reasoning_effort": "none"},
        {"reasoning_format": "parsed"},
        {"response_format": {"type": "json_object"}},
        {"tool_choice": {"type": "function", "function": {"name": "Bash"}}},
        {"model": "moonshotai/kimi-k2-instruct"},
        {"model": "nobody"},
        {"messages": [{"role": "user", "content": "hi", "name": "me"}]},
        {"messages": [{"role": "assistant", "content": "hi", "reasoning_content": "x"}]},
        {"messages": [{"role": "assistant", "content": "hi", "tool_calls": None}]},
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": ""}}]}
            ]
        },
    ):
        with pytest.raises(RefusedError):
            check_body(body | changes)


# -- answers -------------------------------------------------------------------------------


def streamed(groq: BoundProvider, asked: Json, data: bytes, model: str = BIG) -> Json:
    sink = EventSink()
    writer = MessageWriter(sink, WriterOptions(message_id="msg_1", model="claude-x"))
    stream = groq.open_stream(translated(groq, asked, model), writer, Ledger())
    for event in SseDecoder().feed(data):
        stream.feed(event)
    stream.close(True)
    writer.end()
    events = parse_events(sink.take())
    check_events(events)
    return fold(events)


READ = request(user("hi"), tools=[tool("Read"), tool("Bash")], stream=True)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("04-groq-xgroq-usage-whole-call.jsonl", ["thinking", "tool_use"]),
        ("16-groq-tool-use-failed-mid-stream.sse", ["text", "tool_use"]),
        ("32-gptoss-name-suffix.jsonl", ["tool_use"]),
    ],
)
def test_fixtures_with_calls(groq: BoundProvider, name: str, kinds: list[str]) -> None:
    path = FIXTURES / name
    text = path.read_text(encoding="utf-8")
    data = text.encode() if path.suffix == ".sse" else sse(text.splitlines())
    message = streamed(groq, READ, data)
    assert [block["type"] for block in message["content"]] == kinds
    assert message["content"][-1]["name"] == "Read"
    assert message["stop_reason"] == "tool_use"


def test_kimi_on_groq_leaks_and_is_read(groq: BoundProvider) -> None:
    lines = (FIXTURES / "21-kimi-special-token-leak.jsonl").read_text(encoding="utf-8").splitlines()
    message = streamed(groq, READ, sse(lines), "moonshotai/kimi-k2-instruct-0905")
    assert [block["type"] for block in message["content"]] == ["text", "tool_use", "tool_use"]


def test_a_whole_answer_with_an_empty_list_for_content(groq: BoundProvider) -> None:
    message = {"role": "assistant", "content": [], "reasoning": "Hm."}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    sink = MessageSink()
    writer = MessageWriter(sink, WriterOptions(message_id="msg_1", model="claude-x"))
    upstream = translated(groq, request(user("hi")))
    groq.translate_response(upstream, json.dumps(body).encode(), writer, Ledger())
    writer.end()
    assert [block["type"] for block in json.loads(sink.json())["content"]] == ["thinking"]


def test_the_usage_of_the_last_chunk_is_counted_once(groq: BoundProvider) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "queue_time": 0.1}
    payloads = [
        chunk({"content": "Hi."}, x_groq={"id": "req_1"}),
        chunk({}, "stop", x_groq={"id": "req_1", "usage": usage, "seed": 7}),
        {**chunk(), "choices": [], "usage": usage},
    ]
    told = streamed(groq, request(user("hi"), stream=True), sse(payloads))["usage"]
    assert (told["input_tokens"], told["output_tokens"]) == (9, 4)


# -- errors --------------------------------------------------------------------------------


def verdict(
    groq: BoundProvider, status: int | None, body: object, model: str = BIG
) -> ErrorVerdict:
    kind = FailureKind.STATUS if status else FailureKind.STREAM
    failure = UpstreamFailure(kind=kind, status=status, body=json.dumps(body).encode())
    found = groq.classify_error(failure, at(groq.provider, model))
    assert found is not None
    return found


def error(message: str, code: str | None = None, kind: str = "invalid_request_error") -> Json:
    return {"error": {"message": message, "type": kind, **({"code": code} if code else {})}}


ROWS: list[Json] = [
    row
    for row in map(
        json.loads, (FIXTURES / "50-errors.jsonl").read_text(encoding="utf-8").splitlines()
    )
    if row["provider"] == "groq"
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_no_organisation_is_named(groq: BoundProvider, row: Json) -> None:
    found = verdict(groq, row["status"], row["body"])
    assert "org_" not in found.message
    assert "failed_generation" not in found.message or "See 'failed_generation'" in found.message


def test_a_request_above_the_tokens_per_minute_is_told_from_a_throttle(
    groq: BoundProvider,
) -> None:
    rows = {row["name"]: verdict(groq, row["status"], row["body"]) for row in ROWS}
    alone, throttle = rows["groq-too-large-tpm"], rows["groq-413-window-used"]
    assert alone.about is About.CONTEXT_OVERFLOW
    assert alone.message == "prompt is too long: 10013 tokens > 8000 maximum"
    assert (alone.status, alone.retryable) == (400, False)
    assert throttle.about is About.RATE_LIMIT
    assert (throttle.status, throttle.retryable, throttle.retry_after) == (429, True, 4.2)


@pytest.mark.parametrize(
    ("status", "body", "shown", "kind", "retryable"),
    [
        (400, error("bad field"), 400, "invalid_request_error", False),
        (401, error("Invalid API Key", "invalid_api_key"), 401, "authentication_error", False),
        (403, error("Access denied. Please check your network"), 403, "permission_error", False),
        (
            404,
            error("The model `x` does not exist", "model_not_found"),
            404,
            "not_found_error",
            False,
        ),
        (413, error("Request Entity Too Large"), 413, "request_too_large", False),
        (422, error("hallucination"), 400, "invalid_request_error", False),
        (424, error("Failed Dependency"), 400, "invalid_request_error", False),
        (
            429,
            error("Please try again in 7.66s", "rate_limit_exceeded"),
            429,
            "rate_limit_error",
            True,
        ),
        (498, error("Flex tier capacity exceeded", "capacity_exceeded"), 503, "api_error", True),
        (500, error("oops", kind="internal_server_error"), 500, "api_error", True),
        (502, "<html>bad gateway</html>", 502, "api_error", True),
        (503, error("Service unavailable", kind="service_unavailable"), 503, "api_error", True),
        (None, {"error": "over_capacity"}, 503, "api_error", True),
    ],
)
def test_the_table_of_errors(
    groq: BoundProvider, status: int | None, body: object, shown: int, kind: str, retryable: bool
) -> None:
    found = verdict(groq, status, body)
    assert (found.status, found.type, found.retryable) == (shown, kind, retryable)
    assert found.repair == (Repair() if status == 422 else None)


def test_an_answer_that_does_not_fit_the_window_is_an_overflow(groq: BoundProvider) -> None:
    words = "Please reduce the length of the messages or completion."
    found = verdict(groq, 400, error(words))
    assert found.about is About.CONTEXT_OVERFLOW
    assert found.message.startswith("prompt is too long")


def test_a_model_that_was_shut_down_is_named(groq: BoundProvider) -> None:
    (row,) = (row for row in ROWS if row["name"] == "groq-decommissioned")
    found = verdict(groq, 400, row["body"])
    assert found.about is About.MODEL
    assert "llama-3.3-70b-versatile" in found.message


def test_a_target_of_the_plugin_is_its_own(groq: BoundProvider) -> None:
    target: Target = at(groq.provider, SMALL)
    assert target.name == "groq/openai/gpt-oss-20b"
    assert EFFORTS[target.model] == target.facts.efforts
