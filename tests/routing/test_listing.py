"""What is known of models: their facts, the list of what can be asked, what is kept."""

from __future__ import annotations

import pytest

from proxy_core.contract import ModelFacts, Provider
from proxy_core.routing import UnknownModel
from tests.routing.routers import BIG, GROQ, OPENAI, XAI, facts, router, went


def test_a_target_has_the_facts_of_its_model_or_neutral_ones() -> None:
    found = router(OPENAI)
    (known,) = found.route("gpt-5.9").targets
    assert known.facts == facts("gpt-5*")[0]
    (unknown,) = found.route("openai/else").targets
    assert unknown.facts == ModelFacts(pattern="else")


def test_names_lists_what_can_be_asked() -> None:
    found = router(GROQ, XAI, models={"fast": "xai/grok-4.20", "default": "xai/grok-x"})
    assert [(name, target.name) for name, target in found.names()] == [
        ("fast", "xai/grok-4.20"),
        ("claude-opus", "groq/openai/gpt-oss-120b"),
        ("claude-sonnet", "groq/openai/gpt-oss-120b"),
        ("claude-haiku", "groq/openai/gpt-oss-20b"),
        ("groq/openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"),
        ("groq/openai/gpt-oss-20b", "groq/openai/gpt-oss-20b"),
        ("groq/groq/compound", "groq/groq/compound"),
        ("groq/llama-3.3-70b-versatile", "groq/llama-3.3-70b-versatile"),
        ("xai/grok-4.20", "xai/grok-4.20"),
        ("xai/grok-x", "xai/grok-x"),
    ]


def test_a_long_list_is_cut_in_the_error() -> None:
    many = Provider(
        name="many",
        base_url="https://m.example",
        models=facts(*(f"model-{number}" for number in range(100))),
    )
    with pytest.raises(UnknownModel, match=r", \.\.\.$"):
        router(many).route("nothing")


def test_what_is_remembered_is_bounded() -> None:
    found = router(OPENAI)
    for number in range(5000):
        found.route(f"openai/model-{number}")
    assert len(found._cache) <= 1024
    assert went(found, "claude-opus-5") == BIG
