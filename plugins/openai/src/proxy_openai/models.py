"""What is known of OpenAI's models, as of November 2026.

The first row whose pattern matches a model's id counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from proxy_core.contract import ModelFacts

_TYPES = "openai SDK 3.51.0, types and docstring of `model`; "
_CATALOGUES = "catalogues of litellm 1.106.2 and pi-ai 1.5.2; 2026-11-20"

_MILLION = 1_050_000
"""Prompt and answer together. The catalogues differ (922,000 of input; 272,000 at the plain
price), so a user who wants less sets it."""

AT_OPENAI = "at_openai"
"""The name under which a row's quirks stand: they hold at OpenAI's own servers and at Azure's, and
not at others that serve such a model."""

_NO_REASONING: Mapping[str, Any] = {}
_REASONING = {"sampling": False, "stop_limit": 0}
"""Reasoning models refuse `temperature`, `top_p` and `stop`."""
_RESPONSES_FOR_TOOLS = {**_REASONING, "tools_with_reasoning": False}
"""From gpt-5.4 on, tools beside reasoning are refused with a pointer to the Responses API."""

_LOW_TO_MAX = ("low", "medium", "high", "xhigh", "max")
_NONE_TO_MAX = ("none", *_LOW_TO_MAX)
_LOW_TO_XHIGH = ("low", "medium", "high", "xhigh")
_NONE_TO_XHIGH = ("none", *_LOW_TO_XHIGH)


def _facts(
    ids: str,
    window: int | None,
    output: int | None,
    efforts: tuple[str, ...] | None,
    quirks: Mapping[str, Any],
) -> Iterator[ModelFacts]:
    """One row for each id, and one for its dated snapshots."""
    for model in ids.split():
        for pattern in (model,) if "*" in model else (model, f"{model}-20*"):
            yield ModelFacts(
                pattern=pattern,
                context_window=window,
                max_output_tokens=output,
                vision=True,
                efforts=efforts,
                quirks={AT_OPENAI: quirks} if quirks else {},
                source=_TYPES + _CATALOGUES,
            )


MODELS: tuple[ModelFacts, ...] = (
    # These two cannot go without reasoning, so over Chat Completions they take no tools.
    *_facts("gpt-6.1-sol gpt-6-astra", _MILLION, 128_000, _LOW_TO_MAX, _RESPONSES_FOR_TOOLS),
    *_facts(
        "gpt-6.1-terra gpt-6-sol gpt-6-luna", _MILLION, 128_000, _NONE_TO_MAX, _RESPONSES_FOR_TOOLS
    ),
    *_facts(
        "gpt-5.6-sol gpt-5.6-terra gpt-5.6-luna",
        _MILLION,
        128_000,
        _NONE_TO_MAX,
        _RESPONSES_FOR_TOOLS,
    ),
    *_facts("gpt-5.5 gpt-5.4", _MILLION, 128_000, _NONE_TO_XHIGH, _RESPONSES_FOR_TOOLS),
    *_facts("gpt-5.4-mini gpt-5.4-nano", 400_000, 128_000, _NONE_TO_XHIGH, _RESPONSES_FOR_TOOLS),
    # Offered over the Responses API alone.
    *_facts("gpt-5.*-pro*", _MILLION, 128_000, ("medium", "high", "xhigh"), _RESPONSES_FOR_TOOLS),
    *_facts("gpt-5.3-codex", 400_000, 128_000, _LOW_TO_XHIGH, _RESPONSES_FOR_TOOLS),
    *_facts("gpt-5.3-codex-spark", 128_000, 32_000, _LOW_TO_XHIGH, _RESPONSES_FOR_TOOLS),
    # Shut down on 2026-12-11.
    *_facts(
        "gpt-5 gpt-5-mini gpt-5-nano",
        400_000,
        128_000,
        ("minimal", "low", "medium", "high"),
        _REASONING,
    ),
    *_facts("o3", 200_000, 100_000, ("low", "medium", "high"), _REASONING),
    # Shut down on 2027-01-14.
    *_facts("gpt-4.1 gpt-4.1-mini", 1_047_576, 32_768, (), _NO_REASONING),
    *_facts("gpt-4o gpt-4o-mini", 128_000, 16_384, (), _NO_REASONING),
    # Families, for ids that the catalogues do not describe; later ones behave as the last.
    *_facts("gpt-5.[123]* gpt-5-* o[134]*", None, None, None, _REASONING),
    *_facts("gpt-5.* gpt-[6-9]*", None, None, None, _RESPONSES_FOR_TOOLS),
)
