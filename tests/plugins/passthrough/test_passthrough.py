"""The cards: Anthropic itself untouched, each vendor spared what it does not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.request import parse
from proxy_core.bound import BoundProvider
from proxy_core.contract import About, ErrorVerdict, FailureKind, UpstreamFailure
from proxy_core.ledger import Ledger, Reason
from proxy_core.plugins import load_plugins
from proxy_core.routing import Router
from proxy_core.routing.directory import at
from proxy_core.settings import Settings
from tests.support.claude_code import FOLDER

BOUND = {bound.provider.name: bound for bound in load_plugins(["passthrough"]).providers}
VENDORS = sorted(set(BOUND) - {"anthropic"})
MAIN_TURN = (FOLDER / "main_turn.json").read_bytes()
LATER_TURN = (FOLDER / "tool_search_loaded_tool_used.json").read_bytes()

Json = dict[str, Any]


def sent(name: str, body: bytes | Json, model: str = "m", ledger: Ledger | None = None) -> Json:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    target = at(BOUND[name].provider, model)
    made = BOUND[name].translate_request(parse(raw), target, Ledger() if ledger is None else ledger)
    told: Json = json.loads(made.body)
    return told


def hello(**fields: Any) -> Json:
    return {
        "model": "x",
        "max_tokens": 9,
        "messages": [{"role": "user", "content": "hi"}],
        **fields,
    }


# -- Anthropic ---------------------------------------------------------------------------------


def test_anthropic_comes_first_and_is_shown_its_key_as_it_wants_it() -> None:
    card = next(iter(BOUND.values())).provider
    assert card.name == "anthropic"
    assert (card.key_header, card.key_scheme) == ("x-api-key", "")
    assert card.key_env == ("PASSTHROUGH_API_KEY", "ANTHROPIC_API_KEY")


@pytest.mark.parametrize("body", [MAIN_TURN, LATER_TURN])
def test_a_request_to_anthropic_keeps_every_byte(body: bytes) -> None:
    bound = BOUND["anthropic"]
    model = json.loads(body)["model"]
    asked = msgspec.structs.replace(
        parse(body),
        query="beta=true",
        headers={"anthropic-beta": "a,b", "x-app": "cli", "user-agent": "claude-cli/2"},
    )
    made = bound.translate_request(asked, at(bound.provider, model), Ledger())
    assert made.body == body
    assert made.path == "/v1/messages?beta=true"
    assert dict(made.headers) == asked.headers


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("anthropic/claude-sonnet-4-6", "claude-sonnet-4-6"),
        ("claude-of-tomorrow", "claude-of-tomorrow"),
        ("opus", "claude-opus-5-5"),
        ("claude-opus", "claude-opus-5-5"),  # as the list of models offers it
        ("claude-via-claude-opus", "claude-opus-5-5"),
        ("claude-sonnet[1m]", "claude-sonnet-5-5"),
        ("haiku", "claude-haiku-5-5"),
    ],
)
def test_claude_models_keep_their_names(name: str, model: str) -> None:
    target = Router(list(BOUND.values())).route(name).targets[0]
    assert (target.provider.name, target.model) == ("anthropic", model)


@pytest.mark.parametrize(
    ("name", "window", "longest"),
    [
        ("claude-haiku-4-5-20251001", 200_000, 64_000),
        ("claude-opus-4-5", 200_000, 64_000),
        ("claude-sonnet-4-5-20250929", 200_000, 64_000),
        ("claude-opus-5-5", 1_000_000, 128_000),
        ("claude-fable-5", 1_000_000, 128_000),
        ("claude-sonnet-4-6", 1_000_000, None),
    ],
)
def test_claude_models_are_listed_with_their_limits(
    name: str, window: int, longest: int | None
) -> None:
    target = Router(list(BOUND.values())).route(name).targets[0]
    assert (target.facts.context_window, target.max_output_tokens) == (window, longest)


# -- vendors -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VENDORS)
def test_no_vendor_gets_what_only_anthropic_knows(name: str) -> None:
    ledger = Ledger()
    body = sent(name, LATER_TURN, ledger=ledger)
    text = json.dumps(body)
    for word in ("context_management", "defer_loading", "tool_reference", "billing-header"):
        assert f'"{word}' not in text, word
    assert {message["role"] for message in body["messages"]} <= {"user", "assistant"}
    assert "DeferredToolPlaceholder" not in [tool["name"] for tool in body["tools"]]
    assert not ledger.meaningful(), ledger.meaningful()


@pytest.mark.parametrize("name", VENDORS)
def test_no_vendor_sees_anothers_thinking(name: str) -> None:
    foreign = seal(Envelope("groq", "m", state=b"secret"))
    call = {"type": "tool_use", "id": "t", "name": "Read", "input": {}}
    thoughts = [
        {"type": "thinking", "thinking": "hm", "signature": one}
        for one in ("EqRkAnthropic", foreign)
    ]
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t"}]}
    said = [hello()["messages"][0], {"role": "assistant", "content": [*thoughts, call]}, result]
    text = json.dumps(sent(name, hello(messages=said)))
    assert "EqRkAnthropic" not in text
    assert foreign not in text
    assert '"hm"' not in text


@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor_is_asked_for_a_version_and_no_betas(name: str) -> None:
    bound = BOUND[name]
    asked = msgspec.structs.replace(
        parse(json.dumps(hello()).encode()),
        headers={"anthropic-beta": "a", "anthropic-version": "2026-10-21", "x-stainless-os": "x"},
    )
    made = bound.translate_request(asked, at(bound.provider, "m"), Ledger())
    assert "anthropic-beta" not in dict(made.headers)
    assert "x-stainless-os" not in dict(made.headers)
    assert dict(made.headers)["anthropic-version"] == "2026-10-21"
    assert bound.provider.headers["anthropic-version"] == "2023-06-01"


TOOL = {"type": "custom", "name": "Read", "input_schema": {"type": "object"}}
EPHEMERAL = {"type": "ephemeral", "ttl": "1h"}


def test_deepseek() -> None:
    asked = hello(tools=[TOOL])
    asked["messages"] += [{"role": "assistant", "content": "a"}, {"role": "user", "content": "b"}]
    body = sent("deepseek-anthropic", asked)
    assert body["tools"] == [{"name": "Read", "input_schema": {"type": "object"}}]
    filler = {"type": "thinking", "thinking": " ", "signature": ""}
    assert body["messages"][1]["content"] == [filler, {"type": "text", "text": "a"}]
    assert BOUND["deepseek-anthropic"].provider.key_header == "x-api-key"


@pytest.mark.parametrize(
    ("name", "asked", "told"),
    [
        ("deepseek-anthropic", "low", "low"),
        ("deepseek-anthropic", "medium", "high"),
        ("deepseek-anthropic", "high", "high"),
        ("deepseek-anthropic", "xhigh", "high"),
        ("deepseek-anthropic", "max", "max"),
        ("kimi-code", "medium", "high"),
        ("kimi-code", "xhigh", "max"),
    ],
)
def test_efforts_as_the_vendor_means_them(name: str, asked: str, told: str) -> None:
    body = sent(name, hello(output_config={"effort": asked}), "k3")
    assert body["output_config"] == {"effort": told}


@pytest.mark.parametrize(
    ("model", "asked", "told"),
    [
        ("MiniMax-M2.7", "adaptive", "disabled"),
        ("MiniMax-M2.7", None, "disabled"),
        ("MiniMax-M3", "disabled", "adaptive"),
        ("MiniMax-M3", "enabled", "enabled"),
    ],
)
def test_minimax(model: str, asked: str | None, told: str) -> None:
    fields = {"thinking": {"type": asked}} if asked else {}
    assert sent("minimax", hello(**fields), model)["thinking"]["type"] == told


def test_fireworks_takes_no_cache_control_on_tools() -> None:
    text = [{"type": "text", "text": "x", "cache_control": EPHEMERAL}]
    body = sent(
        "fireworks-anthropic", hello(tools=[{**TOOL, "cache_control": EPHEMERAL}], system=text)
    )
    assert "cache_control" not in body["tools"][0]
    assert body["system"][0]["cache_control"] == {"type": "ephemeral"}


def test_ollama() -> None:
    asked = hello(
        tools=[TOOL],
        tool_choice={"type": "any"},
        metadata={"user_id": "u"},
        cache_control=EPHEMERAL,
        system=[{"type": "text", "text": "x", "cache_control": EPHEMERAL}],
    )
    body = sent("ollama-anthropic", asked)
    assert not {"tool_choice", "metadata", "cache_control"} & set(body)
    assert "cache_control" not in json.dumps(body)
    bound = BOUND["ollama-anthropic"]
    request = parse(json.dumps(hello()).encode())
    assert bound.count_tokens(request, at(bound.provider, "m")) is None


PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
REPORT = {"type": "document", "title": "Report", "source": PDF}


@pytest.mark.parametrize("name", ["ollama-anthropic", "vllm-anthropic"])
def test_what_local_servers_cannot_read_is_told_in_words(name: str) -> None:
    call = {"type": "tool_use", "id": "t", "name": "Read", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [REPORT]}
    said = [
        {"role": "user", "content": [REPORT]},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    ledger = Ledger()
    messages = sent(name, hello(messages=said), ledger=ledger)["messages"]
    assert messages[0]["content"][0]["text"].startswith("Document: Report")
    assert messages[2]["content"][0]["content"][0]["type"] == "text"
    assert [loss.reason for loss in ledger] == [Reason.DOCUMENT_UNSUPPORTED] * 2


def test_ollama_fetches_no_images() -> None:
    sources = (
        {"type": "url", "url": "https://a.example/x.png"},
        {"type": "base64", "media_type": "image/png", "data": "aGk="},
    )
    shown = [{"type": "image", "source": source} for source in sources]
    said = [{"role": "user", "content": shown}]
    content = sent("ollama-anthropic", hello(messages=said))["messages"][0]["content"]
    assert [block["type"] for block in content] == ["text", "image"]
    assert "https://a.example/x.png" in content[0]["text"]


def test_kimi_code_is_told_which_client_asks() -> None:
    bound = BOUND["kimi-code"]
    asked = msgspec.structs.replace(
        parse(json.dumps(hello()).encode()), headers={"user-agent": "claude-cli/2"}
    )
    made = bound.translate_request(asked, at(bound.provider, "k3"), Ledger())
    assert dict(made.headers)["user-agent"] == "claude-cli/2"


def test_a_format_that_is_lost_with_the_effort_is_told() -> None:
    ledger = Ledger()
    schema = {"type": "json_schema", "schema": {"type": "object"}}
    sent("zai-anthropic", hello(output_config={"format": schema}), ledger=ledger)
    assert [loss.reason for loss in ledger.meaningful()] == [Reason.STRUCTURED_OUTPUT]


# -- errors ------------------------------------------------------------------------------------


def read(bound: BoundProvider, status: int, body: Any) -> ErrorVerdict:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=status, body=raw)
    verdict = bound.classify_error(failure, at(bound.provider, "m"))
    assert verdict is not None
    return verdict


def error(kind: str, message: str) -> Json:
    return {"type": "error", "error": {"type": kind, "message": message}}


def test_anthropics_errors_are_its_own() -> None:
    told = error("invalid_request_error", "prompt is too long: 210 tokens > 200 maximum")
    verdict = read(BOUND["anthropic"], 400, told)
    assert verdict.body == json.dumps(told).encode()
    assert verdict.about is About.CONTEXT_OVERFLOW


@pytest.mark.parametrize(
    ("status", "body", "about", "message"),
    [
        (
            400,
            error(
                "invalid_request_error",
                "Invalid request: Your request exceeded model token limit: 262144 "
                "(requested: 269030)",
            ),
            About.CONTEXT_OVERFLOW,
            "prompt is too long: 269030 tokens > 262144 maximum",
        ),
        (
            400,
            {"base_resp": {"status_code": 2013, "status_msg": "context window exceeds limit"}},
            About.CONTEXT_OVERFLOW,
            "prompt is too long",
        ),
        (402, error("billing_error", "Insufficient Balance"), About.QUOTA, "Insufficient Balance"),
    ],
)
def test_a_vendors_words_are_told_in_anthropics(
    status: int, body: Json, about: About, message: str
) -> None:
    verdict = read(BOUND["zai-anthropic"], status, body)
    assert verdict.about is about
    assert message in verdict.message
    assert verdict.body == b""


def test_other_errors_of_vendors_are_passed_on() -> None:
    told = error("overloaded_error", "busy")
    assert read(BOUND["zai-anthropic"], 529, told).body == json.dumps(told).encode()
    assert read(BOUND["zai-anthropic"], 503, b"<html>busy</html>").status == 503


# -- settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "flags", "key"),
    [
        ({"PASSTHROUGH_API_KEY": "p", "ANTHROPIC_API_KEY": "a"}, {}, "p"),
        ({"ANTHROPIC_API_KEY": "a"}, {"plugins": "passthrough"}, "a"),
        ({"ANTHROPIC_API_KEY": "a"}, {"provider": "anthropic"}, "a"),
        ({"ANTHROPIC_API_KEY": "a"}, {}, None),
    ],
)
def test_whose_key_it_is(
    tmp_path: Path, environ: dict[str, str], flags: dict[str, Any], key: str | None
) -> None:
    settings = Settings.load(flags, environ=environ, cwd=tmp_path)
    found = settings.key_for(BOUND["anthropic"].provider)
    assert (found.get_secret_value() if found else None) == key


def test_c15_deepseek_gets_no_effort_for_a_sub_agent_that_is_not_to_think() -> None:
    asked = hello(thinking={"type": "disabled"}, output_config={"effort": "medium"})
    body = sent("deepseek-anthropic", asked)
    assert body["thinking"] == {"type": "disabled"}
    assert "output_config" not in body
