"""Where `$ref` leads, and which of them must be cut so that no value is endless."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

DEFS = ("#/$defs/", "#/definitions/")


def definition_of(ref: object) -> str | None:
    """The name of the root's definition that `ref` names; None for any other place."""
    if isinstance(ref, str):
        for prefix in DEFS:
            if ref.startswith(prefix) and "/" not in ref[len(prefix) :]:
                return _unescaped(ref[len(prefix) :])
    return None


def definitions(root: dict[str, Any]) -> dict[str, Any]:
    """All definitions of the root, under either name that drafts gave to their place."""
    found: dict[str, Any] = {}
    for keyword in ("definitions", "$defs"):
        held = root.get(keyword)
        if isinstance(held, dict):
            found |= held
    return found


def target_of(root: dict[str, Any], ref: object) -> Any:
    """What a `$ref` points to; None for a remote or a broken one."""
    name = definition_of(ref)
    if name is not None:
        return definitions(root).get(name)
    if not isinstance(ref, str) or not ref.startswith("#"):
        return None
    place: Any = root
    for step in ref[1:].split("/")[1:]:
        place = _inside(place, _unescaped(step))
    return place


def _inside(place: Any, name: str) -> Any:
    if isinstance(place, dict):
        return place.get(name)
    if isinstance(place, list) and name.isdecimal() and len(name) < 6 and int(name) < len(place):
        return place[int(name)]
    return None


def _unescaped(step: str) -> str:
    return unquote(step).replace("~1", "/").replace("~0", "~")


def endless(root: dict[str, Any]) -> frozenset[tuple[str, str]]:
    """The references (from definition, to definition) that close a circle of required values.

    Gemini takes circles only where a property may be absent. The root itself is named "".
    """
    known = definitions(root)
    edges = {name: list(_required_refs(schema)) for name, schema in (("", root), *known.items())}
    cut: set[tuple[str, str]] = set()
    done: set[str] = set()
    for start in edges:
        _walk(start, edges, done, cut)
    return frozenset(cut)


def _walk(
    start: str, edges: dict[str, list[str]], done: set[str], cut: set[tuple[str, str]]
) -> None:
    """Depth first, without recursion: a client may send a long chain of definitions."""
    if start in done:
        return
    done.add(start)
    path = {start: iter(edges[start])}
    while path:
        name = next(reversed(path))
        for target in path[name]:
            if target in path:
                cut.add((name, target))
            elif target in edges and target not in done:
                done.add(target)
                path[target] = iter(edges[target])
                break
        else:
            del path[name]


def _required_refs(schema: Any) -> Iterator[str]:
    """The definitions of which a value of `schema` always holds one."""
    if not isinstance(schema, dict):
        return
    name = definition_of(schema.get("$ref"))
    if name is not None:
        yield name
        return
    properties, required = schema.get("properties"), schema.get("required")
    if isinstance(properties, dict) and isinstance(required, list):
        for wanted in required:
            if isinstance(wanted, str):
                yield from _required_refs(properties.get(wanted))
    for keyword in ("items", "allOf", "anyOf", "oneOf", "prefixItems"):
        inner = schema.get(keyword)
        for part in inner if isinstance(inner, list) else (inner,):
            yield from _required_refs(part)
