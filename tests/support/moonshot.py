"""Moonshot's plugin as the tests look at it: requests for either of its APIs."""

from __future__ import annotations

import json
from typing import Any

from proxy_core.anthropic.request import parse
from proxy_core.contract import Target, UpstreamRequest
from proxy_core.ledger import Ledger
from proxy_core.plugins import load_plugins
from proxy_core.routing.directory import at

Json = dict[str, Any]

(MOONSHOT,) = load_plugins(["moonshot"]).providers
MODELS = ("kimi-k3", "kimi-k3.1-pro", "kimi-k2.7-code", "kimi-k2.6", "kimi-k2.5")
TOOL = {"name": "Read", "input_schema": {"type": "object", "properties": {"x": {}}}}
CALL = {"type": "tool_use", "id": "functions.Read:0", "name": "Read", "input": {}}


def target(
    model: str = "kimi-k3",
    wire: str = "auto",
    base: str = MOONSHOT.provider.base_url,
    **quirks: Any,
) -> Target:
    """A model at Moonshot, or at an address and under quirks of the user's."""
    card = MOONSHOT.provider
    update = {"base_url": base, "quirks": {**card.quirks, "wire": wire, **quirks}}
    return at(card.model_copy(update=update), model)


def translated(asked: Json, to: Target, ledger: Ledger | None = None) -> UpstreamRequest:
    request = parse(json.dumps(asked, ensure_ascii=False).encode())
    return MOONSHOT.translate_request(request, to, Ledger() if ledger is None else ledger)


def sent(to: Target, ledger: Ledger | None = None, **fields: Any) -> Json:
    """The body of a short request with these fields."""
    hi = [{"role": "user", "content": "hi"}]
    asked = {"model": "x", "max_tokens": 100, "messages": hi, **fields}
    body: Json = json.loads(translated(asked, to, ledger).body)
    return body


def conversation(*blocks: Json) -> list[Json]:
    """Messages in which the model said these blocks, and called a tool."""
    result = {"type": "tool_result", "tool_use_id": CALL["id"], "content": "r"}
    return [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [*blocks, CALL]},
        {"role": "user", "content": [result]},
    ]
