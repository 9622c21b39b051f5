"""Limits and sampling: tokens, temperature, stop sequences."""

from __future__ import annotations

from typing import Any

from proxy_core.anthropic.limits import clamped_tokens
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.stops import stops_taken
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import LossKind, Reason


def limit_fields(request: MessagesRequest, scope: Scope) -> dict[str, Any]:
    """How long the answer may be."""
    allowed = allowed_tokens(request, scope)
    return {} if allowed is None else {scope.quirks.max_tokens_field: allowed}


def allowed_tokens(request: MessagesRequest, scope: Scope) -> int | None:
    """As many tokens as were asked for, within what is known of the model."""
    asked = request.max_tokens
    if asked is None:
        return None
    return clamped_tokens(asked, scope.target, scope.ledger)


def sampling_fields(
    request: MessagesRequest, scope: Scope, *, beside_effort: bool = False
) -> dict[str, Any]:
    """Temperature and its like, only as sent and only where the model takes them."""
    configured = scope.target.options.temperature
    if configured is not None and request.temperature is not None:
        scope.ledger.note("/temperature", LossKind.CLAMPED, Reason.USER_LIMIT)
    temperature = request.temperature if configured is None else configured
    quirks = scope.quirks
    sampling = quirks.sampling and (quirks.sampling_with_effort or not beside_effort)
    fields: dict[str, Any] = {}
    for name, value, taken in (
        ("temperature", temperature, sampling),
        ("top_p", request.top_p, sampling),
        ("top_k", request.top_k, quirks.top_k),
    ):
        if value is not None and taken:
            fields[name] = value
        elif value is not None:
            scope.dropped(f"/{name}", Reason.UNSUPPORTED_BY_MODEL)
    return fields


def split_stops(request: MessagesRequest, scope: Scope) -> tuple[list[str], tuple[str, ...]]:
    """The stop sequences that are sent, and those that must be watched for here."""
    quirks = scope.quirks
    taken = stops_taken(request.stop_sequences, quirks.stop_limit, quirks.stop_bytes)
    sent: list[str] = []
    kept: list[str] = []
    for index, stop in enumerate(request.stop_sequences):
        path = f"/stop_sequences/{index}"
        if index in taken:
            sent.append(stop)
        elif not stop:
            scope.dropped(path, Reason.EMPTY)
        else:
            scope.dropped(path, Reason.EMULATED)
            kept.append(stop)
    return sent, tuple(kept)
