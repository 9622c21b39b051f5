"""The pieces of a schema, looked at one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

BESIDE_A_CHOICE = ("description", "title")
"""What may stand beside `anyOf` and `$ref`."""
_TYPES = ("string", "number", "boolean", "object", "array", "null")


def types_of(schema: Json) -> list[Any]:
    """The types that a schema names, or else shows; none where it may be anything."""
    said = schema.get("type")
    if isinstance(said, str):
        return [said]
    if isinstance(said, list):
        return [one for one in said if isinstance(one, str)]
    if isinstance(schema.get("enum"), list):
        return list(dict.fromkeys(_type_of(value) for value in schema["enum"]))
    if "properties" in schema or "additionalProperties" in schema or "required" in schema:
        return ["object"]
    return ["array"] if "items" in schema else []


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case dict():
            return "object"
        case list():
            return "array"
        case _:
            return "null"


def is_of(value: Any, kind: str) -> bool:
    found = _type_of(value)
    return found == kind or (kind == "number" and found == "integer")


def anything(schema: Json) -> Json:
    """Any value: a schema without a type is refused."""
    return {**only_beside(schema), "anyOf": [{"type": kind} for kind in _TYPES]}


def both(one: Json, other: Json) -> Json:
    """What two schemas demand together, as far as their properties go."""
    made = {**one, **other}
    if "properties" in one or "properties" in other:
        made["properties"] = {**table(one, "properties"), **table(other, "properties")}
    required = [*(one.get("required") or ()), *(other.get("required") or ())]
    return {**made, "required": list(dict.fromkeys(required))} if required else made


def at(root: Any, ref: str) -> Json | None:
    """The schema that a pointer into the document names."""
    if not ref.startswith("#/"):
        return None
    place = root
    for step in _steps(ref):
        place = place.get(step) if isinstance(place, dict) else None
    return place if isinstance(place, dict) else None


def _steps(ref: str) -> Iterator[str]:
    for step in ref.removeprefix("#/").split("/"):
        yield step.replace("~1", "/").replace("~0", "~")


def table(schema: Json, key: str) -> Json:
    found = schema.get(key)
    return found if isinstance(found, dict) else {}


def without(schema: Json, keys: Any) -> Json:
    return {key: value for key, value in schema.items() if key not in keys}


def only_beside(schema: Json) -> Json:
    return {key: schema[key] for key in BESIDE_A_CHOICE if key in schema}
