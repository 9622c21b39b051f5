"""Names that plugins claim."""

from __future__ import annotations

from collections.abc import Sequence

from proxy_core import hookimpl
from proxy_core.contract import ModelFacts, Provider, Target
from proxy_core.plugins import Plugins
from proxy_core.routing import Entry, Router
from tests.plugins_loader.objects import Complete
from tests.routing.routers import GROQ, OPENAI, went


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
