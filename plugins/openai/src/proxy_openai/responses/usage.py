"""Token counts in Anthropic's sense."""

from __future__ import annotations

from typing import Any

from proxy_core.contract import Usage
from proxy_openai.responses.events import object_in


def read_usage(usage: Any) -> Usage | None:
    """The counts, or None when there are none. Whatever is no count is taken for absent.

    OpenAI counts what was read from the cache and what was written to it as part of the input.
    """
    counts = object_in(usage)
    total, output = _count(counts, "input_tokens"), _count(counts, "output_tokens")
    if not total and not output:
        return None
    details = object_in(counts.get("input_tokens_details"))
    read = min(_count(details, "cached_tokens") or 0, total or 0)
    written = min(_count(details, "cache_write_tokens") or 0, (total or 0) - read)
    of_output = object_in(counts.get("output_tokens_details"))
    return Usage(
        input_tokens=(total or 0) - read - written,
        output_tokens=output or 0,
        cache_read_input_tokens=read,
        cache_creation_input_tokens=written,
        thinking_tokens=_count(of_output, "reasoning_tokens"),
    )


def _count(counts: dict[str, Any], name: str) -> int | None:
    value = counts.get(name)
    return value if type(value) is int and value >= 0 else None
