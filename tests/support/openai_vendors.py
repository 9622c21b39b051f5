"""The vendors of the OpenAI plugin as the tests look at them: each by its name and card."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from proxy_core.anthropic.request import parse
from proxy_core.bound import BoundProvider
from proxy_core.contract import (
    Target,
)
from proxy_core.ledger import Ledger
from proxy_core.plugins import load_plugins
from proxy_core.routing.directory import at
from tests.support.chat_answers import Json
from tests.support.chat_requests import request, tool, user

BOUND = {bound.provider.name: bound for bound in load_plugins(["openai"]).providers}
NAMED = [
    *("openai", "azure", "openrouter", "fireworks", "together", "xai", "deepseek", "cerebras"),
    *("mistral", "zai", "ollama", "vllm", "lmstudio", "llamacpp", "litellm", "custom"),
]
NOWHERE = {"azure", "custom"}
CHAT = [name for name in NAMED if name not in ("openai", "azure")]

SCHEMA = {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}
OFF: Json = {"thinking": {"type": "disabled"}}
HIGH: Json = {"output_config": {"effort": "high"}}
FORCED: Json = {"tools": [tool("Bash")], "tool_choice": {"type": "any"}}
SPOKEN = [user("hi")]


def somewhere(name: str) -> BoundProvider:
    """The provider, at an address if it has none."""
    bound = BOUND[name]
    if name not in NOWHERE:
        return bound
    elsewhere = bound.provider.model_copy(update={"base_url": "https://a.example/v1"})
    return msgspec.structs.replace(bound, provider=elsewhere)


def target_of(name: str, model: str = "") -> Target:
    card = somewhere(name).provider
    return at(card, model or card.big or "some-model")


def sent(name: str, model: str = "", messages: list[Json] = SPOKEN, **fields: Any) -> Json:
    """The body for a small request."""
    asked = json.dumps(request(*messages, **fields)).encode()
    made = BOUND[name].translate_request(parse(asked), target_of(name, model), Ledger())
    body: Json = json.loads(made.body)
    return body
