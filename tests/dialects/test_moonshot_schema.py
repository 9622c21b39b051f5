"""Schemas in Kimi's dialect: what its validator wants, and nothing else changed."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.dialects.moonshot_schema import fitted
from tests.support.claude_code import recorded

Json = dict[str, Any]
ANYTHING = {
    "anyOf": [{"type": kind} for kind in ("string", "number", "boolean", "object", "array", "null")]
}


def of(schema: Any) -> Json:
    made: Json = json.loads(fitted(json.dumps(schema).encode()).schema)
    return made


def prop(schema: Any, **root: Any) -> Any:
    """What becomes of a property's schema."""
    return of({"type": "object", "properties": {"x": schema}, **root})["properties"]["x"]


FITTING = {
    "type": "object",
    "properties": {
        "a": {"type": "string", "enum": ["x"], "description": "d", "pattern": "^x$"},
        "b": {"type": "array", "items": {"type": "integer", "minimum": 1}},
        "c": {"$ref": "#/$defs/C", "description": "c"},
        "d": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "d"},
        "e": {"type": "object", "additionalProperties": {}},
    },
    "required": ["a"],
    "additionalProperties": False,
    "$defs": {"C": {"type": "object", "properties": {"c": {"$ref": "#/$defs/C"}}}},
}


def test_what_fits_stays_byte_for_byte() -> None:
    text = json.dumps(FITTING, indent=3).encode()
    assert fitted(text).schema is text
    assert fitted(text).changed == ()


@pytest.mark.parametrize(
    ("schema", "made"),
    [
        ({}, ANYTHING),
        (True, ANYTHING),
        ({"description": "any"}, {**ANYTHING, "description": "any"}),
        ({"enum": ["a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
        ({"const": 3}, {"type": "integer", "enum": [3]}),
        ({"properties": {}}, {"type": "object", "properties": {}}),
        ({"items": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}),
        ({"type": "array", "items": {}}, {"type": "array"}),
        (
            {"type": "array", "items": [{"type": "string"}, {"type": "null"}]},
            {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        ),
        (
            {"type": ["string", "null"], "description": "d"},
            {"description": "d", "anyOf": [{"type": "string"}, {"type": "null"}]},
        ),
        ({"type": ["string"]}, {"type": "string"}),
        (
            {"enum": ["a", None]},
            {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
        ),
        ({"type": "boolean", "enum": [True]}, {"type": "boolean"}),
        ({"type": "string", "enum": ["a", 1]}, {"type": "string", "enum": ["a"]}),
        (
            {"type": "string", "anyOf": [{"minLength": 1}, {"maxLength": 9}]},
            {"anyOf": [{"type": "string", "minLength": 1}, {"type": "string", "maxLength": 9}]},
        ),
        (
            {"oneOf": [{"type": "string"}, {"type": "number"}]},
            {"anyOf": [{"type": "string"}, {"type": "number"}]},
        ),
        (
            {"allOf": [{"properties": {"a": {"type": "string"}}}, {"required": ["a"]}]},
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        ),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "b"]},
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
        ),
        ({"type": "string", "format": "uuid"}, {"type": "string", "format": "uuid"}),
    ],
)
def test_a_property(schema: Any, made: Json) -> None:
    assert prop(schema) == made


def test_references_lead_to_definitions_or_are_written_out() -> None:
    defined = {"D": {"type": "string"}}
    assert prop({"$ref": "#/definitions/D"}, definitions=defined) == {"$ref": "#/$defs/D"}
    assert prop({"$ref": "#/$defs/D", "minLength": 1}, **{"$defs": defined}) == {
        "$ref": "#/$defs/D"
    }
    other = {"type": "object", "properties": {"x": {"$ref": "#/properties/y"}, "y": defined["D"]}}
    assert of(other)["properties"]["x"] == defined["D"]
    assert prop({"$ref": "https://example.org/s.json"}) == ANYTHING
    assert prop({"$ref": "#/properties/x"}) == ANYTHING


@pytest.mark.parametrize(
    "root",
    [
        {},
        {"type": ["object", "null"]},
        {"anyOf": [{"required": ["a"]}]},
        {"oneOf": [{"type": "string"}]},
        {"$schema": "x", "type": "object"},
    ],
)
def test_at_the_top_there_is_an_object_and_no_choice(root: Json) -> None:
    assert of(root) == {"type": "object"}


def test_properties_may_be_called_like_keywords() -> None:
    names = {"anyOf": {"type": "string"}, "$schema": {"type": "string"}, "const": {"type": "null"}}
    assert of({"type": "object", "properties": names})["properties"] == names


def check(schema: Any, root: bool = False) -> None:
    """The validator's rules, as strict as it ever was."""
    assert isinstance(schema, dict)
    assert not {"$schema", "oneOf", "allOf", "const", "prefixItems"} & set(schema)
    if "$ref" in schema:
        assert schema["$ref"] == "#" or schema["$ref"].startswith("#/$defs/")
        assert set(schema) <= {"$ref", "description", "title"}
        return
    if "anyOf" in schema:
        assert not root
        assert schema["anyOf"]
        assert set(schema) <= {"anyOf", "description", "title"}
        for branch in schema["anyOf"]:
            check(branch)
        return
    assert isinstance(schema["type"], str)
    assert schema["type"] == "object" or not root
    for inner in schema.get("properties", {}).values():
        check(inner)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict) and schema[key]:
            check(schema[key])
    assert "$defs" not in schema or root
    for inner in schema.get("$defs", {}).values():
        check(inner)


KEYS = st.sampled_from(["a", "b", "type", "anyOf"])
TYPES = st.sampled_from(["string", "number", "integer", "boolean", "object", "array", "null"])
REFS = st.sampled_from(["#", "#/$defs/a", "#/definitions/b", "#/properties/a", "x", "#/items"])


def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    tables = st.dictionaries(KEYS, inner, max_size=3)
    lists = st.lists(inner, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, max_size=3),
            "properties": tables,
            "items": inner | lists,
            "prefixItems": lists,
            "anyOf": lists,
            "oneOf": lists,
            "allOf": lists,
            "enum": st.lists(st.none() | st.booleans() | st.integers() | st.text(), max_size=3),
            "const": st.none() | st.text(),
            "required": st.lists(KEYS, max_size=3),
            "additionalProperties": inner | st.booleans(),
            "$defs": tables,
            "definitions": tables,
            "$ref": REFS,
            "$schema": st.just("x"),
            "description": st.text(),
            "minLength": st.integers(0, 3),
        },
    )


SCHEMAS = grown(st.recursive(st.booleans() | st.just({}), grown, max_leaves=8))


@pytest.mark.proof
@given(SCHEMAS)
def test_any_schema_fits_and_what_fits_stays(schema: Json) -> None:
    once = fitted(json.dumps(schema).encode()).schema
    check(json.loads(once), root=True)
    assert json.loads(fitted(once).schema) == json.loads(once)


def test_references_that_multiply_are_cut_off() -> None:
    chain: Json = {
        f"p{depth}": {
            "type": "object",
            "properties": {key: {"$ref": f"#/properties/p{depth + 1}"} for key in "ab"},
        }
        for depth in range(40)
    }
    made = fitted(json.dumps({"type": "object", "properties": chain}).encode()).schema
    assert len(made) < 1 << 20


def test_claude_codes_own_tools() -> None:
    for tool in recorded("tool_search_off")["tools"]:
        made = of(tool["input_schema"])
        check(made, root=True)
        assert set(made["properties"]) == set(tool["input_schema"]["properties"])
