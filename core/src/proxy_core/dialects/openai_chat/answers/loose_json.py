"""JSON that models write by hand: read where its meaning is certain, and not otherwise."""

from __future__ import annotations

import json
from typing import Any

import msgspec

_decoder = json.JSONDecoder(strict=False)
"""Takes line ends inside strings, which models forget to escape and parsers refuse."""


def read_value(text: str, start: int = 0) -> tuple[Any, int] | None:
    """The value that begins at `start`, and where it ends; None where there is none."""
    try:
        return _decoder.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None


def object_text(text: str) -> str | None:
    """The arguments of a call as JSON that every parser takes; None if they are no object.

    Some models write the object as a JSON string. Nothing at all means no arguments.
    """
    text = text.strip()
    if not text or is_object(text):
        return text or "{}"
    found = read_value(text)
    if found is None or found[1] != len(text):
        return None
    return object_text(found[0]) if isinstance(found[0], str) else written(found[0])


def written(value: Any) -> str | None:
    """An object as JSON; None for what is no object or cannot be written."""
    if not isinstance(value, dict):
        return None
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError):
        return None


def is_object(text: str) -> bool:
    """Whether the text is a JSON object that every parser takes."""
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError):  # a lone surrogate is a ValueError, too
        return False
    return True
