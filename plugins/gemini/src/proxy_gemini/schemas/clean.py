"""A schema rebuilt of what Gemini knows; the rest is told in descriptions, or left out."""

from __future__ import annotations

from itertools import islice
from typing import Any

from proxy_core.ledger import escaped
from proxy_gemini.schemas.all_of import flattened, merge, without
from proxy_gemini.schemas.hints import described, hint, kind
from proxy_gemini.schemas.keywords import COUNTS, IDLE, NUMBERS, STRUCTURAL, TEXTS, Lane
from proxy_gemini.schemas.refs import definition_of, definitions, endless, target_of
from proxy_gemini.schemas.values import tell_bounds, tell_type, tell_values

Schema = dict[str, Any]

_MOST_NODES = 20_000
"""Schemas in one schema; definitions written out where they are used can grow without end."""


class Cleaner:
    """Rebuilds one schema and remembers, by JSON pointer, what it changed."""

    def __init__(self, root: Schema, lane: Lane) -> None:
        self.changed: dict[str, None] = {}
        self._root = root
        self._lane = lane
        self._definitions = definitions(root)
        self._endless = endless(root)
        self._inside = ""
        """Name of the definition that is being rebuilt."""
        self._open = [id(root)]
        """What is being written out, by identity: a circle ends there."""
        self._nodes = 0

    def root(self) -> Schema:
        """The schema of an object or of any other value, with its definitions where they stay."""
        made = self._schema(_opened(self._root), "")
        if not self._lane.has_refs:
            return made
        if self._definitions:
            made["$defs"] = {
                name: self._definition(name, inner) for name, inner in self._definitions.items()
            }
        if "definitions" in self._root:
            self._change("/definitions")
        return made

    def _definition(self, name: str, schema: Any) -> Schema:
        self._inside = name
        self._open = [id(self._root), id(schema)]
        return self._schema(schema, f"/$defs/{escaped(name)}")

    def _change(self, path: str) -> None:
        self.changed[path] = None

    # -- one schema ------------------------------------------------------------------------

    def _schema(self, schema: Any, path: str) -> Schema:
        self._nodes += 1
        if not isinstance(schema, dict) or self._nodes > _MOST_NODES:
            if schema is not True:
                self._change(path)
            return {}
        if "$ref" in schema:
            return self._reference(schema, path)
        depth = len(self._open)
        made = self._rebuilt(self._merged(schema, path), path)
        del self._open[depth:]
        return made

    def _rebuilt(self, schema: Schema, path: str) -> Schema:
        made: Schema = {}
        hints: list[str] = []

        def change(keyword: str) -> None:
            self._change(f"{path}/{escaped(keyword)}")

        tell_type(schema, made, change)
        for keyword, value in schema.items():
            if keyword not in STRUCTURAL:
                self._plain(keyword, value, made, hints, path)
        tell_values(schema, made, hints, change)
        tell_bounds(schema, made, hints, change)
        self._members(schema, made, hints, path)
        self._variants(schema, made, path)
        described(made, hints)
        return made

    def _plain(self, keyword: str, value: Any, made: Schema, hints: list[str], path: str) -> None:
        """A keyword whose value holds no schema that would be kept."""
        if keyword in self._lane.copied and _is_sound(keyword, value):
            made[keyword] = value
            return
        if path or keyword not in ("$defs", "definitions"):
            self._change(f"{path}/{escaped(keyword)}")
        if keyword not in IDLE and keyword not in TEXTS and not keyword.startswith(("x-", "$")):
            hints.append(hint(keyword, value))

    def _members(self, schema: Schema, made: Schema, hints: list[str], path: str) -> None:
        """What is inside objects and arrays."""
        properties = schema.get("properties")
        if isinstance(properties, dict):
            made["properties"] = self._properties(properties, path)
        self._required(schema, made, path)
        self._others(schema, made, hints, path)
        items = schema.get("items")
        if isinstance(items, list):  # an old way to write prefixItems
            self._change(f"{path}/items")
            self._list("prefixItems", items, made, f"{path}/items")
        elif isinstance(items, dict):
            made["items"] = self._schema(items, f"{path}/items")
        elif "items" in schema:
            self._change(f"{path}/items")
        self._list("prefixItems", schema.get("prefixItems"), made, f"{path}/prefixItems")

    def _properties(self, properties: Schema, path: str) -> Schema:
        made = {}
        for name, inner in properties.items():
            place = f"{path}/properties/{escaped(name)}"
            if inner is False:
                self._change(place)
            else:
                made[name] = self._schema(inner, place)
        return made

    def _required(self, schema: Schema, made: Schema, path: str) -> None:
        told = schema.get("required")
        if told is None:
            return
        known = made.get("properties", {})
        names = told if isinstance(told, list) else []
        kept = [name for name in names if isinstance(name, str) and name in known]
        kept = list(dict.fromkeys(kept))
        if kept != told:
            self._change(f"{path}/required")
        if kept:
            made["required"] = kept

    def _others(self, schema: Schema, made: Schema, hints: list[str], path: str) -> None:
        """Further properties: a schema, yes or no."""
        others = schema.get("additionalProperties")
        if others is None:
            return
        place = f"{path}/additionalProperties"
        if not self._lane.has_refs:
            self._change(place)
            if isinstance(others, dict) and others:
                hints.append(f"other values: {kind(others)}"[:200])
        elif isinstance(others, bool):
            made["additionalProperties"] = others
        else:
            made["additionalProperties"] = self._schema(others, place)

    def _variants(self, schema: Schema, made: Schema, path: str) -> None:
        """`oneOf` is taken as `anyOf`; where both stand, the schema must fit one of each."""
        for keyword in ("anyOf", "oneOf"):
            if keyword == "oneOf" and keyword in schema:
                self._change(f"{path}/{keyword}")
            if "anyOf" in made:
                continue
            self._list("anyOf", schema.get(keyword), made, f"{path}/{keyword}")

    def _list(self, keyword: str, schemas: Any, made: Schema, path: str) -> None:
        if isinstance(schemas, list) and schemas:
            inner = [self._schema(part, f"{path}/{index}") for index, part in enumerate(schemas)]
            made[keyword] = inner

    # -- schemas that stand elsewhere ------------------------------------------------------

    def _reference(self, schema: Schema, path: str) -> Schema:
        """A definition by its name, anything else written out."""
        ref = schema["$ref"]
        words = schema.get("description")
        for keyword in schema:
            if keyword != "$ref" and (keyword != "description" or not isinstance(words, str)):
                self._change(f"{path}/{escaped(keyword)}")
        name = definition_of(ref)
        if not self._lane.has_refs or name not in self._definitions:
            made = self._written_out(ref, path)
            return {**made, "description": words} if isinstance(words, str) else made
        if (self._inside, name) in self._endless:
            self._change(f"{path}/$ref")
            return {"type": "object"}
        made = {"$ref": f"#/$defs/{escaped(name)}"}
        # Nothing may stand beside a `$ref`.
        return {"anyOf": [made], "description": words} if isinstance(words, str) else made

    def _written_out(self, ref: Any, path: str) -> Schema:
        self._change(f"{path}/$ref")
        target = target_of(self._root, ref)
        if target is None:
            return {"description": f"(any value of {ref})"[:200]} if isinstance(ref, str) else {}
        if id(target) in self._open:
            return {"type": "object"}
        self._open.append(id(target))
        made = self._schema(target, path)
        self._open.pop()
        return made

    def _merged(self, schema: Schema, path: str) -> Schema:
        """The schema with all parts of its `allOf` in it."""
        parts = schema.get("allOf")
        if not isinstance(parts, list):
            return schema
        self._change(f"{path}/allOf")
        opened = list(islice(flattened(parts, self._newly_opened), _MOST_NODES))
        self._nodes += len(opened)
        return merge(without(schema, "allOf"), opened)

    def _newly_opened(self, ref: Any) -> Any:
        """What `ref` points to, unless it is being written out already."""
        target = target_of(self._root, ref)
        if id(target) in self._open:
            return None
        self._open.append(id(target))
        return target


def _opened(root: Schema) -> Schema:
    """The root itself must be an object: what it refers to is written into it."""
    if "$ref" not in root:
        return root
    parts = root.get("allOf")
    return {
        **without(root, "$ref"),
        "allOf": [{"$ref": root["$ref"]}, *(parts if isinstance(parts, list) else [])],
    }


def _is_sound(keyword: str, value: Any) -> bool:
    if keyword in TEXTS or keyword == "pattern":
        return isinstance(value, str)
    if keyword == "propertyOrdering":
        return isinstance(value, list) and all(isinstance(name, str) for name in value)
    if keyword in COUNTS:
        return type(value) is int and value >= 0
    return keyword not in NUMBERS or type(value) in (int, float)
