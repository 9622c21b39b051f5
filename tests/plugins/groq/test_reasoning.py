"""How deep each of Groq's models is told to think, and how thoughts go back."""

from __future__ import annotations

import pytest

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.bound import BoundProvider
from proxy_core.routing.directory import at
from tests.e2e.groq_rules import COMPOUND
from tests.plugins.groq.models import BIG, OLDER_QWEN, SEES, SMALL, sent
from tests.support.chat_answers import Json
from tests.support.chat_requests import assistant, request, result, tool, user
from tests.support.chat_requests import call as tool_use

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
