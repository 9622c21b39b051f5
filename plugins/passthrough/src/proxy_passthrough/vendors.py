"""The vendors that serve the Messages API themselves, as of November 2026.

Sources: developersdigest.tech's compatibility pages, each verified there against the vendor's
own documentation, autumn 2026 (here DD); the provider code of litellm 1.106 and of openclaw;
Ollama's documentation, August 2026. Where a vendor has a card for Chat Completions too, the
name of its card here ends in `-anthropic`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy_core.contract import ModelFacts, Provider
from proxy_core.dialects.anthropic_native.quirks import AS_OF_2025

VERSION = {"anthropic-version": "2023-06-01"}
"""For clients that name none. A client's own goes before it."""

NO_EFFORT = ("/output_config",)
NO_CACHING = (
    "/cache_control",
    "/system/*/cache_control",
    "/tools/*/cache_control",
    "/messages/*/content/*/cache_control",
    "/messages/*/content/*/content/*/cache_control",
)
_UNKNOWN_TO_VENDORS = (
    "/container",
    "/diagnostics",
    "/safeguards",
    "/speed",
    "/thinking/display",
    "/user_profile_id",
    "/tools/*/defer_loading",
    "/tools/*/eager_input_streaming",
    "/tools/*/type=custom",
    "/system/*/cache_control/ttl",
    "/tools/*/cache_control/ttl",
    "/messages/*/content/*/cache_control/ttl",
)
"""What litellm and openclaw take out, beside betas, for every vendor that is not Anthropic.
`type: custom` is refused by DeepSeek (DD), and says nothing that its absence does not.
`safeguards` and profiles are between the client and Anthropic."""


def vendor(*drop: str, **more: Any) -> Mapping[str, Any]:
    """The quirks of a vendor that takes the API as it was in 2025, without `drop`."""
    known = {"drop": (*_UNKNOWN_TO_VENDORS, *drop), "headers": ("anthropic-version",)}
    return {**AS_OF_2025, **known, **more}


def _words(pointer: str, **words: str) -> Mapping[str, Mapping[str, str]]:
    return {"/messages/*/role": {"system": "user"}, pointer: words}


def _efforts(**words: str) -> Mapping[str, Mapping[str, str]]:
    return _words("/output_config/effort", **words)


_TEXT_IMAGES_AND_CALLS = ("text", "image", "tool_use", "tool_result")
"""The content that local servers read, beside thinking, which has rules of its own."""

