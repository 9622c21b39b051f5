"""Which of several providers gets what more than one could serve."""

from __future__ import annotations

import pytest

from proxy_core.contract import Provider
from proxy_core.routing import Entry, Router, UnknownProvider
from tests.routing.routers import ANTHROPIC, BIG, GROQ, OPENAI, XAI, facts, providers, router, went


@pytest.mark.parametrize(
    ("preferred", "expected"),
    [
        (None, "groq/openai/gpt-oss-120b"),
        ("openai", BIG),
        ("OpenAI", BIG),
        ("grok", "xai/grok-4.20"),
    ],
)
def test_the_preferred_provider_serves_names_without_one(
    preferred: str | None, expected: str
) -> None:
    assert went(router(GROQ, OPENAI, XAI, preferred=preferred), "claude-opus-5") == expected


def test_an_unprefixed_entry_is_the_chosen_providers_whatever_others_know() -> None:
    found = router(GROQ, OPENAI, preferred="groq", models={"opus": "gpt-5.4"})
    assert went(found, "opus") == "groq/gpt-5.4"


def test_what_the_first_provider_does_not_know_is_left_to_one_that_does() -> None:
    models = {"opus": "gpt-5.4", "sonnet": "openai/gpt-oss-20b", "haiku": "never-heard-of"}
    found = router(GROQ, OPENAI, models=models)
    assert went(found, "opus") == "openai/gpt-5.4"
    assert went(found, "sonnet") == "groq/openai/gpt-oss-20b"
    assert went(found, "haiku") == "groq/never-heard-of"


def test_nobody_can_say_what_a_server_of_the_users_does_not_know() -> None:
    table = {"opus": [Entry("gpt-5.4")]}
    found = Router(providers(GROQ, OPENAI), table, moved={"groq"})
    assert went(found, "opus") == "groq/gpt-5.4"


@pytest.mark.parametrize(
    ("preferred", "opus", "unknown"),
    [
        (None, "anthropic/claude-opus-5", "anthropic/claude-saga-7"),
        ("anthropic", "anthropic/claude-opus-5", "anthropic/claude-saga-7"),
        ("openai", BIG, BIG),
    ],
)
def test_a_chosen_provider_serves_claudes_names_though_another_has_them(
    preferred: str | None, opus: str, unknown: str
) -> None:
    found = router(OPENAI, ANTHROPIC, preferred=preferred)
    assert went(found, "claude-opus-5") == opus
    assert went(found, "claude-saga-7") == unknown
    assert went(found, "anthropic/claude-opus-5") == "anthropic/claude-opus-5"


def test_a_provider_without_a_key_gets_only_what_is_asked_of_it_by_name() -> None:
    qwen = Provider(name="qwen", base_url="https://q.example", models=facts("qwen*", "qwen/max"))
    sees = GROQ.model_copy(update={"models": (*GROQ.models, *facts("qwen/qwen3.8-27b"))})
    table = {"opus": [Entry("qwen3:32b")], "haiku": [Entry("qwen/qwen3.8-27b")]}
    found = Router(providers(OPENAI, qwen, sees, ANTHROPIC), table, without_key={"qwen"})
    assert went(found, "opus") == "openai/qwen3:32b"
    assert went(found, "haiku") == "groq/qwen/qwen3.8-27b"
    assert went(found, "qwen/other") == "qwen/other"
    assert went(found, "qwen3.8-max") == "qwen/qwen3.8-max"  # nobody else knows it
    found = Router(providers(OPENAI, ANTHROPIC), without_key={"anthropic"})
    assert went(found, "claude-opus-5") == BIG
    assert went(found, "claude-saga-7") == BIG
    found = Router(providers(OPENAI, qwen, sees), table)
    assert went(found, "haiku") == "qwen/qwen3.8-27b"
    assert went(found, "opus") == "qwen/qwen3:32b"


def test_ids_by_vendors_stay_with_a_preferred_provider_that_lists_the_vendors() -> None:
    market = Provider(name="market", base_url="https://m.example", models=facts("openai/*", "*/*"))
    found = router(market, OPENAI, GROQ)
    assert went(found, "openai/gpt-5.4") == "market/openai/gpt-5.4"
    assert went(found, "groq/openai/gpt-oss-20b") == "groq/openai/gpt-oss-20b"
    assert went(router(OPENAI, market), "openai/gpt-5.4") == "openai/gpt-5.4"


def test_an_exact_id_anywhere_comes_before_a_pattern() -> None:
    broad = Provider(name="broad", base_url="https://b.example", models=facts("gpt-*"))
    assert went(router(broad, OPENAI), "gpt-5.4") == "openai/gpt-5.4"
    assert went(router(broad, OPENAI), "gpt-5.9") == "broad/gpt-5.9"
    assert went(router(broad, OPENAI, preferred="openai"), "gpt-5.9") == "openai/gpt-5.9"


def test_preferring_what_is_not_loaded_is_refused() -> None:
    with pytest.raises(UnknownProvider, match=r"'gemini' is preferred.*there is: groq, openai"):
        router(GROQ, OPENAI, preferred="gemini")
