"""Vendors that serve open models of others: Fireworks, Together, Cerebras."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy_core.contract import Provider
from proxy_openai.vendors.facts import FIRST_ALONE, OVER_CHAT, rows

_MILLION = 1_048_576
_FIREWORKS = "accounts/fireworks/models/"
_ROUTERS = "accounts/fireworks/routers/"

_KIMI: Mapping[str, Any] = {
    "reasoning_history": "reasoning_content",
    "reasoning_history_filler": " ",
    "mid_system": "keep",
    # Kimi's servers elsewhere let its template slip into the text, thinking included.
    "leaked_calls": "kimi",
    "think_tags": "tagged",
}
"""Reasoning is required on messages of the assistant (pi-ai); thinking may leak (openclaw)."""

FIREWORKS = Provider(
    name="fireworks",
    base_url="https://api.fireworks.ai/inference/v1",
    base_url_env=("FIREWORKS_BASE_URL",),
    key_env=("FIREWORKS_API_KEY",),
    # Caches are each replica's own: docs.fireworks.ai, prompt caching.
    quirks={OVER_CHAT: {**FIRST_ALONE, "session_header": "x-session-affinity"}},
    models=(
        *rows(
            f"{_FIREWORKS}kimi-k3 {_FIREWORKS}kimi-k3p1-pro {_ROUTERS}kimi-k3-fast",
            _MILLION,
            131_072,
            efforts="low high max",
            vision=True,
            **_KIMI,
        ),
        *rows("accounts/fireworks/*kimi*", efforts=None, vision=None, **_KIMI),
        *rows(
            f"{_FIREWORKS}glm-5p3 {_ROUTERS}glm-latest {_ROUTERS}glm-5p3-fast",
            1_048_572,
            131_072,
            efforts="low high max",
        ),
        *rows(
            f"{_FIREWORKS}glm-5p3-flash {_ROUTERS}glm-flash-latest",
            1_048_572,
            131_072,
            efforts="low high max",
            vision=True,
        ),
        *rows(
            f"{_FIREWORKS}deepseek-v4p1-flash {_ROUTERS}deepseek-flash-latest",
            1_000_000,
            384_000,
            efforts="low high max",
            vision=True,
        ),
    ),
    big=f"{_FIREWORKS}kimi-k3",
    middle=f"{_FIREWORKS}glm-5p3",
    small=f"{_FIREWORKS}glm-5p3-flash",
    docs="https://docs.fireworks.ai/api-reference/post-chatcompletions",
)

TOGETHER = Provider(
    name="together",
    base_url="https://api.together.ai/v1",
    base_url_env=("TOGETHER_BASE_URL",),
    key_env=("TOGETHER_API_KEY",),
    quirks={
        OVER_CHAT: {
            **FIRST_ALONE,
            # A switch; an effort is for gpt-oss alone: docs.together.ai, reasoning.
            "reasoning_control": "reasoning_enabled",
            "think_tags": "tagged",  # some of its models reason inside the content
        }
    },
    models=(
        *rows("moonshotai/Kimi-K3 moonshotai/Kimi-K3.1-Pro", _MILLION, 131_072, vision=True),
        *rows("zai-org/GLM-5.3", 1_048_575, 128_000),
        *rows("zai-org/GLM-5.3-Flash", 1_048_575, 128_000, vision=True),
        *rows("deepseek-ai/DeepSeek-V4-Pro-0813", _MILLION, 384_000),
        *rows("deepseek-ai/DeepSeek-V4.1-Flash", _MILLION, 384_000, vision=True),
        *rows(
            "openai/gpt-oss-120b",
            131_072,
            efforts="low medium high",
            reasoning_control="effort",  # it cannot be off
        ),
        *rows("*", vision=None),
    ),
    big="moonshotai/Kimi-K3",
    middle="zai-org/GLM-5.3",
    small="zai-org/GLM-5.3-Flash",
    docs="https://docs.together.ai/reference/chat-completions-1",
)

_CEREBRAS = "cerebras SDK 1.91.0, types of chat completions; catalogue of pi-ai 1.5.2; 2026-11-20"

CEREBRAS = Provider(
    name="cerebras",
    base_url="https://api.cerebras.ai/v1",
    base_path="/v1",
    base_url_env=("CEREBRAS_BASE_URL",),
    key_env=("CEREBRAS_API_KEY",),
    quirks={
        OVER_CHAT: {
            **FIRST_ALONE,
            "max_tokens_field": "max_completion_tokens",
            "prompt_cache_key": True,
            # In a field of its own; what a model does by itself may be tags in the text.
            "extra_body": {"reasoning_format": "parsed"},
            "reasoning_history": "reasoning",
            "reasoning_fields": ("reasoning",),
            "bodyless_overflow": True,  # pi-ai
        }
    },
    models=(
        *rows("gpt-oss-120b", 131_072, 40_960, efforts="low medium high", source=_CEREBRAS),
        *rows(
            "qwen-3.8-27b gemma-4-31b",
            131_072,
            40_960,
            efforts="none low medium high",
            vision=True,
            source=_CEREBRAS,
        ),
    ),
    big="gpt-oss-120b",
    small="qwen-3.8-27b",
    docs="https://inference-docs.cerebras.ai/api-reference/chat-completions",
)
