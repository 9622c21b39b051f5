"""Acme: OpenAI's Chat Completions at another address."""

from proxy_core.contract import ModelFacts, Provider
from proxy_core.dialects.openai_chat import OpenAIChat

LIMITS = "acme.example/docs/models, November 2026"

CARD = Provider(
    name="acme",
    api_version=(1, 0),
    base_url="https://api.acme.example/v1",
    base_url_env=("ACME_BASE_URL",),
    key_env=("ACME_API_KEY",),
    models=(
        ModelFacts(pattern="acme-large", context_window=200_000, vision=True, source=LIMITS),
        ModelFacts(pattern="acme-*", context_window=64_000, vision=False, source=LIMITS),
    ),
    big="acme-large",
    small="acme-small",
    # acme.example/docs/chat: "max_tokens was renamed", "stop takes one sequence".
    quirks={"max_tokens_field": "max_completion_tokens", "stop_limit": 1},
    docs="https://acme.example/docs",
)


class Acme(OpenAIChat):
    providers = (CARD,)


plugin = Acme()
