"""A good plugin, and plugins that are that one with one fault each."""

from __future__ import annotations

from typing import Any, ClassVar

from proxy_core.contract import ModelFacts, Provider
from proxy_core.dialects.openai_chat import OpenAIChat

CARD = Provider(
    name="acme",
    base_url="https://api.acme.example/v1",
    key_env=("ACME_API_KEY",),
    docs="https://docs.acme.example",
)


class Acme(OpenAIChat):
    """The good one: a plugin of thirty lines."""

    providers: ClassVar[tuple[Provider, ...]] = (CARD,)


def with_card(**changes: Any) -> Acme:
    """The good plugin with a bad card."""

    class Carded(Acme):
        providers = (CARD.model_copy(update=changes),)

    return Carded()


MISSPELLED = (ModelFacts(pattern="acme-1", quirks={"max_token_field": "max_tokens"}),)
