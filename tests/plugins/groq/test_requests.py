"""What is sent to Groq: tools, pictures, structure, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from proxy_core.bound import BoundProvider
from proxy_core.contract import Unsupported
from proxy_core.ledger import Ledger, Reason
from proxy_core.plugins import load_plugins
from proxy_core.testing.strategies.conversations import requests
from tests.e2e.groq_rules import COMPOUND, check_body
from tests.e2e.openai_rules import RefusedError
from tests.plugins.groq.models import BIG, OLDER_QWEN, SEES, sent
from tests.support.chat_answers import Json
from tests.support.chat_requests import PIXEL, assistant, image, request, result, tool, user
from tests.support.chat_requests import call as tool_use

USER_ID = json.dumps({"device_id": "d", "session_id": "s"})
SCHEMA = {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}


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
