"""What the user's own table of models does to the way of a name."""

from __future__ import annotations

import pytest

from proxy_core.contract import ModelOptions
from proxy_core.routing import Entry, Router, UnknownModel
from tests.routing.routers import (
    ANTHROPIC,
    BIG,
    CUSTOM,
    GROQ,
    MIDDLE,
    OPENAI,
    SMALL,
    XAI,
    providers,
    router,
    went,
)


def test_an_exact_entry_comes_first() -> None:
    found = router(
        OPENAI,
        GROQ,
        models={"claude-opus-5": "groq/openai/gpt-oss-20b", "gpt-5.4": "o3", "opus": "gpt-5.4"},
    )
    assert went(found, "claude-opus-5") == "groq/openai/gpt-oss-20b"
    assert went(found, "gpt-5.4") == "openai/o3"
    assert went(found, "claude-opus-5-5") == "openai/gpt-5.4"


@pytest.mark.parametrize("name", [" gpt-5.4", "gpt-5.4 ", "\tgpt-5.4[1m]\n", " openai/gpt-5.4 "])
def test_blanks_around_a_name_are_not_of_the_name(name: str) -> None:
    assert went(router(GROQ, OPENAI), name) == "openai/gpt-5.4"
    assert (
        went(router(GROQ, OPENAI, models={"gpt-5.4": "openai/o3"}), name.replace("openai/", ""))
        == "openai/o3"
    )


def test_an_entry_may_name_the_long_context_on_its_own() -> None:
    found = router(OPENAI, models={"claude-opus-5[1m]": "o3", "claude-opus-5": "gpt-5.4-mini"})
    assert went(found, "claude-opus-5[1m]") == "openai/o3"
    assert went(found, "claude-opus-5") == "openai/gpt-5.4-mini"


def test_an_entry_may_be_a_chain_with_options() -> None:
    options = ModelOptions(reasoning_effort="low", max_tokens=16000)
    table = {"fast": [Entry("groq/openai/gpt-oss-20b", options), Entry("o3")]}
    first, second = Router(providers(OPENAI, GROQ), table).route("fast").targets
    assert (first.name, first.options) == ("groq/openai/gpt-oss-20b", options)
    assert (second.name, second.options) == ("openai/o3", ModelOptions())


@pytest.mark.parametrize(
    ("models", "opus", "sonnet", "haiku"),
    [
        ({}, BIG, MIDDLE, SMALL),
        ({"opus": "o3"}, "openai/o3", "openai/o3", SMALL),
        ({"sonnet": "o3"}, BIG, "openai/o3", SMALL),
        ({"haiku": "o3"}, BIG, MIDDLE, "openai/o3"),
        ({"opus": "o3", "sonnet": "o4"}, "openai/o3", "openai/o4", SMALL),
    ],
)
def test_middle_falls_back_to_the_users_big(
    models: dict[str, str], opus: str, sonnet: str, haiku: str
) -> None:
    found = router(OPENAI, models=models)
    names = ("claude-opus-5", "claude-sonnet-5", "claude-haiku-5")
    assert tuple(went(found, name) for name in names) == (opus, sonnet, haiku)


@pytest.mark.parametrize("name", ["claude-opus-5", "claude-sonnet-5", "claude-haiku-5"])
def test_a_card_with_one_model_serves_every_family(name: str) -> None:
    assert went(router(XAI), name) == "xai/grok-4.20"
    assert went(router(CUSTOM, models={"opus": "local"}), name) == "custom/local"


def test_a_card_without_models_serves_no_family() -> None:
    found = router(CUSTOM)
    for name in ("claude-opus-5", "claude-haiku-5", "claude-2.1"):
        with pytest.raises(UnknownModel):
            found.route(name)
    assert went(found, "custom/anything") == "custom/anything"


def test_families_of_a_vendor_that_has_them_stay_there_unless_the_user_says_otherwise() -> None:
    assert went(router(GROQ, ANTHROPIC), "claude-opus-5") == "anthropic/claude-opus-5"
    found = router(GROQ, ANTHROPIC, models={"opus": "openai/gpt-oss-120b"})
    assert went(found, "claude-opus-5") == "groq/openai/gpt-oss-120b"
    assert went(found, "claude-haiku-5") == "anthropic/claude-haiku-5"
    assert went(found, "anthropic/claude-opus-5") == "anthropic/claude-opus-5"
