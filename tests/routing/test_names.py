"""Where model names go. B27 to B29 and B31 are rows of the cases the project grew from."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.contract import Provider
from proxy_core.routing import UnknownModel
from tests.routing.routers import (
    ANTHROPIC,
    BIG,
    CUSTOM,
    GROQ,
    MIDDLE,
    OPENAI,
    SMALL,
    XAI,
    router,
    went,
)

NAMES = {
    # families, whatever surrounds the word
    "claude-opus-5-5": BIG,
    "claude-opus-4-8": BIG,
    "claude-opus-4-6": BIG,
    "claude-opus-4-1-20250805": BIG,
    "claude-opus-4-20250514": BIG,
    "claude-3-opus-20240229": BIG,
    "claude-3-opus-latest": BIG,
    "claude-opus-5-5[1m]": BIG,
    "Claude-Opus-5": BIG,
    "opus": BIG,
    "opus[1m]": BIG,
    "claude-fable-5": BIG,
    "claude-fable-5-2": BIG,
    "fable": BIG,
    "claude-mythos-1": BIG,
    "mythos": BIG,
    "claude-sonnet-5-5": MIDDLE,
    "claude-sonnet-5": MIDDLE,
    "claude-sonnet-4-5-20250929": MIDDLE,
    "claude-sonnet-4-6[1m]": MIDDLE,
    "claude-3-7-sonnet-20250219": MIDDLE,
    "claude-3-5-sonnet-latest": MIDDLE,
    "sonnet": MIDDLE,
    "sonnet[1m]": MIDDLE,
    "claude-haiku-5-5": SMALL,
    "claude-haiku-4-5-20251001": SMALL,
    "claude-3-5-haiku-20241022": SMALL,
    "claude-3-haiku-20240307": SMALL,
    "haiku": SMALL,
    # the same names as other platforms write them
    "anthropic.claude-opus-4-6-v1:0": BIG,
    "us.anthropic.claude-opus-4-6-v1:0": BIG,
    "eu.anthropic.claude-sonnet-4-5-20250929-v1:0": MIDDLE,
    "global.anthropic.claude-haiku-4-5-20251001-v1:0": SMALL,
    "apac.anthropic.claude-3-5-sonnet-20241022-v2:0": MIDDLE,
    "vertex_ai/claude-opus-4-6": BIG,
    "vertex_ai/claude-sonnet-4-5@20250929": MIDDLE,
    "claude-opus-4-1@20250805": BIG,
    "bedrock/us.anthropic.claude-3-haiku-20240307-v1:0": SMALL,
    "anthropic/claude-sonnet-4.5": MIDDLE,
    "anthropic/claude-haiku-4.5": SMALL,
    "databricks-claude-opus-4": BIG,
    # a Claude of no known family
    "claude-2.1": BIG,
    "claude-instant-1.2": BIG,
    "claude-saga-7": BIG,
    "anthropic.claude-v2:1": BIG,
    "claude-opusculum-1": BIG,
    # real ids
    "gpt-5.4": "openai/gpt-5.4",
    "gpt-5.4-mini": "openai/gpt-5.4-mini",
    "gpt-5.9-preview": "openai/gpt-5.9-preview",
    "o3": "openai/o3",
    "llama-3.3-70b-versatile": "groq/llama-3.3-70b-versatile",
    "openai/gpt-oss-120b": "openai/gpt-oss-120b",
    "grok-4.20": "xai/grok-4.20",
    "grok-9": "xai/grok-9",
    "gpt-5.4[1m]": "openai/gpt-5.4",
    # explicit providers
    "openai/gpt-5.4": "openai/gpt-5.4",
    "openai/never-heard-of": "openai/never-heard-of",
    "OpenAI/o3": "openai/o3",
    "openai/gpt-5.4[1m]": "openai/gpt-5.4",
    "groq/openai/gpt-oss-120b": "groq/openai/gpt-oss-120b",
    "groq/moonshotai/kimi-k2-instruct": "groq/moonshotai/kimi-k2-instruct",
    "groq/compound": "groq/groq/compound",
    "groq/groq/compound": "groq/groq/compound",
    "xai/grok-4.20": "xai/grok-4.20",
    "grok/grok-4.20": "xai/grok-4.20",
    "custom/qwen3:32b": "custom/qwen3:32b",
    "xai/claude-opus-5": "xai/claude-opus-5",
}


@pytest.mark.parametrize(("name", "target"), NAMES.items())
def test_without_a_table_names_go_where_the_cards_say(name: str, target: str) -> None:
    found = router(OPENAI, GROQ, XAI, CUSTOM)
    assert went(found, name) == target
    assert found.route(name).why


UNKNOWN = [
    *("gpt-4.1", "kimi-k2", "mistral-large", "", "/", "openai/", "/gpt-5.4", "unknown/model"),
    *("moonshot/kimi-k3", "clauded-opus-1", "opus-magnum", "preclaude", "sonnets", "claudia-opus"),
]


@pytest.mark.parametrize("name", UNKNOWN)
def test_other_names_are_unknown_and_the_error_lists_what_is_known(name: str) -> None:
    with pytest.raises(UnknownModel) as caught:
        router(OPENAI, CUSTOM).route(name)
    message = str(caught.value)
    assert message.startswith(f"model: {name!r} is served by no provider here; ask for one of: ")
    assert "claude-opus" in message
    assert "openai/gpt-5.4" in message


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_default_takes_what_is_unknown(name: str) -> None:
    assert went(router(OPENAI, models={"default": "o3"}), name) == "openai/o3"


def test_a_default_takes_unknown_claude_families_but_no_known_one() -> None:
    found = router(OPENAI, models={"default": "o3"})
    assert went(found, "claude-saga-7") == "openai/o3"
    assert went(found, "claude-opus-5") == BIG


def test_a_hostile_name_is_shown_short_and_quoted() -> None:
    with pytest.raises(UnknownModel) as caught:
        router(OPENAI).route("x\r\n" * 100_000)
    assert len(str(caught.value)) < 1500
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["claude-opus-4-6", "claude-fable-5"])
def test_b27_b28_opus_and_families_to_come_are_mapped(name: str) -> None:
    assert went(router(GROQ), name) == "groq/openai/gpt-oss-120b"


@pytest.mark.parametrize("cards", [(GROQ,), (GROQ, OPENAI), (OPENAI, GROQ)])
def test_b29_an_id_with_a_vendors_name_stays_with_its_provider(cards: Sequence[Provider]) -> None:
    found = router(*cards, preferred="groq", models={"opus": "openai/gpt-oss-120b"})
    assert went(found, "claude-opus-4-6") == "groq/openai/gpt-oss-120b"


def test_b29_an_id_of_an_unregistered_vendor_is_an_id_at_the_preferred_provider() -> None:
    found = router(GROQ, models={"opus": "moonshotai/kimi-k2-instruct"})
    assert went(found, "claude-opus-4-6") == "groq/moonshotai/kimi-k2-instruct"


def test_b31_a_target_carries_the_address_of_its_own_provider() -> None:
    found = router(GROQ, OPENAI, preferred="openai")
    (target,) = found.route("claude-opus-4-6").targets
    assert target.provider is OPENAI
    (target,) = found.route("llama-3.3-70b-versatile").targets
    assert target.provider is GROQ


def test_without_providers_everything_is_unknown() -> None:
    found = router(models={"opus": "o3", "mine": "o3"})
    assert found.names() == []
    assert found.providers == ()
    for name in ("claude-opus-5", "mine", "gpt-5.4"):
        with pytest.raises(UnknownModel, match="no provider is loaded"):
            found.route(name)


PIECES = ["claude", "opus", "haiku", "gpt-5.4", "groq", "openai", "/", "-", ".", "[1m]", "x"]


@given(st.lists(st.sampled_from(PIECES), max_size=7).map("".join), st.booleans())
def test_every_name_is_served_or_refused_and_always_alike(name: str, with_default: bool) -> None:
    table = {"default": "o3"} if with_default else {}
    first, second = (router(OPENAI, GROQ, XAI, models=table) for _ in range(2))
    try:
        route = first.route(name)
    except UnknownModel:
        assert not with_default
        with pytest.raises(UnknownModel):
            second.route(name)
        return
    assert route == second.route(name) == first.route(name)
    assert route.why
    assert route.targets
    assert all(target.model for target in route.targets)


@pytest.mark.parametrize("name", ["CLAUDE-OPUS-5", "Claude-Opus-5", "claude-opus-5"])
def test_claudes_names_lead_to_one_place_in_any_case(name: str) -> None:
    assert went(router(GROQ, ANTHROPIC), name) == "anthropic/claude-opus-5"
    assert went(router(GROQ, ANTHROPIC), f"groq/{name}") == f"groq/{name}"
    assert went(router(GROQ, ANTHROPIC, models={"CLAUDE-OPUS-5": "groq/x"}), "CLAUDE-OPUS-5") == (
        "groq/x"
    )
