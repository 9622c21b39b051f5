"""Every card of every plugin in this repository, each with a model to send to."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import proxy_gemini
import proxy_groq
import proxy_moonshot
import proxy_openai
import proxy_passthrough
from proxy_core.contract import ModelFacts, Provider, Target
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.routing.directory import facts_of


class Acme(OpenAIChat):
    """The plain dialect, as a plugin of thirty lines has it."""

    providers = (Provider(name="acme", base_url="https://api.acme.example/v1"),)


PLUGINS: tuple[Any, ...] = (
    Acme(),
    proxy_openai.plugin,
    proxy_groq.plugin,
    proxy_gemini.plugin,
    proxy_moonshot.plugin,
    proxy_passthrough.plugin,
)

_FURTHER = {
    "openai": ("gpt-4.1", "gpt-6-luna"),
    "gemini": ("gemini-2.5-flash", "gemma-3-27b-it"),
    "moonshot": ("kimi-k2.6",),
    "groq": ("llama-3.3-70b-versatile", "qwen/qwen3-32b"),
}
"""Models whose facts differ from those of the card's first."""
_WIRES = {"openai": "chat", "moonshot": "chat"}
"""Cards that speak a second language, by the quirk `wire`."""


class Shipped(NamedTuple):
    """A plugin, and where it is to send."""

    plugin: Any
    target: Target

    @property
    def name(self) -> str:
        """Provider, wire where it is not the first, and model."""
        wire = self.target.provider.quirks.get("wire")
        return f"{self.target.name} ({wire})" if wire else self.target.name


def shipped() -> Iterator[Shipped]:
    """Each card with the model it prefers; some with a further one, or over their other wire."""
    for plugin in PLUGINS:
        for card in plugin.proxy_providers():
            first = card.big or "some-model"
            for model in (first, *_FURTHER.get(card.name, ())):
                yield Shipped(plugin, _target(card, model))
            if card.name in _WIRES:
                quirks = {**card.quirks, "wire": _WIRES[card.name]}
                other = card.model_copy(update={"quirks": quirks})
                yield Shipped(plugin, _target(other, card.small or first))


def _target(card: Provider, model: str) -> Target:
    if card.base_url.split("/")[2].endswith(".invalid"):
        # Its user has to say where it is.
        card = card.model_copy(update={"base_url": f"https://mine.example{card.base_path}"})
    return Target(
        provider=card, model=model, facts=facts_of(card, model) or ModelFacts(pattern=model)
    )
