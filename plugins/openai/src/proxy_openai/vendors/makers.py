"""Vendors that serve models of their own: xAI, DeepSeek, Mistral, Z.ai."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy_core.contract import Provider
from proxy_openai.vendors.facts import OVER_CHAT, rows

_MILLION = 1_000_000

XAI = Provider(
    name="xai",
    aliases=("grok",),
    base_url="https://api.x.ai/v1",  # in the USA alone us.api.x.ai
    base_url_env=("XAI_BASE_URL",),
    key_env=("XAI_API_KEY",),
    quirks={
        OVER_CHAT: {
            "max_tokens_field": "max_completion_tokens",
            # 400 from models that reason: docs.x.ai, reasoning; litellm's provider code.
            "stop_limit": 0,
            # `total_tokens` is more than the two: litellm's provider code.
            "output_excludes_reasoning": True,
            # Caches are each server's own: docs.x.ai, maximizing cache hits.
            "session_header": "x-grok-conv-id",
        }
    },
    models=(
        *rows("grok-4.7 grok-4.6 grok-4.5*", 500_000, efforts="low medium high xhigh", vision=True),
        *rows("grok-4.3*", _MILLION, efforts="none low medium high xhigh", vision=True),
        # They reason always, and cannot be told how much.
        *rows("grok-build-0.1 grok-code-fast-1*", 256_000, vision=True),
    ),
    big="grok-4.7",
    middle="grok-4.6",
    small="grok-code-fast-1",
    docs="https://docs.x.ai/docs/api-reference",
)

DEEPSEEK = Provider(
    name="deepseek",
    base_url="https://api.deepseek.com",
    base_url_env=("DEEPSEEK_BASE_URL",),
    key_env=("DEEPSEEK_API_KEY",),
    quirks={
        OVER_CHAT: {
            # Thinks unless told not to: api-docs.deepseek.com, thinking mode.
            "reasoning_control": "thinking",
            "effort_map": {"minimal": "low", "medium": "high", "xhigh": "high"},
            # 400 "The `reasoning_content` in the thinking mode must be passed back to the API.": on
            # every message of the assistant, and on none while thinking is off.
            "reasoning_history": "reasoning_content",
            "reasoning_history_filler": " ",
            # 400 "Thinking mode does not support this tool_choice": DeepSeek-V3 1376.
            "forced_tool_choice": "unless_thinking",
            # 400 "This response_format type is unavailable now" (llm-exe 662).
            "json_schema": False,
        }
    },
    models=(
        *rows("deepseek-flash", _MILLION, 384_000, efforts="low high max", vision=True),
        *rows("deepseek-v4-pro*", _MILLION, 384_000, efforts="low high max"),
        *rows("deepseek-*", efforts="low high max", vision=None),
    ),
    big="deepseek-v4-pro",
    small="deepseek-flash",
    docs="https://api-docs.deepseek.com/api/create-chat-completion",
)

_THINKS: Mapping[str, Any] = {"reasoning_history": "thinking_parts"}

MISTRAL = Provider(
    name="mistral",
    base_url="https://api.mistral.ai/v1",
    base_path="/v1",
    base_url_env=("MISTRAL_BASE_URL",),
    key_env=("MISTRAL_API_KEY",),
    quirks={
        OVER_CHAT: {
            "top_k": True,
            # No `stream_options` in the types of its SDK 3.7; usage comes unasked.
            "stream_usage": False,
            "sampling_with_effort": False,  # 400 for temperature 0 beside `high`: pi-ai
            "prefill_field": "prefix",
            # 400 "Tool call id has to be defined ... a-z, A-Z, 0-9, with a length of 9".
            "tool_id_length": 9,
            "tool_id_pattern": "[a-zA-Z0-9]{9}",
            # 400 "Unexpected role 'user' after role 'tool'", code 3230: hermes-agent 20154.
            "user_after_tool": False,
            # Nothing is cached without one: docs.mistral.ai, prompt caching.
            "prompt_cache_key": True,
            "mid_system": "user",  # 400 "Unexpected role 'system' after role 'user'"
        }
    },
    models=(
        *rows(
            "mistral-large-4*",
            1_048_576,
            262_144,
            efforts="low medium high",
            vision=True,
            **_THINKS,
        ),
        *rows(
            "mistral-medium-3.5 mistral-medium-latest mistral-medium-2604 magistral-*",
            262_144,
            efforts="none high",
            vision=True,
            **_THINKS,
        ),
        *rows(
            "mistral-small-latest mistral-small-2603",
            262_144,
            256_000,
            efforts="none high",
            vision=True,
            **_THINKS,
        ),
        *rows("mistral-large-latest mistral-large-2512", 262_144, vision=True),
        *rows("devstral-latest devstral-2512 devstral-medium-latest", 262_144),
    ),
    big="mistral-large-4",
    middle="mistral-medium-3.5",
    small="mistral-small-latest",
    docs="https://docs.mistral.ai/api",
)

_ALWAYS: Mapping[str, Any] = {"reasoning_control": "effort"}

ZAI = Provider(
    name="zai",
    # With a Coding Plan api.z.ai/api/coding/paas/v4; in China the same paths at open.bigmodel.cn.
    base_url="https://api.z.ai/api/paas/v4",
    base_url_env=("ZAI_BASE_URL",),
    key_env=("ZAI_API_KEY", "Z_AI_API_KEY"),
    quirks={
        OVER_CHAT: {
            "reasoning_control": "thinking",
            # Earlier reasoning is kept in view, and not cleared: docs.z.ai, preserved thinking.
            "reasoning_history": "reasoning_content",
            "extra_body_while": {
                "thinking": {"thinking": {"type": "enabled", "clear_thinking": False}},
                # Else a call's arguments come in one piece: docs.z.ai/guides/tools/stream-tool.
                "streaming": {"tool_stream": True},
            },
            # The only choice is `auto`, and structured output is json_object: agentscope, GLM.
            "tool_choice": False,
            "parallel_tool_calls": False,
            "json_schema": False,
            "stream_usage": False,  # comes unasked in the last chunk
        }
    },
    models=(
        # These always think.
        *rows("glm-5.3 glm-5.3-highspeed", _MILLION, 131_072, efforts="low high max", **_ALWAYS),
        *rows("glm-5.3-flash", _MILLION, 131_072, efforts="low high max", vision=True, **_ALWAYS),
        *rows("glm-5.2*", _MILLION, 131_072, efforts="high max"),
        *rows("glm-4.7 glm-5 glm-5.1 glm-5-turbo", 200_000, 131_072),
    ),
    big="glm-5.3",
    small="glm-5.3-flash",
    docs="https://docs.z.ai/api-reference/llm/chat-completion",
)
