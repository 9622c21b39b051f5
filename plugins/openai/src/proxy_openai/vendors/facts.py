"""How a row about models is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from proxy_core.contract import ModelFacts

OVER_CHAT = "chat"
"""The name under which a vendor's quirks and a model's stand: they are those of Chat Completions,
and what users say beside them counts before them."""

CATALOGUES = "catalogues of litellm 1.106.2 and pi-ai 1.5.2; 2026-11-20"

FIRST_ALONE: Mapping[str, Any] = {"mid_system": "user"}
"""Templates of open models refuse a system message that is not the first (Qwen: "System message
must be at the beginning", vllm 41114, llama.cpp 27367, Qwen3.8 244)."""


def rows(
    patterns: str,
    window: int | None = None,
    output: int | None = None,
    *,
    efforts: str | None = "",
    vision: bool | None = False,
    source: str = CATALOGUES,
    **quirks: Any,
) -> Iterator[ModelFacts]:
    """A row for each of the patterns; `efforts` in one string, None where they are not known."""
    for pattern in patterns.split():
        yield ModelFacts(
            pattern=pattern,
            context_window=window,
            max_output_tokens=output,
            vision=vision,
            efforts=None if efforts is None else tuple(efforts.split()),
            quirks={OVER_CHAT: quirks} if quirks else {},
            source=source,
        )
