"""OpenAI, and any server that takes its place at another address, over Chat Completions."""

from __future__ import annotations

from urllib.parse import urlsplit

from proxy_core.contract import Provider, Target
from proxy_core.dialects.openai_chat import OpenAIChat, Quirks
from proxy_openai.models import MODELS

HOSTS = ("api.openai.com", "eu.api.openai.com", "us.api.openai.com")
"""OpenAI's own hosts. What stands at another address under OPENAI_BASE_URL is a gateway or a
local server, and those refuse what only OpenAI knows."""

OPENAI = Quirks(
    max_tokens_field="max_completion_tokens",
    system_role="developer",
    reasoning_control="effort",
    store_field=True,
    pdf_parts=True,
    safety_identifier=True,
    prompt_cache_key=True,
)
"""How OpenAI itself speaks. Sources: types of the openai SDK 3.51; `max_tokens` is deprecated
there and refused by reasoning models."""

CARD = Provider(
    name="openai",
    base_url="https://api.openai.com/v1",
    base_url_env=("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    key_env=("OPENAI_API_KEY",),
    models=MODELS,
    # All three take tools over Chat Completions, because they can answer without reasoning.
    big="gpt-6-sol",
    middle="gpt-6.1-terra",
    small="gpt-6-luna",
    docs="https://platform.openai.com/docs/api-reference/chat",
)


class OpenAI(OpenAIChat):
    providers = (CARD,)

    def quirks(self, target: Target) -> Quirks:
        """OpenAI's own ways at its own hosts; elsewhere the plain dialect and the user's quirks."""
        host = urlsplit(target.provider.base_url).hostname
        if host in HOSTS:
            return OPENAI.but(target.facts.quirks, target.provider.quirks)
        return Quirks().but(target.provider.quirks)


plugin = OpenAI()
