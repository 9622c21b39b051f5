"""Cards of vendors made up for tests of routing, and routers over them."""

from __future__ import annotations

from collections.abc import Mapping

from proxy_core.bound import BoundProvider
from proxy_core.contract import ModelFacts, Provider
from proxy_core.plugins import Plugins
from proxy_core.routing import Entry, Router
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
"""Where the families go at `OPENAI`."""
