"""Where model names go. B27 to B29 and B31 are rows of the cases the project grew from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core import hookimpl
from proxy_core.bound import BoundProvider
from proxy_core.contract import ModelFacts, ModelOptions, Provider, Target
from proxy_core.plugins import Plugins
from proxy_core.routing import Entry, Router, UnknownModel, UnknownProvider
from tests.plugins_loader.objects import Complete


def facts(*patterns: str) -> tuple[ModelFacts, ...]:
    return tuple(ModelFacts(pattern=pattern, context_window=1000) for pattern in patterns)


GROQ = Provider(
    name="groq",
    base_url="https://api.groq.example",
    models=facts(
        "openai/gpt-oss-120b", "openai/gpt-oss-20b", "groq/compound", "llama-3.3-70b-versatile"
    ),
    big="openai/gpt-oss-120b",
    small="openai/gpt-oss-20b",
)
OPENAI = Provider(
    name="openai",
    base_url="https://api.openai.example/v1",
    models=facts("gpt-5.4", "gpt-5.4-mini", "gpt-5*", "o3", "text-*"),
    big="gpt-5.4",
    middle="gpt-5.4-mini",
    small="gpt-5.4-nano",
)
XAI = Provider(
    name="xai",
    base_url="https://api.x.example/v1",
    models=facts("grok-4.20", "grok-*"),
    big="grok-4.20",
    aliases=("grok",),
)
CUSTOM = Provider(name="custom", base_url="http://127.0.0.1:9/v1", models=facts("*"))
ANTHROPIC = Provider(
    name="anthropic", base_url="https://api.anthropic.example", models=facts("claude-*")
)


def providers(*cards: Provider) -> tuple[BoundProvider, ...]:
    return Plugins.of({f"p-{card.name}": Complete(card) for card in cards}).providers


def router(
    *cards: Provider, preferred: str | None = None, models: Mapping[str, str] | None = None
) -> Router:
    table = {name: [Entry(part) for part in to.split()] for name, to in (models or {}).items()}
    return Router(providers(*cards), table, preferred)


def went(found: Router, name: str) -> str:
    """`provider/model`, for a chain with blanks between."""
    return " ".join(target.name for target in found.route(name).targets)


BIG, MIDDLE, SMALL = "openai/gpt-5.4", "openai/gpt-5.4-mini", "openai/gpt-5.4-nano"

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


# -- the user's table ----------------------------------------------------------------------


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


# -- the cases -----------------------------------------------------------------------------


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


# -- preference ----------------------------------------------------------------------------


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


def test_without_providers_everything_is_unknown() -> None:
    found = router(models={"opus": "o3", "mine": "o3"})
    assert found.names() == []
    assert found.providers == ()
    for name in ("claude-opus-5", "mine", "gpt-5.4"):
        with pytest.raises(UnknownModel, match="no provider is loaded"):
            found.route(name)


# -- plugins -------------------------------------------------------------------------------


class Claiming(Complete):
    """A plugin that claims every name that begins with its provider's."""

    def __init__(self, card: Provider) -> None:
        super().__init__(card)
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    @hookimpl
    def proxy_map_model(
        self, requested: str, provider: Provider, models: Sequence[str]
    ) -> Target | None:
        self.asked.append((requested, tuple(models)))
        if not requested.startswith(provider.name):
            return None
        return Target(provider=provider, model="claimed", facts=ModelFacts(pattern="claimed"))


def test_plugins_are_asked_in_order_and_the_answer_is_kept() -> None:
    first, second = Claiming(GROQ), Claiming(OPENAI)
    bound = Plugins.of({"one": first, "two": second}).providers
    found = Router(bound, {"mine": [Entry("openai/a"), Entry("openai/b"), Entry("openai/a")]})
    assert went(found, "openai-special") == "openai/claimed"
    assert went(found, "openai-special") == "openai/claimed"
    assert first.asked == [("openai-special", ())]
    assert second.asked == [("openai-special", ("a", "b"))]
    assert "'two' claims" in found.route("openai-special").why


def test_plugins_come_after_the_users_words_and_before_the_facts() -> None:
    plugin = Claiming(OPENAI.model_copy(update={"name": "gpt"}))
    found = Router(Plugins.of({"p": plugin}).providers, {"gpt-mine": [Entry("gpt-5.4")]})
    assert went(found, "gpt-mine") == "gpt/gpt-5.4"
    assert went(found, "gpt/gpt-5.4") == "gpt/gpt-5.4"
    assert plugin.asked == []
    assert went(found, "gpt-5.4-mini") == "gpt/claimed"


def test_the_users_families_come_before_what_a_plugin_claims() -> None:
    plugin = Claiming(OPENAI.model_copy(update={"name": "claude"}))
    bound = Plugins.of({"p": plugin}).providers
    assert went(Router(bound), "claude-opus-5") == "claude/claimed"
    assert went(Router(bound, {"opus": [Entry("o3")]}), "claude-opus-5") == "claude/o3"


# -- facts and lists -----------------------------------------------------------------------


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
