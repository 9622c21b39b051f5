"""What each keyword of JSON Schema becomes for Gemini.

Sources: the fields named by google-genai 3.3.0 for JSON schemas, Google's protos of 2026-10
for the OpenAPI dialect, and keywords that others saw refused (LibreChat, June 2026).
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

LaneName = Literal["json_schema", "openapi"]

IDLE = frozenset(
    {
        "$anchor", "$comment", "$defs", "$dynamicAnchor", "$id", "$schema", "$vocabulary",
        "contentEncoding", "contentMediaType", "contentSchema", "definitions", "deprecated",
        "discriminator", "example", "examples", "externalDocs", "id", "readOnly", "writeOnly",
        "xml",
    }
)  # fmt: skip
"""Says nothing of the values: taken out. Definitions of the root have their own way."""

STRUCTURAL = frozenset(
    {
        "$ref", "additionalProperties", "allOf", "anyOf", "const", "enum", "exclusiveMaximum",
        "exclusiveMinimum", "items", "nullable", "oneOf", "prefixItems", "properties", "required",
        "type",
    }
)  # fmt: skip
"""Rebuilt rather than copied."""

_JSON_SCHEMA = frozenset(
    {"description", "format", "maxItems", "maximum", "minItems", "minimum", "propertyOrdering",
     "title"}
)  # fmt: skip
_OPENAPI = _JSON_SCHEMA | {
    "default", "maxLength", "maxProperties", "minLength", "minProperties", "pattern",
}  # fmt: skip


class Lane(Struct, frozen=True):
    """One of the two fields that take a schema."""

    copied: frozenset[str]
    """Keywords that travel as they are."""
    has_refs: bool
    """Takes `$ref` and `$defs`; otherwise definitions are written out where they are used."""


LANES: dict[LaneName, Lane] = {
    "json_schema": Lane(_JSON_SCHEMA, has_refs=True),
    "openapi": Lane(_OPENAPI, has_refs=False),
}

TEXTS = frozenset({"description", "format", "title"})
COUNTS = frozenset(
    {"maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"}
)
NUMBERS = frozenset({"maximum", "minimum"})
