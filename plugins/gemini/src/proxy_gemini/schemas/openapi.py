"""A cleaned schema in OpenAPI's dialect: the typed `Schema` of Google's protos."""

from __future__ import annotations

from typing import Any

from proxy_gemini.schemas.hints import as_json, described, hint
from proxy_gemini.schemas.keywords import COUNTS

Schema = dict[str, Any]

_FORMATS = {
    "string": ("date-time",),
    "number": ("float", "double"),
    "integer": ("int32", "int64"),
}
"""Others are refused by some models."""
_ANY = {"type": "STRING", "description": "(any JSON value)"}
"""A type is required, and there is none for any value."""


def typed(schema: Schema) -> Schema:
    """The same schema; its `$ref`s are written out already."""
    names, nullable = _types(schema)
    variants = schema.get("anyOf")
    if variants and "properties" not in schema:
        return _one_of([part for part in variants if part != {"type": "null"}], schema, variants)
    if len(names) > 1:
        each = [{**schema, "type": name} for name in names]
        return _one_of(each, {}, [*each, {"type": "null"}] if nullable else each)
    if not names and set(schema) <= {"description"}:
        return {**_ANY, **schema}
    return _plain(schema, names[0] if names else "string", nullable)


def _types(schema: Schema) -> tuple[list[str], bool]:
    told = schema.get("type", [])
    names = told if isinstance(told, list) else [told]
    if names == ["null"]:
        return ["null"], False
    return [name for name in names if name != "null"], "null" in names


def _one_of(parts: list[Schema], beside: Schema, variants: list[Schema]) -> Schema:
    """Variants alone, because nothing may stand beside `anyOf`; a single one needs no list."""
    words = beside.get("description")
    made = [typed(part) for part in parts] or [{"type": "NULL"}]
    for part in made:
        if words:
            part.setdefault("description", words)
        if len(parts) < len(variants):
            part["nullable"] = True
    return made[0] if len(made) == 1 else {"anyOf": made}


def _plain(schema: Schema, name: str, nullable: bool) -> Schema:
    made: Schema = {"type": name.upper()}
    hints: list[str] = []
    if nullable:
        made["nullable"] = True
    for keyword, value in schema.items():
        if keyword != "type":
            _tell(keyword, value, name, made, hints)
    if name == "array":
        made.setdefault("items", dict(_ANY))
    described(made, hints)
    return made


def _tell(keyword: str, value: Any, name: str, made: Schema, hints: list[str]) -> None:
    """One keyword of a schema of type `name`."""
    match keyword:
        case "enum":
            made |= {"format": "enum", "enum": [_text(item) for item in value]}
        case "format" if value in _FORMATS.get(name, ()):
            made.setdefault("format", value)
        case "format":
            hints.append(f"format: {value}")
        case "properties" if value:
            made[keyword] = {inner: typed(part) for inner, part in value.items()}
        case "properties":
            pass  # an object without properties is refused
        case "items":
            made[keyword] = typed(value)
        case "anyOf" | "prefixItems":
            hints.append(hint(keyword, value))
        case _:
            made[keyword] = str(value) if keyword in COUNTS else value


def _text(value: str | float) -> str:
    """Enums are texts here, whatever the type."""
    return value if isinstance(value, str) else as_json(value)
