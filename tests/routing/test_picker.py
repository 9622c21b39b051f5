"""Names for Claude Code's picker: each is taken, and comes back as what it stands for."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.contract import ModelFacts, Provider
from proxy_core.plugins import Plugins
from proxy_core.routing import Entry, Router, UnknownModel, picker_name
from tests.plugins_loader.objects import Complete

PROVIDER_NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True)
SPELLED = st.text(string.ascii_letters + string.digits + "-._:/@+ ", min_size=1, max_size=30)
IDS = SPELLED.map(str.strip).filter(bool)  # blanks around a name are the client's slip
PIECES = st.sampled_from(["claude-via-", "claude", "anthropic", "groq/", "x", "Claude", "/", "-"])
NAMES = st.lists(PIECES, min_size=1, max_size=6).map("".join)


def router(*names: str, **table: str) -> Router:
    cards = [Provider(name=name, base_url=f"https://{name}.example") for name in names]
    plugins = Plugins.of({f"p-{card.name}": Complete(card) for card in cards})
    return Router(plugins.providers, {name: [Entry(to)] for name, to in table.items()})


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("groq/openai/gpt-oss-120b", "claude-via-groq/openai/gpt-oss-120b"),
        ("ollama/Qwen3.8:27B", "claude-via-ollama/Qwen3.8:27B"),
        ("my-fast", "claude-via-my-fast"),
        ("claude-opus", "claude-opus"),
        ("anthropic/claude-opus-5-5", "anthropic/claude-opus-5-5"),
        ("Claude", "claude-via-Claude"),
        ("claude-via-mine", "claude-via-claude-via-mine"),
    ],
)
def test_names(name: str, shown: str) -> None:
    assert picker_name(name) == shown


@given(NAMES, NAMES)
def test_no_two_names_share_one_and_each_is_shown(one: str, other: str) -> None:
    assert (picker_name(one) == picker_name(other)) == (one == other)
    assert "claude" in picker_name(one) or "anthropic" in picker_name(one)


@given(PROVIDER_NAMES, PROVIDER_NAMES, IDS)
def test_each_comes_back_as_the_very_model(provider: str, other: str, model: str) -> None:
    """Even where one provider's name begins with another's, or the id with a provider's name."""
    found = router(other, provider) if other != provider else router(provider)
    (target,) = found.route(picker_name(f"{provider}/{model}")).targets
    assert target.name == f"{provider}/{model}"


@given(st.dictionaries(NAMES, st.sampled_from(["one", "two", "three"]), max_size=5))
def test_the_users_own_names_come_back_as_what_the_user_said(table: dict[str, str]) -> None:
    found = router("groq", **{name: f"groq/{model}" for name, model in table.items()})
    for name, model in table.items():
        if picker_name(name) not in table or picker_name(name) == name:
            assert found.route(picker_name(name)).targets[0].model == model


def test_the_users_table_comes_first() -> None:
    found = router(
        "groq", **{"fast": "groq/one", "groq/two": "groq/three", "claude-via-x": "groq/4"}
    )
    for asked, model in {
        "claude-via-fast": "one",
        "claude-via-fast[1m]": "one",
        "claude-via-groq/two": "three",
        "claude-via-groq/five": "five",
        "claude-via-x": "4",
    }.items():
        assert found.route(asked).targets[0].model == model
    assert found.route("claude-via-fast").why == (
        "'claude-via-fast' stands for 'fast'; the model table has an entry 'fast'"
    )


def test_a_stale_one_is_unknown_and_not_taken_for_a_claude_model() -> None:
    found = router("groq", opus="groq/big")
    assert found.route("claude-next").targets[0].model == "big"
    for gone in ("claude-via-gone/model", "claude-via-", "claude-via-" * 100_000):
        with pytest.raises(UnknownModel):
            found.route(gone)


def test_an_address_is_taken_to_the_letter() -> None:
    """Plain, an id that the preferred provider lists is that model; the picker's name says more."""
    groq = Provider(
        name="groq",
        base_url="https://groq.example",
        models=(ModelFacts(pattern="openai/gpt-oss-120b"),),
    )
    openai = Provider(name="openai", base_url="https://openai.example")
    plugins = Plugins.of({f"p-{card.name}": Complete(card) for card in (groq, openai)})
    found = Router(plugins.providers)
    assert found.route("openai/gpt-oss-120b").targets[0].name == "groq/openai/gpt-oss-120b"
    address = picker_name("openai/gpt-oss-120b")
    assert found.route(address).targets[0].name == "openai/gpt-oss-120b"
