"""Why a model stopped: finish reasons as Anthropic stop reasons, or as failures."""

from __future__ import annotations

from typing import Any

from proxy_core.anthropic.errors import verdict_of_status
from proxy_core.contract import ErrorVerdict

STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
    "max_tokens": "max_tokens",
    "sensitive": "refusal",  # Z.ai
    "model_context_window_exceeded": "model_context_window_exceeded",  # Z.ai
}
"""Reasons that are known; any other ends a turn, as `end` and `eos` of local servers do."""

FAILURE_STATUS = {
    "error": 502,  # OpenRouter, Mistral
    "network_error": 502,  # Z.ai
    "abort": 502,  # vLLM
    "insufficient_system_resource": 503,  # DeepSeek
}
"""Reasons that are no end but a failure, as the status that says the same."""


def stop_reason(finish_reason: str) -> str:
    return STOP_REASONS.get(finish_reason.lower(), "end_turn")


def failure_verdict(finish_reason: Any, provider: str) -> ErrorVerdict | None:
    """The verdict on a finish reason that reports a failure; None for a true end."""
    if not isinstance(finish_reason, str) or finish_reason.lower() not in FAILURE_STATUS:
        return None
    message = f"{provider} gave up its answer: finish_reason {finish_reason.lower()!r}"
    return verdict_of_status(FAILURE_STATUS[finish_reason.lower()], message)
