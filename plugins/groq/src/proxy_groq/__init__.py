"""Groq: OpenAI's Chat Completions with rules of its own."""

from __future__ import annotations

from typing import Any

from proxy_core.contract import Provider
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_groq.models import MODELS

QUIRKS: dict[str, Any] = {
    # `max_tokens` is deprecated (types of the groq SDK 1.7).
    "max_tokens_field": "max_completion_tokens",
    # Not in those types; the last chunk has the usage anyway, in `x_groq`.
    "stream_usage": False,
    # History takes `reasoning`, and refuses the `reasoning_content` of other servers.
    "reasoning_history": "reasoning",
    "reasoning_fields": ("reasoning",),
    # Answers may call a tool that was not offered, which clients handle; unchecked they are no
    # 400 `tool_use_failed`.
    "disable_tool_validation": True,
    # Structured output is for some models (see there), and neither beside tools nor streamed:
    # console.groq.com/docs/structured-outputs.
    "json_schema": False,
    "json_schema_with_tools": False,
    "json_schema_streamed": False,
    # "Semantic error ... hallucination": console.groq.com/docs/errors advises to ask again.
    "slip_statuses": (422,),
}
"""How Groq differs from the plain dialect. As of November 2026.

Fields that Groq refuses (`name` in messages, `logit_bias`, `logprobs`, `store`, `metadata`,
penalties, `prompt_cache_key`) the plain dialect does not send.
"""

CARD = Provider(
    name="groq",
    base_url="https://api.groq.com/openai/v1",
    base_path="/openai/v1",
    base_url_env=("GROQ_BASE_URL",),
    key_env=("GROQ_API_KEY",),
    models=MODELS,
    big="openai/gpt-oss-120b",
    small="openai/gpt-oss-20b",
    quirks=QUIRKS,
    docs="https://console.groq.com/docs/api-reference",
)


class Groq(OpenAIChat):
    providers = (CARD,)


plugin = Groq()
