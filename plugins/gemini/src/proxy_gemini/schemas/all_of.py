"""`allOf`: several schemas that must all hold, told as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

Schema = dict[str, Any]

_DEEPEST = 32
"""Levels of `allOf` in `allOf`; a circle of them says nothing new."""


def flattened(
    parts: list[Any], target_of: Callable[[Any], Any], depth: int = 0
) -> Iterator[Schema]:
    """The parts of an `allOf`, nested ones and references opened."""
    if depth > _DEEPEST:
        return
    for part in parts:
        if not isinstance(part, dict):
            continue
        if "$ref" in part:
            yield from flattened([target_of(part["$ref"])], target_of, depth + 1)
            continue
        yield without(part, "allOf")
        inner = part.get("allOf")
        if isinstance(inner, list):
            yield from flattened(inner, target_of, depth + 1)


def merge(schema: Schema, parts: Iterable[Schema]) -> Schema:
    """All hold: properties and required names add up; of the rest the first word counts."""
    whole = dict(schema)
    for part in parts:
        for keyword, value in part.items():
            known = whole.get(keyword)
            if keyword == "properties" and isinstance(known, dict) and isinstance(value, dict):
                whole[keyword] = {**value, **known}
            elif keyword == "required" and isinstance(known, list) and isinstance(value, list):
                whole[keyword] = [*known, *value]
            else:
                whole.setdefault(keyword, value)
    return whole


def without(schema: Schema, keyword: str) -> Schema:
    return {name: value for name, value in schema.items() if name != keyword}
