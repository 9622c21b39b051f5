"""Gemini as core loads it: its card, its models, its count of tokens."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy_core.anthropic.request import parse
from proxy_core.bound import BoundProvider
from proxy_core.contract import CountCall, ProtocolError
from proxy_core.plugins import load_plugins
from proxy_core.routing.directory import at, listed
from proxy_gemini import plugin
from proxy_gemini.quirks import GeminiQuirks
from tests.support.chat_requests import request, tool, user
from tests.support.gemini import fixture, send, target

PACKAGE = Path(__file__).parents[3] / "plugins" / "gemini"


@pytest.fixture(scope="module")
def gemini() -> BoundProvider:
    (bound,) = load_plugins(["gemini"]).providers
    return bound


def test_the_card(gemini: BoundProvider) -> None:
    card = gemini.provider
    assert (card.name, card.aliases) == ("gemini", ("google",))
    assert card.base_url == "https://generativelanguage.googleapis.com"
    assert card.base_url_env == ("GOOGLE_GEMINI_BASE_URL",)
    assert card.key_env == ("GEMINI_API_KEY", "GOOGLE_API_KEY")
    assert (card.key_header, card.key_scheme) == ("x-goog-api-key", "")
    assert all(facts.source for facts in card.models)


def test_every_row_of_the_table_can_be_reached(gemini: BoundProvider) -> None:
    for facts in gemini.provider.models:
        assert at(gemini.provider, facts.pattern.replace("*", "-9x")).facts == facts


def test_every_row_has_quirks_that_there_are(gemini: BoundProvider) -> None:
    for facts in gemini.provider.models:
        GeminiQuirks.of(at(gemini.provider, facts.pattern.replace("*", "-9x")))


LEVELS = ("low", "medium", "high")


@pytest.mark.parametrize(
    ("model", "window", "output", "efforts", "era"),
    [
        ("gemini-4-carbon", 1_048_576, 65_536, LEVELS, "3"),
        ("gemini-4-hydrogen", 1_048_576, 65_536, (*LEVELS, "xhigh"), "3"),
        ("gemini-3.8-flash", 1_048_576, 65_536, LEVELS, "3"),
        ("gemini-3.5-flash-lite", 1_048_576, 65_536, ("minimal", *LEVELS), "3"),
        ("gemini-3.1-pro-preview", 1_048_576, 65_536, LEVELS, "3"),
        ("gemini-pro-latest", 1_048_576, 65_536, LEVELS, "3"),
        ("gemini-2.5-pro", 1_048_576, 65_536, ("none", *LEVELS), "2.5"),
        ("gemini-2.5-flash-lite-preview", 1_048_576, 65_536, ("none", *LEVELS), "2.5"),
        ("gemini-1.5-pro", 1_048_576, 65_536, (), "2.5"),
        ("gemma-4-26b-a4b-it", 262_144, 32_768, (), "gemma"),
        ("something-else", None, None, None, "3"),
    ],
)
def test_facts_of_models(
    gemini: BoundProvider,
    model: str,
    window: int | None,
    output: int | None,
    efforts: tuple[str, ...] | None,
    era: str,
) -> None:
    found = at(gemini.provider, model)
    facts = found.facts
    assert (facts.context_window, facts.max_output_tokens, facts.efforts) == (
        window,
        output,
        efforts,
    )
    assert GeminiQuirks.of(found).signature_era == era


@pytest.mark.parametrize("tier", ["big", "middle", "small"])
def test_the_defaults_are_known(gemini: BoundProvider, tier: str) -> None:
    assert getattr(gemini.provider, tier) in listed(gemini.provider)


def test_the_page_names_the_defaults(gemini: BoundProvider) -> None:
    card, page = gemini.provider, (PACKAGE / "README.md").read_text()
    assert f"{card.big}, {card.middle} and {card.small}" in page
    assert all(name in page for name in (*card.key_env, *card.base_url_env))


# -- counting ------------------------------------------------------------------------------


def count(**fields: object) -> CountCall:
    asks = request(user("hi"), **fields)
    del asks["max_tokens"]
    return plugin.proxy_count_tokens(parse(json.dumps(asks).encode()), target())


def test_contents_alone_are_counted_plainly() -> None:
    assert json.loads(count().request.body) == {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}]
    }


def test_anything_more_is_wrapped() -> None:
    wrapped = json.loads(count(tools=[tool("Bash")]).request.body)["generateContentRequest"]
    assert wrapped["model"] == "models/gemini-4-carbon"
    assert wrapped["tools"] == send(request(user("hi"), tools=[tool("Bash")])).body["tools"]


def test_the_count_is_read() -> None:
    assert count().read(json.dumps(fixture("resp-04-count-tokens.json")).encode()) == 1834


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"totalTokens": "3"}', b'{"totalTokens": -1}', b"\xff"]
)
def test_what_is_no_count(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        count().read(body)
