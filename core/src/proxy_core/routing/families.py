"""The families of Claude models, told by a word in the name: lists of ids grow old."""

from __future__ import annotations

import re

FAMILIES = {"opus": "opus", "fable": "opus", "mythos": "opus", "sonnet": "sonnet", "haiku": "haiku"}
"""Each family, and the entry of the model table that stands for it."""

_CLAUDE = re.compile(r"(?:^|[^a-z])claude(?:[^a-z]|$)")


def is_claude(name: str) -> bool:
    """Whether a name is a Claude model's, with whatever vendor's prefix."""
    return _CLAUDE.search(name.lower()) is not None


def is_family(name: str) -> bool:
    """Whether a name says a family of Claude models and no version, as `claude-opus` does."""
    return name.lower().removeprefix("claude-") in FAMILIES


def spelt(name: str) -> str:
    """A Claude model's own name in small letters, as its vendor has it: people write it in any,
    and it leads to one place. What stands after a slash is spelt as its server has it."""
    return name.lower() if is_claude(name) and "/" not in name else name


def family(name: str) -> str | None:
    """The table entry for a Claude model's name or a bare family word; None for all others."""
    lower = name.lower()
    if lower in FAMILIES:
        return FAMILIES[lower]
    if not is_claude(lower):
        return None
    words = re.findall(r"[a-z]+", lower)
    return next((FAMILIES[word] for word in words if word in FAMILIES), None)
