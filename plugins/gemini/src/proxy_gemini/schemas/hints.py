"""What a schema can no longer say, said to the model in its description."""

from __future__ import annotations

from typing import Any

import msgspec

_LONGEST = 200
"""Characters of a value that are repeated; a schema may hold a whole file as a default."""


def hint(keyword: str, value: Any) -> str:
    """A constraint in a few words."""
    match keyword, value:
        case "uniqueItems", bool():
            return keyword if value else ""
        case "pattern", str():
            return _short(f"pattern: {value}")
        case "propertyNames", {"pattern": str() as pattern}:
            return _short(f"keys match {pattern}")
        case "patternProperties", dict():
            return "; ".join(_short(f"keys {name}: {kind(inner)}") for name, inner in value.items())
        case _:
            return _short(f"{keyword}: {as_json(value)}")


def kind(schema: Any) -> str:
    """A schema in a word, or as it is."""
    if isinstance(schema, dict) and isinstance(schema.get("type"), str):
        return str(schema["type"])
    return as_json(schema)


def as_json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def described(schema: dict[str, Any], hints: list[str]) -> None:
    """Add hints to a schema's description."""
    said = "; ".join(words for words in hints if words)
    if said:
        before = schema.get("description")
        schema["description"] = f"{before} ({said})" if before else f"({said})"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
