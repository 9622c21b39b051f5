"""JSON Schemas of tools and structured outputs, changed only where a server asks for it.

Keywords are told from properties by their place: a property may well be called `format`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Raw

from proxy_core.ledger import escaped

_ONE = frozenset(
    {
        "additionalItems", "additionalProperties", "contains", "contentSchema", "else", "if",
        "items", "not", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
    }
)  # fmt: skip
"""Keywords whose value is a schema."""
_LIST = frozenset({"allOf", "anyOf", "items", "oneOf", "prefixItems"})
"""Keywords whose value is a list of schemas."""
_NAMED = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
"""Keywords whose value maps names to schemas."""

_CACHED_LENGTH = 16 << 10
_root = msgspec.json.Decoder(dict[str, Raw])


class NotAnObjectError(ValueError):
    """The text is no JSON object, so no schema of parameters."""


class Parameters(msgspec.Struct, frozen=True):
    """A schema fit to send, and the pointers of what was taken out of it."""

    schema: Raw
    removed: tuple[str, ...] = ()


def parameters(schema: Raw, dropped: frozenset[str]) -> Parameters:
    """The parameters of a tool from the client's schema, without the `dropped` keywords.

    Raises `NotAnObjectError`.
    """
    text = bytes(schema)
    make = _cached if len(text) <= _CACHED_LENGTH else _parameters
    return make(text, dropped)


def _parameters(text: bytes, dropped: frozenset[str]) -> Parameters:
    removed: list[str] = []
    if dropped and any(f'"{keyword}"'.encode() in text for keyword in dropped):
        text = msgspec.json.encode(_without(msgspec.json.decode(text), dropped, "", removed))
    return Parameters(_rooted(text), tuple(removed))


_cached = lru_cache(maxsize=1024)(_parameters)
"""A client sends the same tools with every turn."""


def _rooted(text: bytes) -> Raw:
    """OpenAI refuses parameters that are not an object with properties."""
    try:
        members = _root.decode(text)
    except msgspec.ValidationError as error:
        raise NotAnObjectError(str(error)) from None
    if "type" in members and "properties" in members:
        return Raw(text)
    return Raw(msgspec.json.encode(_OBJECT | members))


_OBJECT = {"type": Raw(b'"object"'), "properties": Raw(b"{}")}


def _without(schema: Any, dropped: frozenset[str], path: str, removed: list[str]) -> Any:
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for keyword, value in schema.items():
        place = f"{path}/{escaped(keyword)}"
        if keyword in dropped:
            removed.append(place)
        else:
            kept[keyword] = _inside(
                keyword, value, place, lambda inner, at: _without(inner, dropped, at, removed)
            )
    return kept


def _inside(keyword: str, value: Any, path: str, visit: Callable[[Any, str], Any]) -> Any:
    """`value` with `visit` applied to each schema that stands in it."""
    if keyword in _NAMED and isinstance(value, dict):
        return {name: visit(inner, f"{path}/{escaped(name)}") for name, inner in value.items()}
    if keyword in _LIST and isinstance(value, list):
        return [visit(inner, f"{path}/{index}") for index, inner in enumerate(value)]
    if keyword in _ONE:
        return visit(value, path)
    return value


def is_strict(schema: Any) -> bool:
    """Whether the schema keeps OpenAI's rule for `strict`: closed objects, all required."""
    return all(_is_closed(inner) for inner in _schemas(schema))


def can_be_strict(schema: Raw) -> bool:
    """The same for a schema as it is written."""
    try:
        return is_strict(msgspec.json.decode(schema))
    except (RecursionError, msgspec.ValidationError):  # too deep, or numbers beyond any type
        return False


def _is_closed(schema: dict[str, Any]) -> bool:
    properties = schema.get("properties")
    if schema.get("type") != "object" and properties is None:
        return True
    names = properties if isinstance(properties, dict) else {}
    required = schema.get("required")
    return schema.get("additionalProperties") is False and set(names) == set(
        required if isinstance(required, list) else ()
    )


def _schemas(schema: Any) -> Iterator[dict[str, Any]]:
    """The schema and every one inside it."""
    if not isinstance(schema, dict):
        return
    yield schema
    inner: list[Any] = []
    for keyword, value in schema.items():
        _inside(keyword, value, "", lambda found, _: inner.append(found))
    for found in inner:
        yield from _schemas(found)
