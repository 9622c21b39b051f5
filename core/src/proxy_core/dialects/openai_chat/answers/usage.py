"""Token counts in Anthropic's sense, from the many places where servers put them."""

from __future__ import annotations

from typing import Any

from proxy_core.contract import Usage
from proxy_core.dialects.openai_chat.quirks import Quirks


def read_usage(usage: Any, quirks: Quirks) -> Usage | None:
    """The counts, or None when there are none. Whatever is no count is taken for absent.

    OpenAI counts cached tokens as part of the prompt, Anthropic beside it: the three input
    figures returned here add up to `prompt_tokens`.
    """
    if not isinstance(usage, dict):
        return None
    prompt, output = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    if not prompt and not output:
        return None
    prompt, output = prompt or 0, output or 0
    reasoning = _count(usage.get("completion_tokens_details"), "reasoning_tokens")
    if quirks.output_excludes_reasoning and prompt + output < (_count(usage, "total_tokens") or 0):
        output += reasoning or 0
    read = min(_cached(usage), prompt)
    details = usage.get("prompt_tokens_details")
    written = min(_count(details, "cache_write_tokens") or 0, prompt - read)
    return Usage(
        input_tokens=prompt - read - written,
        output_tokens=output,
        cache_read_input_tokens=read,
        cache_creation_input_tokens=written,
        thinking_tokens=reasoning,
    )


def _cached(usage: dict[str, Any]) -> int:
    """Tokens read from the cache: OpenAI's place, else DeepSeek's, else Moonshot's."""
    places = (
        _count(usage.get("prompt_tokens_details"), "cached_tokens"),
        _count(usage, "prompt_cache_hit_tokens"),
        _count(usage, "cached_tokens"),
    )
    return next((count for count in places if count is not None), 0)


def _count(holder: Any, name: str) -> int | None:
    value = holder.get(name) if isinstance(holder, dict) else None
    return value if type(value) is int and value >= 0 else None
