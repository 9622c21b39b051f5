"""Which values a schema takes: their type, a list of them, bounds of numbers.

Each function reads `schema`, writes into `made` and `hints`, and names what it changed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proxy_gemini.schemas.hints import as_json, hint

Schema = dict[str, Any]
Change = Callable[[str], None]

_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_BOUNDS = {"exclusiveMinimum": ("minimum", 1), "exclusiveMaximum": ("maximum", -1)}


def tell_type(schema: Schema, made: Schema, change: Change) -> None:
    told = schema.get("type")
    names = [name for name in (told if isinstance(told, list) else [told]) if name in _TYPES]
    if told is not None and (not names or (isinstance(told, list) and names != told)):
        change("type")
    if not names and ("properties" in schema or "required" in schema):
        names = ["object"]
    if not names and ("items" in schema or "prefixItems" in schema):
        names = ["array"]
    if schema.get("nullable") is True and names and "null" not in names:
        names.append("null")
    if "nullable" in schema:
        change("nullable")
    if names:
        made["type"] = names[0] if len(names) == 1 else list(dict.fromkeys(names))


def tell_values(schema: Schema, made: Schema, hints: list[str], change: Change) -> None:
    """`enum` and `const`: texts, or numbers; anything else is told in words."""
    keyword = "const" if "const" in schema else "enum"
    told = [schema["const"]] if keyword == "const" else schema.get("enum")
    if keyword == "const":
        change("const")
    if not isinstance(told, list):
        return
    values = [value for value in told if value is not None]
    types = {_type_of(value) for value in values}
    if values and (types == {"string"} or types <= {"integer", "number"}):
        made["enum"] = values
        if None in told:
            change(keyword)
            made["type"] = _with_null(made.get("type") or _widest(types))
        made.setdefault("type", _widest(types))
    elif told:
        change(keyword)
        hints.append(hint("one of", told))


def tell_bounds(schema: Schema, made: Schema, hints: list[str], change: Change) -> None:
    """Exclusive bounds as inclusive ones: by one for integers, in words for other numbers."""
    for keyword, (inclusive, step) in _BOUNDS.items():
        told = schema.get(keyword)
        # The older form, a boolean beside the bound.
        bound: Any = made.get(inclusive) if told is True else told
        if told is None:
            continue
        change(keyword)
        if type(bound) not in (int, float):
            continue
        if made.get("type") == "integer" and type(bound) is int:
            bound += step
        else:
            hints.append(f"not {as_json(bound)} itself")
        beside = made.get(inclusive, bound) if told is not True else bound
        made[inclusive] = max(bound, beside) if step > 0 else min(bound, beside)


def _type_of(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return kinds.get(type(value), "other")


def _widest(types: set[str]) -> str:
    return "number" if "number" in types else min(types)


def _with_null(told: Any) -> list[str]:
    names = told if isinstance(told, list) else [told]
    return [*names, *(() if "null" in names else ("null",))]
