"""Servers that pass requests on to models of many makers: OpenRouter, LiteLLM, and any other."""

from __future__ import annotations

from proxy_core.contract import Provider
from proxy_openai.vendors.facts import OVER_CHAT, rows

_EFFORTS = "minimal low medium high xhigh max"
_OPENROUTER = "openrouter SDK 1.3.84, types of chat completions"

OPENROUTER = Provider(
    name="openrouter",
    base_url="https://openrouter.ai/api/v1",  # in Europe alone eu.openrouter.ai/api/v1
    base_url_env=("OPENROUTER_BASE_URL",),
    key_env=("OPENROUTER_API_KEY",),
    quirks={
        OVER_CHAT: {
            "reasoning_control": "reasoning",
            "reasoning_history": "reasoning_details",
            "reasoning_fields": ("reasoning", "reasoning_content"),
            "session_header": "x-session-id",  # keeps to the host whose cache is warm
        }
    },
    models=(
        *rows("moonshotai/kimi-k3", 1_048_576, 131_072, efforts="low high max", vision=True),
        *rows("z-ai/glm-5.3", 1_048_575, 131_072, efforts="low high max"),
        *rows("z-ai/glm-5.3-flash", 1_048_575, 131_072, efforts="low high max", vision=True),
        *rows(
            "openai/gpt-6*", 1_050_000, 128_000, efforts="low medium high xhigh max", vision=True
        ),
        *rows(
            "anthropic/claude-*",
            1_000_000,
            128_000,
            efforts=_EFFORTS,
            vision=True,
            # Claude caches nothing unasked: the SDK's AnthropicCacheControlDirective.
            cache_control=True,
        ),
        *rows("x-ai/grok-4.[567]*", 500_000, efforts="low medium high xhigh", vision=True),
        # OpenRouter fits the effort to the model. It cannot be off for each of them, so that
        # no thinking is asked for as little as there is.
        *rows("*", efforts=_EFFORTS, vision=None, source=_OPENROUTER),
    ),
    big="moonshotai/kimi-k3",
    middle="z-ai/glm-5.3",
    small="z-ai/glm-5.3-flash",
    docs="https://openrouter.ai/docs/api-reference/chat-completion",
)

LITELLM = Provider(
    name="litellm",
    base_url="http://127.0.0.1:4000/v1",
    base_path="/v1",
    base_url_env=("LITELLM_BASE_URL",),
    key_env=("LITELLM_API_KEY", "LITELLM_MASTER_KEY"),
    key_required=False,
    docs="https://docs.litellm.ai/docs/simple_proxy",
)

CUSTOM = Provider(
    name="custom",
    base_url="https://custom.invalid/v1",
    base_url_env=("CUSTOM_BASE_URL",),
    key_env=("CUSTOM_API_KEY",),
    key_required=False,
)
"""Any other server of the dialect; it has no address until the user names one."""
