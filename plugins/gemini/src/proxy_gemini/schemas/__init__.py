"""JSON Schemas of tools and answers, made fit for Gemini.

Keywords are told from properties by their place: a property may well be called `title`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Raw

from proxy_gemini.schemas.clean import Cleaner
from proxy_gemini.schemas.keywords import LANES, LaneName
from proxy_gemini.schemas.openapi import typed

__all__ = ["Clean", "LaneName", "Unreadable", "clean_schema"]

_CACHED_LENGTH = 16 << 10


class Unreadable(ValueError):
    """The text is no schema that can be sent; the message says why, for a person."""


class Clean(msgspec.Struct, frozen=True):
    """A schema fit to send, and the pointers of what was changed in it."""

    schema: Raw
    changed: tuple[str, ...]
    has_properties: bool


def clean_schema(text: bytes, lane: LaneName) -> Clean:
    """The schema in the words of `lane`. Raises `Unreadable`."""
    return (_cached if len(text) <= _CACHED_LENGTH else _clean)(text, lane)


def _clean(text: bytes, lane: LaneName) -> Clean:
    try:
        root: Any = msgspec.json.decode(text)
        if not isinstance(root, dict):
            raise Unreadable("a schema must be a JSON object")
        cleaner = Cleaner(root, LANES[lane])
        schema = cleaner.root()
        made = schema if LANES[lane].has_refs else typed(schema)
        sent = Raw(msgspec.json.encode(made))
    except RecursionError:
        raise Unreadable("the schema is nested too deeply") from None
    except msgspec.DecodeError:
        raise Unreadable("a number in the schema is too large") from None
    return Clean(sent, tuple(cleaner.changed), bool(made.get("properties")))


_cached = lru_cache(maxsize=1024)(_clean)
"""A client sends the same tools with every turn."""
