"""Refusals that another way of speaking mends: words and parameters, and the quirks that help.

Where a row names no source, it is the quirk's own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from proxy_core.contract import Repair
from proxy_core.dialects.openai_chat.failures.parameters import (
    parameter_in,
    refused_parameter,
)
from proxy_core.dialects.openai_chat.failures.report import ErrorReport
from proxy_core.dialects.openai_chat.quirks import Quirks

_NO_REASONING_BACK = Repair(quirks={"reasoning_history": "none"})
"""The reasoning is of this conversation: the next one has reasoning that is taken."""
_NO_SUMMARIES = Repair(quirks={"reasoning_summaries": False}, lasting=True)
_REASONING_IN_HISTORY = Repair(
    quirks={"reasoning_history": "reasoning_content", "reasoning_history_filler": " "},
    lasting=True,
)

BY_CODE = {"invalid_encrypted_content": _NO_REASONING_BACK}


class _Words(NamedTuple):
    pattern: re.Pattern[str]
    repair: Repair


def _words(pattern: str, repair: Repair) -> _Words:
    return _Words(re.compile(pattern, re.IGNORECASE), repair)


BY_WORDS = (
    # OpenAI's Responses API: openai-node 1567, continue 10428.
    _words(r"without its required following item", _NO_REASONING_BACK),
    # The same without its code, as gateways tell it: codex 8119.
    _words(r"encrypted content .{0,200}could not be verified", _NO_REASONING_BACK),
    # OpenHands/software-agent-sdk 987.
    _words(r"must be verified to generate reasoning summar", _NO_SUMMARIES),
    # OpenAI's Chat Completions from gpt-5.4 on: openai-openapi 541.
    _words(
        r"function tools with .?reasoning_effort.? are not supported",
        Repair(quirks={"tools_with_reasoning": False}, lasting=True),
    ),
    # Kimi while it thinks, and whoever resells it: QwenPaw 433.
    _words(r"reasoning_content is missing in assistant", _REASONING_IN_HISTORY),
    # DeepSeek while it thinks.
    _words(r"reasoning_content.? in the thinking mode must be passed back", _REASONING_IN_HISTORY),
)

WITHOUT: Mapping[str, Mapping[str, Any]] = {
    "max_tokens": {"max_tokens_field": "max_completion_tokens"},
    "max_completion_tokens": {"max_tokens_field": "max_tokens"},
    "temperature": {"sampling": False},
    "top_p": {"sampling": False},
    "top_k": {"top_k": False},
    "stop": {"stop_limit": 0},
    "reasoning_effort": {"reasoning_control": "none"},
    "reasoning": {"reasoning_control": "none", "reasoning_summaries": False},
    "reasoning.effort": {"reasoning_control": "none"},
    "reasoning.summary": _NO_SUMMARIES.quirks,
    "tool_choice": {"tool_choice": False},
    "parallel_tool_calls": {"parallel_tool_calls": False},
    "stream_options": {"stream_usage": False},
    "store": {"store_field": False},
    "response_format": {"json_schema": False},
    "safety_identifier": {"safety_identifier": False},
    "prompt_cache_key": {"prompt_cache_key": False},
    "cache_control": {"cache_control": False},
    "disable_tool_validation": {"disable_tool_validation": False},
}
"""Quirks under which a parameter is not sent, or is sent in another way."""

NO_VALUE_BUT_ONE = frozenset({"temperature", "top_p", "reasoning.summary"})
"""Parameters of which a model that refuses a value takes no other than its default."""
OTHER_VALUES = frozenset({"reasoning_effort", "reasoning.effort"})
"""Parameters of which another value may well be taken."""

_PARAMETER_CODES = frozenset({"unsupported_parameter", "unknown_parameter"})
_VALUE_CODES = frozenset({"unsupported_value", "invalid_value"})
_VALUE_TEXT = re.compile(r"unsupported value", re.IGNORECASE)


def repair_for(report: ErrorReport, quirks: Quirks) -> Repair | None:
    """What may help a request that was refused so; None where the server speaks so already."""
    repair = _by_words(report) or _by_parameter(report)
    if repair is None or quirks.but(repair.quirks) == quirks:
        return None
    return repair


def _by_words(report: ErrorReport) -> Repair | None:
    for code in report.codes:
        if code in BY_CODE:
            return BY_CODE[code]
    rows = (row for row in BY_WORDS if row.pattern.search(report.message))
    return next((row.repair for row in rows), None)


def _by_parameter(report: ErrorReport) -> Repair | None:
    name = refused_parameter(report)
    if name is None or name not in WITHOUT:
        return None
    if not _VALUE_CODES.isdisjoint(report.codes) or _VALUE_TEXT.search(report.message):
        if name not in NO_VALUE_BUT_ONE | OTHER_VALUES:
            return None
        return Repair(quirks=WITHOUT[name], lasting=name in NO_VALUE_BUT_ONE)
    if _PARAMETER_CODES.isdisjoint(report.codes) and parameter_in(report.message) is None:
        return None
    return Repair(quirks=WITHOUT[name], lasting=True)
