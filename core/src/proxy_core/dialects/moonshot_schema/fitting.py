"""Making a schema fit, from its top to its leaves."""

from __future__ import annotations

from typing import Any

from proxy_core.dialects.moonshot_schema.parts import (
    BESIDE_A_CHOICE,
    Json,
    anything,
    at,
    both,
    is_of,
    only_beside,
    table,
    types_of,
    without,
)

_DEFINITIONS = "#/$defs/"
_NOT_TAKEN = frozenset(
    {"$schema", "$comment", "definitions", "oneOf", "allOf", "const", "prefixItems"}
)
"""Keywords for which there are others, or none."""
_MOST_WRITTEN_OUT = 256
"""References that lead to references can stand for more than there is room for."""


class Fitting:
    """Goes through one schema."""

    def __init__(self, root: Json) -> None:
        self._root = root
        self.changed: list[str] = []
        self._written_out = 0

    def root(self) -> Json:
        """The whole schema; only an object may stand at its top, no choice and no reference."""
        merged = self._merged(self._root, "")
        target = at(self._root, str(merged.get("$ref", "")))
        if target is not None:
            merged = both(merged, self._merged(target, ""))
        plain = without(merged, ("anyOf", "$ref"))
        if self._root.get("type") != "object" or len(plain) < len(merged):
            self.changed.append("")
        made = self._typed({**plain, "type": "object"}, "", ())
        definitions = {**table(self._root, "definitions"), **table(self._root, "$defs")}
        if definitions:
            made["$defs"] = {
                name: self._fit(inner, f"/$defs/{name}", ()) for name, inner in definitions.items()
            }
        return made

    def _fit(self, schema: Any, path: str, expanding: tuple[str, ...]) -> Json:
        """One schema below the top; `expanding` are the references that led here."""
        if not isinstance(schema, dict) or not schema:
            self.changed.append(path)
            return anything({})
        schema = self._merged(schema, path)
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema, schema["$ref"], path, expanding)
        if isinstance(schema.get("anyOf"), list) and schema["anyOf"]:
            return self._choice(schema, schema["anyOf"], path, expanding)
        types = types_of(schema)
        if types != [schema.get("type")] or "anyOf" in schema:
            self.changed.append(path)
        schema = without(schema, ("anyOf", "$ref"))
        if not types:
            return anything(schema)
        if len(types) > 1:
            branches = [{**without(schema, BESIDE_A_CHOICE), "type": one} for one in types]
            return self._choice(only_beside(schema), branches, path, expanding)
        return self._typed({**schema, "type": types[0]}, path, expanding)

    def _reference(self, schema: Json, ref: str, path: str, expanding: tuple[str, ...]) -> Json:
        name = ref.removeprefix("#/definitions/").removeprefix(_DEFINITIONS)
        defined = {**table(self._root, "definitions"), **table(self._root, "$defs")}
        if ref == "#" or name in defined:
            made = {"$ref": ref if ref == "#" else _DEFINITIONS + name, **only_beside(schema)}
            if made != schema:
                self.changed.append(path)
            return made
        self.changed.append(path)
        target = at(self._root, ref)
        self._written_out += 1
        if target is None or ref in expanding or self._written_out > _MOST_WRITTEN_OUT:
            return anything(schema)
        return self._fit({**target, **without(schema, ("$ref",))}, path, (*expanding, ref))

    def _merged(self, schema: Json, path: str) -> Json:
        """The schema without the keywords for which there are others."""
        made = without(schema, _NOT_TAKEN)
        if len(made) < len(schema):
            self.changed.append(path)
        if isinstance(schema.get("oneOf"), list):
            made.setdefault("anyOf", schema["oneOf"])
        if "const" in schema:
            made["enum"] = [schema["const"]]
        every = schema.get("allOf")
        for part in every if isinstance(every, list) else ():
            if isinstance(part, dict):
                made = both(made, self._merged(part, path))
        leading = schema.get("prefixItems", schema.get("items"))
        if isinstance(leading, list):
            self.changed.append(f"{path}/items")
            made["items"] = {"anyOf": leading} if leading else {}
        return made

    def _choice(
        self, schema: Json, branches: list[Any], path: str, expanding: tuple[str, ...]
    ) -> Json:
        """What stands beside a choice holds for each branch, and goes into it."""
        shared = without(schema, ("anyOf", *BESIDE_A_CHOICE))
        if shared:
            self.changed.append(path)
        fitting = [
            self._fit(
                {**shared, **branch} if isinstance(branch, dict) else branch, place, expanding
            )
            for place, branch in (
                (f"{path}/anyOf/{index}", one) for index, one in enumerate(branches)
            )
        ]
        return {**only_beside(schema), "anyOf": fitting}

    def _typed(self, schema: Json, path: str, expanding: tuple[str, ...]) -> Json:
        """A schema of one type: its parts in turn."""
        made = self._enumerated(without(schema, ("$defs",)), path)
        if "properties" in made:
            properties = table(made, "properties")
            made["properties"] = {
                name: self._fit(inner, f"{path}/properties/{name}", expanding)
                for name, inner in properties.items()
            }
            required = made.get("required")
            known = [name for name in required if name in properties] if required else []
            if isinstance(required, list) and known != required:
                self.changed.append(f"{path}/required")
                made["required"] = known
        for key in ("additionalProperties", "items"):
            if isinstance(made.get(key), dict) and made[key]:
                made[key] = self._fit(made[key], f"{path}/{key}", expanding)
        if made.get("items") in ({}, True, False):
            self.changed.append(f"{path}/items")
            del made["items"]
        return made

    def _enumerated(self, schema: Json, path: str) -> Json:
        """Of an enumeration the values of the schema's type: numbers or strings, nothing else."""
        values = schema.get("enum")
        if not isinstance(values, list):
            return schema
        kept = [value for value in values if is_of(value, schema["type"])]
        if kept == values and schema["type"] in ("string", "number", "integer"):
            return schema
        self.changed.append(f"{path}/enum")
        kept = kept if schema["type"] in ("string", "number", "integer") else []
        return {**without(schema, ("enum",)), **({"enum": kept} if kept else {})}
