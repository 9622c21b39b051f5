"""What is known of Moonshot's models, as of November 2026.

Each row's quirks stand under the wire they belong to: `chat` for Chat Completions, `anthropic`
for the Messages API. The first row whose pattern matches a model's id counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy_core.contract import ModelFacts

_DOCS = "platform.kimi.ai/docs, OpenAPI of chat and messages, 2026-08; "
_CLIENTS = "catalogues of litellm 1.106 and pi-ai 1.5; Vercel's provider; openclaw; 2026-11"

_MILLION = 1_048_576
_QUARTER = 262_144

_EFFORTS = {"minimal": "low", "medium": "high", "xhigh": "max"}
"""K3 knows low, high and max (Vercel's provider)."""

_K3: Mapping[str, Any] = {
    "chat": {"reasoning_control": "effort", "effort_map": _EFFORTS},
    "anthropic": {
        # Always thinks, and has no such field: OpenAPI of messages.
        "drop": ("/thinking",),
        "rewrite": {
            "/output_config/effort": _EFFORTS,
            "/tool_choice/type": {"tool": "any"},
        },
    },
}
_NO_FORCE = {"any": "auto", "tool": "auto"}
"""K2 takes no forced choice while it thinks: 400 (openclaw)."""

_K2_SWITCHED: Mapping[str, Any] = {
    "chat": {"reasoning_control": "thinking", "forced_tool_choice": False},
    "anthropic": {
        "drop": ("/output_config", "/thinking/budget_tokens", "/thinking/display"),
        "rewrite": {
            "/thinking/type": {"adaptive": "enabled", "between_tools": "enabled"},
            "/tool_choice/type": _NO_FORCE,
        },
    },
}
_K2_6: Mapping[str, Any] = {
    **_K2_SWITCHED,
    "chat": {
        **_K2_SWITCHED["chat"],
        # Earlier thinking, which goes back, is looked at only then; later models always do.
        "extra_body_while": {"thinking": {"thinking": {"type": "enabled", "keep": "all"}}},
    },
}
_K2_ALWAYS: Mapping[str, Any] = {
    "chat": {"reasoning_control": "none", "forced_tool_choice": False},
    "anthropic": {
        "drop": ("/output_config", "/thinking"),
        "rewrite": {"/tool_choice/type": _NO_FORCE},
    },
}
_V1: Mapping[str, Any] = {
    "chat": {
        "reasoning_control": "none",
        "reasoning_history": "none",
        "reasoning_history_filler": "",
        "sampling": True,
    },
    "anthropic": {"drop": ("/output_config", "/thinking"), "thinking_filler": "none"},
}


def _facts(
    pattern: str,
    window: int,
    *,
    quirks: Mapping[str, Any],
    efforts: tuple[str, ...] = (),
    vision: bool = True,
) -> ModelFacts:
    return ModelFacts(
        pattern=pattern,
        context_window=window,
        vision=vision,
        efforts=efforts,
        quirks=quirks,
        source=_DOCS + _CLIENTS,
    )


MODELS: tuple[ModelFacts, ...] = (
    # The answer may be as long as the window leaves room for, so there is no limit of its own.
    _facts("kimi-k3", _MILLION, efforts=("low", "high", "max"), quirks=_K3),
    _facts("kimi-k3.1-pro", _MILLION, efforts=("low", "high", "max"), quirks=_K3),
    _facts("kimi-k3.1-pro-highspeed", _MILLION, efforts=("low", "high", "max"), quirks=_K3),
    _facts("kimi-k2.7-code", _QUARTER, quirks=_K2_ALWAYS),
    _facts("kimi-k2.7-code-highspeed", _QUARTER, quirks=_K2_ALWAYS),
    _facts("kimi-k2.6", _QUARTER, quirks=_K2_6),
    _facts("kimi-k2.5", _QUARTER, quirks=_K2_SWITCHED),
    _facts("moonshot-v1-8k*vision*", 8_192, quirks=_V1),
    _facts("moonshot-v1-32k*vision*", 32_768, quirks=_V1),
    _facts("moonshot-v1-128k*vision*", 131_072, quirks=_V1),
    _facts("moonshot-v1-8k", 8_192, quirks=_V1, vision=False),
    _facts("moonshot-v1-32k", 32_768, quirks=_V1, vision=False),
    _facts("moonshot-v1-*", 131_072, quirks=_V1, vision=False),
    # Families, for ids that the catalogues do not describe.
    ModelFacts(pattern="kimi-k2.6*", quirks=_K2_6, source=_CLIENTS),
    ModelFacts(pattern="kimi-k2.5*", quirks=_K2_SWITCHED, source=_CLIENTS),
    ModelFacts(pattern="kimi-k2*", quirks=_K2_ALWAYS, source=_CLIENTS),
    ModelFacts(pattern="kimi-*", efforts=("low", "high", "max"), quirks=_K3, source=_CLIENTS),
)