VENDORS: tuple[Provider, ...] = (
    Provider(
        name="deepseek-anthropic",
        base_url="https://api.deepseek.com/anthropic",
        base_url_env=("DEEPSEEK_ANTHROPIC_BASE_URL",),
        key_env=("DEEPSEEK_API_KEY",),
        key_header="x-api-key",
        key_scheme="",
        headers=VERSION,
        # Its efforts, and thinking that must come back, else 400: api-docs.deepseek.com, thinking
        # mode, 2026. "thinking options type cannot be disabled when reasoning_effort is set", as
        # Claude Code has it for each sub-agent: deepseek-ai/DeepSeek-V3 1397.
        quirks=vendor(
            rewrite=_efforts(medium="high", xhigh="high"),
            thinking_filler="all",
            effort_without_thinking=False,
        ),
        models=(ModelFacts(pattern="deepseek-*", context_window=1_000_000, source="DD, litellm"),),
        big="deepseek-v4-pro",
        small="deepseek-flash",
        docs="https://api-docs.deepseek.com/guides/anthropic_api",
    ),
    Provider(
        name="zai-anthropic",
        base_url="https://api.z.ai/api/anthropic",  # in China open.bigmodel.cn/api/anthropic
        base_url_env=("ZAI_ANTHROPIC_BASE_URL",),
        key_env=("ZAI_API_KEY", "Z_AI_API_KEY"),
        headers=VERSION,
        quirks=vendor(*NO_EFFORT),
        models=(ModelFacts(pattern="glm-*", source="DD"),),
        big="glm-5.3",
        small="glm-5.3-flash",
        docs="https://docs.z.ai/devpack/tool/claude",
    ),
    Provider(
        name="minimax",
        base_url="https://api.minimax.io/anthropic",  # in China api.minimaxi.com/anthropic
        base_url_env=("MINIMAX_BASE_URL",),
        key_env=("MINIMAX_API_KEY",),
        headers=VERSION,
        quirks=vendor(*NO_EFFORT),
        docs="https://platform.minimax.io/docs/api-reference/text-anthropic-api",
        models=(
            # M2.x sends its reasoning as OpenAI's deltas between Anthropic's events, unless it is
            # told not to reason. M3 that may not reason answers with nothing. (openclaw)
            ModelFacts(
                pattern="MiniMax-M2*",
                context_window=204_800,
                quirks={"put": {"thinking": {"type": "disabled"}}},
                source="openclaw",
            ),
            ModelFacts(
                pattern="MiniMax-M3*",
                context_window=1_000_000,
                quirks={"rewrite": _words("/thinking/type", disabled="adaptive")},
                source="openclaw",
            ),
        ),
        big="MiniMax-M3",
    ),
    Provider(
        name="openrouter-anthropic",
        base_url="https://openrouter.ai/api",
        base_url_env=("OPENROUTER_ANTHROPIC_BASE_URL",),
        key_env=("OPENROUTER_API_KEY",),
        headers=VERSION,
        # Its anthropic/* models are Anthropic's own, others it converts itself.
        quirks=vendor(thinking_opens_turns=True, session_header="x-session-id"),
        docs="https://openrouter.ai/docs",
    ),
    Provider(
        name="fireworks-anthropic",
        base_url="https://api.fireworks.ai/inference",
        base_url_env=("FIREWORKS_ANTHROPIC_BASE_URL",),
        key_env=("FIREWORKS_API_KEY",),
        headers=VERSION,
        quirks=vendor("/tools/*/cache_control", *NO_EFFORT, session_header="x-session-affinity"),
        docs="https://docs.fireworks.ai/tools-sdks/anthropic-compatibility",
    ),
    Provider(
        name="kimi-code",
        docs="https://www.kimi.com/code/docs/en/third-party-tools/other-coding-agents.html",
        base_url="https://api.kimi.com/coding",
        base_url_env=("KIMI_BASE_URL",),
        key_env=("KIMI_API_KEY",),
        headers=VERSION,
        # Refuses clients it does not know ("only available for Coding Agents").
        quirks=vendor(
            rewrite=_efforts(medium="high", xhigh="max"),
            thinking_filler="calls",
            tool_id_pattern=r"[!-~]+",  # it gives out `functions.Run:0`
            headers=("anthropic-version", "user-agent", "x-app"),
        ),
        models=(ModelFacts(pattern="k3*", context_window=1_048_576, source="kimi-cli"),),
        big="k3",
    ),
    Provider(
        name="qwen",
        docs="https://www.alibabacloud.com/help/en/model-studio/anthropic-api-messages",
        base_url="https://dashscope-intl.aliyuncs.com/apps/anthropic",
        base_url_env=("DASHSCOPE_ANTHROPIC_BASE_URL",),
        key_env=("DASHSCOPE_API_KEY",),
        headers=VERSION,
        quirks=vendor(*NO_EFFORT),
        models=(ModelFacts(pattern="qwen*", context_window=1_000_000, source="openclaw"),),
        big="qwen3.8-max",
        small="qwen3.8-flash",
    ),
    Provider(
        name="ark",
        base_url="https://ark.cn-beijing.volces.com/api/compatible",
        base_url_env=("ARK_ANTHROPIC_BASE_URL",),
        key_env=("ARK_API_KEY", "VOLCANO_ENGINE_API_KEY"),
        headers=VERSION,
        quirks=vendor(*NO_EFFORT),
        docs="https://www.volcengine.com/docs/82379",
    ),
    Provider(
        name="meta",
        base_url="https://api.meta.ai",
        base_url_env=("META_BASE_URL",),
        key_env=("META_API_KEY",),
        headers=VERSION,
        quirks=vendor(*NO_EFFORT),
        models=(ModelFacts(pattern="muse-*", source="catalogue of litellm 1.106"),),
        docs="https://dev.meta.ai/docs",
    ),
    Provider(
        name="mimo",
        docs="https://platform.xiaomimimo.com/docs/en-US/api/chat/anthropic-api",
        base_url="https://api.xiaomimimo.com/anthropic",
        base_url_env=("XIAOMI_ANTHROPIC_BASE_URL",),
        key_env=("XIAOMI_API_KEY",),
        headers=VERSION,
        quirks=vendor(*NO_EFFORT),
        models=(ModelFacts(pattern="mimo-*", context_window=1_000_000, source="pi-ai 1.5"),),
        big="mimo-v2.6-pro",
        small="mimo-v2.6-flash",
    ),
    Provider(
        name="vercel",
        base_url="https://ai-gateway.vercel.sh",
        base_url_env=("AI_GATEWAY_BASE_URL",),
        key_env=("AI_GATEWAY_API_KEY",),
        headers=VERSION,
        quirks=vendor(thinking_opens_turns=True),
        docs="https://vercel.com/docs/ai-gateway/anthropic-compat",
    ),
    Provider(
        name="litellm-anthropic",
        base_url="http://127.0.0.1:4000",
        base_url_env=("LITELLM_ANTHROPIC_BASE_URL",),
        key_env=("LITELLM_API_KEY", "LITELLM_MASTER_KEY"),
        key_required=False,
        headers=VERSION,
        quirks=vendor(thinking_opens_turns=True),
        docs="https://docs.litellm.ai/docs/anthropic_unified",
    ),
    Provider(
        name="ollama-anthropic",
        base_url="http://127.0.0.1:11434",
        base_url_env=("OLLAMA_ANTHROPIC_BASE_URL",),
        key_env=("OLLAMA_API_KEY",),
        key_required=False,
        headers=VERSION,
        quirks=vendor(
            *("/tool_choice", "/metadata"),
            *NO_CACHING,
            *NO_EFFORT,
            blocks=_TEXT_IMAGES_AND_CALLS,
            image_urls=False,
            hash_user=False,
            count_tokens=False,
        ),
        docs="https://docs.ollama.com/api/anthropic-compatibility",
    ),
    Provider(
        name="vllm-anthropic",
        base_url="http://127.0.0.1:8000",
        base_url_env=("VLLM_ANTHROPIC_BASE_URL",),
        key_env=("VLLM_API_KEY",),
        key_required=False,
        headers=VERSION,
        # 400 for any other type of block: its types, docs.vllm.ai, entrypoints.anthropic.protocol.
        quirks=vendor(*NO_EFFORT, blocks=_TEXT_IMAGES_AND_CALLS),
        docs="https://docs.vllm.ai/en/stable/serving/integrations/claude_code/",
    ),
    Provider(
        name="lmstudio-anthropic",
        base_url="http://127.0.0.1:1234",
        base_url_env=("LMSTUDIO_ANTHROPIC_BASE_URL",),
        key_env=("LM_API_TOKEN", "LMSTUDIO_API_KEY"),
        key_required=False,
        headers=VERSION,
        quirks=vendor(*NO_EFFORT),
        docs="https://lmstudio.ai/docs/developer/anthropic-compat",
    ),
    Provider(
        name="llamacpp-anthropic",
        docs="https://github.com/ggml-org/llama.cpp/tree/master/tools/server",
        base_url="http://127.0.0.1:8080",
        base_url_env=("LLAMACPP_ANTHROPIC_BASE_URL",),
        key_env=("LLAMA_API_KEY",),
        key_required=False,
        headers=VERSION,
        quirks=vendor(*NO_EFFORT),
    ),
)
