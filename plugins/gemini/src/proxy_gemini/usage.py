"""Token counts in Anthropic's sense."""

from __future__ import annotations

from typing import Any

from proxy_core.contract import Usage

_COUNTS = (
    "promptTokenCount",
    "cachedContentTokenCount",
    "candidatesTokenCount",
    "thoughtsTokenCount",
    "toolUsePromptTokenCount",
)


class UsageMeter:
    """Gathers the counts of one answer.

    Every chunk brings all that were counted so far, but a later one may leave some out: the
    largest count is the true one.
    """

    def __init__(self) -> None:
        self._counts = dict.fromkeys(_COUNTS, 0)
        self._told = False

    def read(self, metadata: Any) -> Usage | None:
        """The counts with those of one chunk; None while there are none at all.

        Cached tokens are part of Gemini's prompt and stand beside Anthropic's; thoughts stand
        beside Gemini's answer and are part of Anthropic's.
        """
        if isinstance(metadata, dict):
            for name in _COUNTS:
                value = metadata.get(name)
                if type(value) is int and 0 <= value <= _LARGEST:
                    self._told = True
                    self._counts[name] = max(self._counts[name], value)
        return self._usage() if self._told else None

    def _usage(self) -> Usage:
        prompt, cached, answer, thoughts, tools = (self._counts[name] for name in _COUNTS)
        cached = min(cached, prompt)
        return Usage(
            input_tokens=prompt - cached + tools,
            output_tokens=answer + thoughts,
            cache_read_input_tokens=cached,
            thinking_tokens=thoughts,
        )


_LARGEST = 1 << 53
"""Beyond it a number is no count, and JSON readers lose its end."""
