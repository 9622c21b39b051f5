"""Which of its two APIs Moonshot is spoken to in, and how it speaks each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy_core.contract import Provider, Target
from proxy_core.dialects import anthropic_native, openai_chat
from proxy_core.dialects.anthropic_native.quirks import AS_OF_2025

WIRE = "wire"
"""The quirk that chooses the API; the one that this plugin adds to those of the dialects."""
_WIRES = ("auto", "anthropic", "chat")

_DROPPED = (
    # Sampling is fixed; other values than its own are refused.
    *("/temperature", "/top_p", "/top_k"),
    *("/container", "/diagnostics", "/safeguards", "/speed"),
    *("/service_tier", "/inference_geo", "/user_profile_id", "/cache_control"),
    *("/tool_choice/name", "/tool_choice/disable_parallel_tool_use"),
    *("/tools/*/defer_loading", "/tools/*/eager_input_streaming", "/tools/*/strict"),
    *("/tools/*/input_examples", "/tools/*/allowed_callers", "/tools/*/cache_control"),
    *("/system/*/cache_control", "/messages/*/content/*/cache_control"),
    "/messages/*/content/*/content/*/cache_control",
    *("/system/*/citations", "/messages/*/content/*/citations"),
    *("/messages/*/content/*/content/*/citations", "/messages/*/content/*/caller"),
)
"""Not in the OpenAPI document of Kimi's Messages API (platform.kimi.ai/docs, 2026-08); it caches
without being told."""

_NATIVE: Mapping[str, Any] = {
    **AS_OF_2025,
    "drop": _DROPPED,
    # 400 "reasoning_content is missing in assistant tool call message": of its own thinking and
    # of unsigned the server takes both back (hermes-agent, PRs 14018 and 49143).
    "thinking_filler": "calls",
    "tool_id_pattern": r"[!-~]+",  # it gives out `functions.Run:0`
    "schema_dialect": "moonshot",
    "blocks": ("text", "image", "tool_use", "tool_result"),
    "image_urls": False,
    "stop_limit": 5,
    "stop_bytes": 32,
    "headers": (),
    "count_tokens": False,
}

_CHAT: Mapping[str, Any] = {
    "max_tokens_field": "max_completion_tokens",
    "sampling": False,
    "stop_limit": 5,
    "stop_bytes": 32,
    "reasoning_history": "reasoning_content",
    "reasoning_history_filler": " ",
    "prefill_field": "partial",
    "image_urls": False,
    "parallel_tool_calls": False,
    "prompt_cache_key": True,
    "safety_identifier": True,
    "schema_dialect": "moonshot",
    "tool_strict": "false",
    "tool_name_pattern": r"[a-zA-Z_][a-zA-Z0-9_-]{2,63}",
    "tool_id_length": 64,
    "leaked_calls": "kimi",
}
"""Sources: platform.kimi.ai/docs, OpenAPI of chat, 2026-08; kimi-cli; Vercel's provider; litellm.
Sampling is fixed on every kimi model, and any other value a 400."""


def speaks_chat(provider: Provider) -> bool:
    """Whether Moonshot is spoken to over Chat Completions, and not over its Messages API.

    Where the user leaves it open, only at an address that ends in `/v1`, which has no other.
    Raises `ValueError` for a choice that there is not.
    """
    wire = str(provider.quirks.get(WIRE, "auto")).lower()
    if wire not in _WIRES:
        raise ValueError(f"{WIRE}: should be one of {', '.join(_WIRES)}")
    other = {"anthropic": "/v1", "chat": "/anthropic"}.get(wire)
    if other is not None and _base(provider).endswith(other):
        raise ValueError(f"{WIRE}: {wire} is not served at an address that ends in {other}")
    return wire == "chat" or (wire == "auto" and _base(provider).endswith("/v1"))


def path_on_host(provider: Provider, path: str) -> str:
    """A path of the host's as one below the provider's address, which people give with or
    without the prefix of an API."""
    base = _base(provider)
    for prefix in ("/anthropic", "/v1"):
        if base.endswith(prefix):
            return path.removeprefix(prefix)
    return path


def _base(provider: Provider) -> str:
    return provider.base_url.rstrip("/")


def native_quirks(target: Target) -> anthropic_native.Quirks:
    """How the Messages API is spoken with a model; rules of the model's add to the vendor's."""
    own = dict(target.facts.quirks.get("anthropic", {}))
    drop = (*_DROPPED, *own.pop("drop", ()))
    rewrite = {**_NATIVE["rewrite"], **own.pop("rewrite", {})}
    vendors = {**_NATIVE, "drop": drop, "rewrite": rewrite}
    return anthropic_native.Quirks().but(vendors, own, _of_the_dialect(target.provider.quirks))


def chat_quirks(target: Target) -> openai_chat.Quirks:
    """How Chat Completions is spoken with a model.

    Where it is not, errors and counts are read by it all the same; what users say then is of the
    Messages API, whose quirks have other names.
    """
    own = target.facts.quirks.get("chat", {})
    told = _of_the_dialect(target.provider.quirks) if speaks_chat(target.provider) else {}
    return openai_chat.Quirks().but(_CHAT, own, told)


def _of_the_dialect(quirks: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in quirks.items() if name != WIRE}
