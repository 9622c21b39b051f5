"""How deep the model is to think: a level, or for the second generation a number of tokens."""

from __future__ import annotations

from typing import Any

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.dialects.openai_chat.requests.reasoning import (
    efforts_asked_for,
    is_disabled,
    thinking_depth,
)
from proxy_core.ledger import LossKind, Reason
from proxy_gemini.requests.scope import Scope

_TOKENS = {"low": 1024, "medium": 8192, "high": 24_576}
"""Budgets that Google's own OpenAI endpoint gives to efforts (ai.google.dev, OpenAI
compatibility); `high` is the most that Flash takes."""


def thinking_config(request: MessagesRequest, scope: Scope) -> dict[str, Any]:
    """`thinkingConfig`; empty where the model's default is meant."""
    if scope.target.facts.efforts == ():
        thinking_depth(request, scope)  # notes what this model cannot do
        return {}
    config = _depth(request, scope)
    if is_shown(request):
        config["includeThoughts"] = True
    return config


def is_shown(request: MessagesRequest) -> bool:
    """Whether the client wants to see thoughts; it then gets summaries of them."""
    thinking = request.thinking
    return thinking is not None and not is_disabled(request) and thinking.display != "omitted"


def _depth(request: MessagesRequest, scope: Scope) -> dict[str, Any]:
    bounds = scope.gemini.thinking_budget
    if bounds is not None and scope.target.options.reasoning_effort is None:
        told = request.thinking.budget_tokens if request.thinking is not None else None
        if told and not is_disabled(request):
            for wish in efforts_asked_for(request):
                scope.dropped(wish.path, Reason.EFFORT)  # the number says it better
            return {"thinkingBudget": _bounded(told, bounds, scope)}
    depth = thinking_depth(request, scope)
    effort = depth.fields.get("reasoning_effort")
    if effort is None:
        return {}
    if bounds is None:
        return {"thinkingLevel": effort.upper()}
    scope.reshaped(depth.path, Reason.EFFORT)
    least, *_ = bounds
    return {"thinkingBudget": least if effort == "none" else min(_TOKENS[effort], bounds[2])}


def _bounded(told: int, bounds: tuple[int, int, int], scope: Scope) -> int:
    _, low, high = bounds
    budget = min(max(told, low), high)
    if budget != told:
        scope.ledger.note("/thinking/budget_tokens", LossKind.CLAMPED, Reason.DECLARED_LIMIT)
    return budget
