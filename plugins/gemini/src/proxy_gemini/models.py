"""What is known of Google's models, as of November 2026.

The first row whose pattern matches a model's id counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from proxy_core.contract import ModelFacts

_DOCS = "ai.google.dev/gemini-api/docs/models and changelog, 2026-11-20"
_PEERS = "google-genai 3.3.0, pydantic-ai 2.68.0, litellm 1.109.1; 2026-11-20"

_MILLION = 1_048_576
_OUTPUT = 65_536
"""Most that one request brings: Gemini 4 goes on over several requests, which is not used."""

_LEVELS = ("low", "medium", "high")
_FROM_MINIMAL = ("minimal", *_LEVELS)
_TO_XHIGH = (*_LEVELS, "xhigh")
_BUDGETED = ("none", *_LEVELS)

_OFFICE = {"office_documents": True}
_SHORT_UNARY = {"unary_output_tokens": 32_768}
_SECOND: Mapping[str, Any] = {
    "call_ids": False,
    "signature_era": "2.5",
    "signature_dummy": "",
    "sampling": True,
    "media_in_results": False,
    "json_schema_with_tools": False,
}
"""The second generation. Its signatures are optional and not valid for the third."""
_LITE_BUDGET = {**_SECOND, "thinking_budget": (0, 512, 24_576)}
_FLASH_BUDGET = {**_SECOND, "thinking_budget": (0, 1, 24_576)}
_PRO_BUDGET = {**_SECOND, "thinking_budget": (128, 128, 32_768)}
_GEMMA = {
    **_SECOND,
    "signature_era": "gemma",
    "system_instruction": False,
    "web_search": False,
}
_THIRD: Mapping[str, Any] = {}


def _facts(
    ids: str,
    efforts: tuple[str, ...],
    quirks: Mapping[str, Any],
    source: str = _DOCS,
    size: tuple[int, int] = (_MILLION, _OUTPUT),
) -> Iterator[ModelFacts]:
    """One row for each id."""
    for pattern in ids.split():
        yield ModelFacts(
            pattern=pattern,
            context_window=size[0],
            max_output_tokens=size[1],
            vision=True,
            efforts=efforts,
            quirks=quirks,
            source=source,
        )


MODELS: tuple[ModelFacts, ...] = (
    *_facts("gemini-4-carbon", _LEVELS, _OFFICE | _SHORT_UNARY),
    *_facts("gemini-4-hydrogen", _TO_XHIGH, _OFFICE),
    *_facts("gemini-4-argon", _LEVELS, _SHORT_UNARY),
    # `minimal` is refused from 3.8 on. 3.7 has been served by 3.8 since 2026-10-08, and 3.5 by 3.6.
    *_facts("gemini-3.8-flash gemini-3.7-flash", _LEVELS, _THIRD),
    *_facts(
        "gemini-3.6-flash gemini-3.5-flash gemini-3.5-flash-lite gemini-3.1-flash-lite "
        "gemini-3-flash-preview",
        _FROM_MINIMAL,
        _THIRD,
    ),
    *_facts("gemini-3.1-pro-preview gemini-3.1-pro-preview-customtools", _LEVELS, _THIRD, _PEERS),
    # Retired not before 2026-10-16, and still listed.
    *_facts("gemini-2.5-pro*", _BUDGETED, _PRO_BUDGET),
    *_facts("gemini-2.5-flash-lite*", _BUDGETED, _LITE_BUDGET, _PEERS),
    *_facts("gemini-2.5-flash*", _BUDGETED, _FLASH_BUDGET, _PEERS),
    # Older ones cannot think; later ones behave as the newest.
    *_facts("gemini-1* gemini-2*", (), _SECOND, _PEERS),
    *_facts("gemma-*", (), _GEMMA, _PEERS, (262_144, 32_768)),
    *_facts("gemini-*", _LEVELS, _THIRD, _PEERS),
)
