"""Recognising that a prompt is too long, in the words of many servers.

Clients compact a conversation on one wording alone, so every other is translated into it.
Wordings: the vendors' documentation and clients, as of November 2026.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from proxy_core.anthropic.errors import max_tokens_too_large, prompt_too_long
from proxy_core.contract import About
from proxy_core.dialects.openai_chat.failures.report import ErrorReport

CODES = frozenset(
    {
        "context_length_exceeded",
        "exceed_context_size_error",  # llama.cpp
        "1261",  # Z.ai
    }
)
"""Codes that mean a context overflow."""

_PHRASES = (
    r"prompt (?:is )?too long",
    r"input is too long",
    r"maximum context length",
    r"maximum context limit",
    r"maximum prompt length",
    r"prompt exceeds max length",
    r"exceeds the context window",
    r"context window exceeds limit",  # MiniMax
    r"contextwindowexceedederror",  # LiteLLM
    r"longer than the (?:maximum )?model(?:'s)? (?:context )?length",
    r"exceeds the available context size",  # llama.cpp
    r"configured context size",
    r"greater than the context length",  # LM Studio
    r"exceeds the maximum number of tokens allowed",  # Gemini
    r"exceeds the maximum allowed input length",  # Poolside at OpenRouter
    r"exceeded model token limit",  # Moonshot
    r"input token length too long",
    r"input tokens exceed the configured limit",
    r"tokens in request more than max tokens allowed",
    r"total tokens of image and text exceed",  # Ark
    r"range of input length should be",  # DashScope
    r"reduce the length of the messages",
    r"context exceeds your deployment",
    r"tokens \+ `max_new_tokens` must be",  # TGI
)
_TOO_LONG = re.compile("|".join(_PHRASES), re.IGNORECASE)

_GROUPING = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
"""The comma in `131,072`."""
_LIMIT = re.compile(
    r"maximum (?:context|prompt) length is (\d+)|with (\d+) maximum context length|"
    r"context length \((\d+) tokens\)|limit is (\d+)|token limit: (\d+)|"
    r"input length of (\d+)|length should be \[\d+, ?(\d+)\]|must be <= ?(\d+)|> (\d+) maximum|"
    r"tokens allowed \((\d+)\)",
    re.IGNORECASE,
)
_INPUT = re.compile(
    r"\((\d+) (?:in the messages|of text input)|resulted in (\d+) tokens|contains (\d+) tokens|"
    r"has (\d+) input tokens|current length is (\d+)|the input \((\d+) tokens\)|"
    r"input length (\d+)|given: (\d+) `inputs`|too long: (\d+) tokens|"
    r"token count \((\d+)\)",
    re.IGNORECASE,
)
_TOTAL = re.compile(
    r"you requested (?:about )?(\d+) tokens|requested: (\d+)",  # the second is Moonshot's
    re.IGNORECASE,
)
_OUTPUT = re.compile(
    r"(\d+) (?:in the (?:completion|output)|`max_new_tokens`)|is too large: (\d+)", re.IGNORECASE
)
_ONE_REQUEST = re.compile(r"limit (\d+),(?: used \d+,)? requested (\d+)", re.IGNORECASE)


class Overflow(NamedTuple):
    """A message for the client, and whether input or output is what does not fit."""

    about: About
    message: str
    sum_above: tuple[int, int] | None = None
    """What was counted and its limit, where the answer may have been counted with the prompt."""


def read_overflow(report: ErrorReport, window: int | None) -> Overflow:
    """Word an error that is known to be an overflow. `window` stands in for an untold limit."""
    words = _GROUPING.sub("", report.message)
    limit = report.context_size or _number(_LIMIT, words) or window
    total = _number(_TOTAL, words)
    prompt = report.prompt_tokens or _number(_INPUT, words)
    tokens = prompt or total
    output = _number(_OUTPUT, words)
    if tokens is not None and output is not None and limit is not None and tokens <= limit:
        return Overflow(About.MAX_TOKENS, max_tokens_too_large(tokens, output, limit))
    one_sum = (total, limit) if prompt is None and output is None and total and limit else None
    return Overflow(About.CONTEXT_OVERFLOW, prompt_too_long(tokens, limit), one_sum)


def is_overflow_text(message: str) -> bool:
    """Whether an error's words, for want of a code, say that the prompt is too long."""
    return _TOO_LONG.search(message) is not None


def beyond_rate(message: str) -> Overflow | None:
    """A single request above a rate limit's whole quota, where waiting cannot help.

    OpenAI and Groq call it a rate limit; only a shorter prompt gets through.
    """
    found = _ONE_REQUEST.search(message)
    if found is None:
        return None
    limit, requested = int(found[1]), int(found[2])
    if requested <= limit:
        return None
    return Overflow(About.CONTEXT_OVERFLOW, prompt_too_long(requested, limit))


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    """The first group that matched; a number too long to be a count is none."""
    found = pattern.search(text)
    digits = next(filter(None, found.groups()), "") if found else ""
    return int(digits) if 0 < len(digits) <= 15 else None
