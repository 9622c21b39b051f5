"""Tools and settings of a request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy_core.contract import ModelOptions, Unsupported
from proxy_core.ledger import LossKind, Reason
from tests.plugins.openai.responses.items import send
from tests.support.chat_requests import Json, request, tool, user
from tests.support.responses import target


def test_tools_are_flat_and_never_strict() -> None:
    sent = send(request(user("x"), tools=[tool("Bash", strict=True)]))
    assert sent.body["tools"] == [
        {
            "type": "function",
            "name": "Bash",
            "description": "Does Bash.",
            "parameters": {"type": "object", "properties": {"command": {"type": "string"}}},
            "strict": False,
        }
    ]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "Bash"}, {"type": "function", "name": "Bash"}),
    ],
)
def test_b15_b17_choices(choice: Json, expected: Any) -> None:
    sent = send(request(user("x"), tools=[tool("Bash")], tool_choice=choice))
    assert sent.body["tool_choice"] == expected
    alone = choice | {"disable_parallel_tool_use": True}
    sent = send(request(user("x"), tools=[tool("Bash")], tool_choice=alone))
    assert sent.body["parallel_tool_calls"] is False


def test_structured_output_is_the_format_of_the_text() -> None:
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    wanted = {"format": {"type": "json_schema", "schema": schema}}
    sent = send(request(user("x"), output_config=wanted))
    form = {"type": "json_schema", "name": "output", "schema": schema, "strict": True}
    assert sent.body["text"] == {"format": form}
    loose = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    assert send(request(user("x"), output_config=loose)).body["text"]["format"]["strict"] is False


@pytest.mark.parametrize(
    ("model", "fields", "expected"),
    [
        ("gpt-6.1-terra", {"output_config": {"effort": "xhigh"}}, ("xhigh", True)),
        ("gpt-5.5", {"output_config": {"effort": "max"}}, ("xhigh", True)),
        (
            "gpt-6.1-terra",
            {"thinking": {"type": "enabled", "budget_tokens": 9000}},
            ("medium", True),
        ),
        ("gpt-6.1-terra", {"thinking": {"type": "adaptive"}}, (None, True)),
        ("gpt-6.1-terra", {"thinking": {"type": "disabled"}}, ("none", False)),
        ("gpt-6.1-sol", {"thinking": {"type": "disabled"}}, ("low", False)),
        ("gpt-6.1-sol", {"thinking": {"type": "adaptive", "display": "omitted"}}, (None, False)),
        ("gpt-7-nova", {"output_config": {"effort": "high"}}, ("high", True)),
        ("gpt-7-nova", {}, (None, True)),
        ("gpt-4.1", {"output_config": {"effort": "high"}}, None),
        ("gpt-4.1", {"thinking": {"type": "disabled"}}, None),
        ("some-other-model", {}, None),
    ],
)
def test_b10_b11_how_deep_to_think(
    model: str, fields: Json, expected: tuple[str | None, bool] | None
) -> None:
    """The effort, and whether a summary is asked for; nothing for a model that cannot reason."""
    body = send(request(user("x"), **fields), target(model)).body
    if expected is None:
        assert "reasoning" not in body
        assert "include" not in body
        return
    effort, summary = expected
    wanted = {"effort": effort, "summary": "auto" if summary else None}
    assert body.get("reasoning", {}) == {k: v for k, v in wanted.items() if v is not None}
    assert body["include"] == ["reasoning.encrypted_content"]


@pytest.mark.parametrize(("wanted", "sent_as"), [(1, 16), (16, 16), (100, 100), (500_000, 128_000)])
def test_b24_limits(wanted: int, sent_as: int) -> None:
    sent = send(request(user("x")) | {"max_tokens": wanted})
    assert sent.body["max_output_tokens"] == sent_as
    assert (sent.lost("/max_tokens") is not None) == (wanted != sent_as)


def test_sampling_only_where_it_is_taken() -> None:
    fields: Json = {"temperature": 0.5, "top_p": 0.9, "top_k": 5}
    plain = send(request(user("x"), **fields), target("gpt-4.1"))
    assert (plain.body["temperature"], plain.body["top_p"]) == (0.5, 0.9)
    sent = send(request(user("x"), **fields))
    assert {loss.path for loss in sent.losses} == {"/temperature", "/top_p", "/top_k"}


def test_b22_stop_sequences_are_watched_for_here() -> None:
    sent = send(request(user("x"), stop_sequences=["END", ""]))
    assert sent.upstream.stop_sequences == ("END",)
    assert sent.lost("/stop_sequences/0") == (LossKind.DROPPED, Reason.EMULATED)


def test_one_key_for_the_cache_per_session() -> None:
    def key(session: str) -> str:
        user_id = json.dumps({"device_id": "d", "session_id": session})
        body = send(request(user("x"), metadata={"user_id": user_id})).body
        assert session not in json.dumps(body)
        found: str = body["prompt_cache_key"]
        return found

    assert key("session-one") == key("session-one") != key("session-two")
    assert len(key("session-one")) <= 64


def test_the_users_own_fields_come_last() -> None:
    options = ModelOptions(
        reasoning_effort="low", max_tokens=50, extra_body={"service_tier": "flex"}
    )
    sent = send(request(user("x")), target(options=options))
    assert sent.body["service_tier"] == "flex"
    assert sent.body["reasoning"]["effort"] == "low"
    assert sent.body["max_output_tokens"] == 50


def test_what_nobody_else_can_do_is_refused() -> None:
    with pytest.raises(Unsupported):
        send(request(user("x"), mcp_servers=[{"type": "url", "name": "a", "url": "https://a"}]))
