"""Schemas in both lanes: what is refused never leaves, and a property's name is never a keyword."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from proxy_gemini.schemas import LaneName, Unreadable, clean_schema
from proxy_gemini.schemas.keywords import IDLE, STRUCTURAL
from tests.e2e.gemini_rules import KEYWORDS, check_body
from tests.support.chat_requests import request, user
from tests.support.gemini import Json, fixture, send, target

LANES: tuple[LaneName, ...] = ("json_schema", "openapi")
UNSUPPORTED = [
    "$schema", "$comment", "$id", "const", "contentEncoding", "contentMediaType",
    "contentSchema", "dependencies", "dependentRequired", "dependentSchemas", "deprecated",
    "examples", "exclusiveMaximum", "exclusiveMinimum", "id", "multipleOf", "oneOf",
    "patternProperties", "propertyNames", "readOnly", "uniqueItems", "writeOnly",
    "additionalItems", "contains", "else", "if", "not", "then", "unevaluatedProperties",
    "x-order", "pattern", "default",
]  # fmt: skip
"""Keywords that Google was seen to refuse, and a few that nobody asked it about."""


def clean(schema: Any, lane: LaneName = "json_schema") -> Json:
    made: Json = json.loads(bytes(clean_schema(json.dumps(schema).encode(), lane).schema))
    return made


def changed(schema: Any, lane: LaneName = "json_schema") -> tuple[str, ...]:
    return clean_schema(json.dumps(schema).encode(), lane).changed


@pytest.mark.parametrize("lane", LANES)
def test_the_fixture(lane: LaneName) -> None:
    expected = fixture(f"schema-expected-{lane.replace('_', '-')}-lane.json")
    assert clean(fixture("schema-in.json"), lane) == expected


@pytest.mark.parametrize("lane", LANES)
def test_the_expected_results_are_what_the_sdk_takes(lane: LaneName) -> None:
    schema = clean(fixture("schema-in.json"), lane)
    if lane == "openapi":
        types.Schema.model_validate(schema)
    field = "parameters" if lane == "openapi" else "parametersJsonSchema"
    types.FunctionDeclaration.model_validate({"name": "f", field: schema})


# -- names are not keywords ----------------------------------------------------------------

NAMES = sorted({*KEYWORDS, *IDLE, *STRUCTURAL, *UNSUPPORTED, "$ref", "__proto__", "a/b~c", ""})


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("name", NAMES)
def test_a_property_may_have_any_name(name: str, lane: LaneName) -> None:
    schema = {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}
    made = clean(schema, lane)
    assert list(made["properties"]) == [name]
    assert made["properties"][name]["type"].lower() == "string"
    assert made["required"] == [name]
    assert not [path for path in changed(schema) if path]


@pytest.mark.parametrize("name", NAMES)
def test_a_definition_may_have_any_name(name: str) -> None:
    escaped = name.replace("~", "~0").replace("/", "~1").replace("%", "%25")
    schema = {
        "type": "object",
        "properties": {"p": {"$ref": f"#/$defs/{escaped}"}},
        "$defs": {name: {"type": "string"}},
    }
    assert clean(schema)["properties"]["p"] == {"$ref": f"#/$defs/{escaped}"}
    assert clean(schema, "openapi")["properties"]["p"] == {"type": "STRING"}


@pytest.mark.parametrize("keyword", UNSUPPORTED)
def test_what_google_refuses_is_taken_out_and_noted(keyword: str) -> None:
    value: Any = {"const": "a"}.get(keyword, [{"type": "string"}] if keyword == "oneOf" else True)
    schema = {"type": "object", "properties": {"a": {"type": "string", keyword: value}}}
    assert keyword not in clean(schema)["properties"]["a"]
    assert changed(schema) == (f"/properties/a/{keyword}",)


# -- rule by rule --------------------------------------------------------------------------

RULES: list[tuple[str, Json, Json]] = [
    ("const of a number", {"const": 3}, {"type": "integer", "enum": [3]}),
    ("const of a fraction", {"const": 0.5}, {"type": "number", "enum": [0.5]}),
    ("const of a boolean", {"const": True}, {"description": "(one of: [true])"}),
    (
        "mixed values",
        {"type": ["string", "integer"], "enum": ["a", 1]},
        {"type": ["string", "integer"], "description": '(one of: ["a",1])'},
    ),
    ("null among values", {"enum": ["a", None]}, {"type": ["string", "null"], "enum": ["a"]}),
    ("only null", {"enum": [None]}, {"description": "(one of: [null])"}),
    ("nullable", {"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    (
        "exclusive, integer",
        {"type": "integer", "exclusiveMaximum": 9},
        {"type": "integer", "maximum": 8},
    ),
    (
        "exclusive beside inclusive",
        {"type": "integer", "minimum": 5, "exclusiveMinimum": 0},
        {"type": "integer", "minimum": 5},
    ),
    (
        "exclusive in the old form",
        {"type": "integer", "minimum": 5, "exclusiveMinimum": True},
        {"type": "integer", "minimum": 6},
    ),
    (
        "exclusive, number",
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "number", "minimum": 0, "description": "(not 0 itself)"},
    ),
    (
        "hints follow a description",
        {"type": "string", "description": "A name.", "maxLength": 9},
        {"type": "string", "description": "A name. (maxLength: 9)"},
    ),
    ("true", {"properties": {"a": True}}, {"type": "object", "properties": {"a": {}}}),
    (
        "false",
        {"properties": {"a": False, "b": {}}, "required": ["a", "b"]},
        {"type": "object", "properties": {"b": {}}, "required": ["b"]},
    ),
    ("required of nothing", {"type": "object", "required": ["a"]}, {"type": "object"}),
    ("a type that is none", {"type": "any"}, {}),
    (
        "items without a type",
        {"items": {"type": "string"}},
        {"type": "array", "items": {"type": "string"}},
    ),
    (
        "items as a list",
        {"type": "array", "items": [{"type": "string"}]},
        {"type": "array", "prefixItems": [{"type": "string"}]},
    ),
    (
        "allOf",
        {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "required": ["a"],
            "allOf": [{"properties": {"b": {"type": "integer"}}, "required": ["b"]}],
        },
        {
            "type": "object",
            "properties": {"b": {"type": "integer"}, "a": {"type": "string"}},
            "required": ["a", "b"],
        },
    ),
    (
        "a remote reference",
        {"$ref": "https://x.y/s"},
        {"description": "(any value of https://x.y/s)"},
    ),
    ("a broken reference", {"$ref": "#/$defs/no"}, {"description": "(any value of #/$defs/no)"}),
    ("a title that is none", {"type": "string", "title": 1}, {"type": "string"}),
    ("a format that is none", {"type": "string", "format": {"a": 1}}, {"type": "string"}),
    (
        "a count that is none",
        {"type": "array", "minItems": -1},
        {"type": "array", "description": "(minItems: -1)"},
    ),
]


@pytest.mark.parametrize(
    ("schema", "expected"), [row[1:] for row in RULES], ids=[r[0] for r in RULES]
)
def test_each_rule(schema: Json, expected: Json) -> None:
    root = {"type": "object", "properties": {"p": schema}}
    assert clean(root)["properties"]["p"] == expected


def test_references() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"$ref": "#/definitions/File", "description": "The source.", "default": {}},
            "b": {"$ref": "#/properties/c/items"},
            "c": {"type": "array", "items": {"type": "integer"}},
        },
        "definitions": {"File": {"type": "object"}},
    }
    assert clean(schema) == {
        "type": "object",
        "properties": {
            "a": {"anyOf": [{"$ref": "#/$defs/File"}], "description": "The source."},
            "b": {"type": "integer"},
            "c": {"type": "array", "items": {"type": "integer"}},
        },
        "$defs": {"File": {"type": "object"}},
    }
    assert clean(schema, "openapi")["properties"]["a"] == {
        "type": "OBJECT",
        "description": "The source.",
    }


NODE = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}


def test_a_circle_where_a_value_may_end_it_stays() -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"$ref": "#/$defs/Node"}},
        "$defs": {"Node": NODE},
    }
    assert clean(schema) == schema


def test_a_circle_of_required_values_is_cut() -> None:
    node = {**NODE, "required": ["next"]}
    schema = {
        "type": "object",
        "properties": {"n": {"$ref": "#/$defs/Node"}},
        "$defs": {"Node": node},
    }
    assert clean(schema)["$defs"]["Node"]["properties"]["next"] == {"type": "object"}
    assert clean(schema)["properties"]["n"] == {"$ref": "#/$defs/Node"}


def test_a_circle_is_written_out_once() -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"$ref": "#/$defs/Node"}},
        "$defs": {"Node": NODE},
    }
    inner = clean(schema, "openapi")["properties"]["n"]["properties"]["next"]
    assert inner == {"type": "OBJECT"}


def test_the_root_that_refers_is_written_out() -> None:
    schema = {
        "$ref": "#/$defs/Args",
        "$defs": {"Args": {"type": "object", "properties": {"a": {}}}},
    }
    made = clean(schema)
    assert made["type"] == "object"
    assert made["properties"] == {"a": {}}


OPENAPI: list[tuple[str, Json, Json]] = [
    (
        "two types",
        {"type": ["string", "integer"], "description": "d"},
        {
            "anyOf": [
                {"type": "STRING", "description": "d"},
                {"type": "INTEGER", "description": "d"},
            ]
        },
    ),
    (
        "nothing beside anyOf",
        {"description": "d", "anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        {
            "anyOf": [
                {"type": "STRING", "description": "d", "nullable": True},
                {"type": "INTEGER", "description": "d", "nullable": True},
            ]
        },
    ),
    ("any value", {}, {"type": "STRING", "description": "(any JSON value)"}),
    ("null", {"type": "null"}, {"type": "NULL"}),
    (
        "a format",
        {"type": "string", "format": "date-time"},
        {"type": "STRING", "format": "date-time"},
    ),
    (
        "an array of anything",
        {"type": "array"},
        {"type": "ARRAY", "items": {"type": "STRING", "description": "(any JSON value)"}},
    ),
    ("bounds", {"type": "string", "maxLength": 5}, {"type": "STRING", "maxLength": "5"}),
]


@pytest.mark.parametrize(
    ("schema", "expected"), [row[1:] for row in OPENAPI], ids=[row[0] for row in OPENAPI]
)
def test_the_typed_lane(schema: Json, expected: Json) -> None:
    made = clean({"type": "object", "properties": {"p": schema}}, "openapi")["properties"]["p"]
    assert made == expected
    types.Schema.model_validate(made)


@pytest.mark.parametrize("text", [b"[]", b"null", b'"a"', b"1" * 400, b"["])
def test_what_is_no_schema_is_refused(text: bytes) -> None:
    with pytest.raises(Unreadable):
        clean_schema(text, "json_schema")


def test_a_schema_too_deep_is_refused() -> None:
    text = b'{"items":' * 5000 + b"{}" + b"}" * 5000
    with pytest.raises(Unreadable, match="too deeply"):
        clean_schema(text, "json_schema")


@pytest.mark.parametrize("lane", LANES)
def test_a_schema_that_grows_without_end_does_not(lane: LaneName) -> None:
    both = [{"$ref": "#/$defs/A"}, {"$ref": "#/$defs/A"}]
    doubling = {
        f"D{n}": {"type": "array", "prefixItems": [{"$ref": f"#/$defs/D{n + 1}"}] * 3}
        for n in range(40)
    }
    schema = {
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/A"}, "d": {"$ref": "#/$defs/D0"}},
        "$defs": {"A": {"allOf": both}, **doubling},
    }
    assert len(clean_schema(json.dumps(schema).encode(), lane).schema) < 4_000_000


# -- anything at all -----------------------------------------------------------------------

SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=4)
KEYS = st.sampled_from(NAMES)


def schemas(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    values = inner | st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
    types_ = st.sampled_from(["object", "array", "string", "integer", ["string", "null"], 3])
    refs = st.sampled_from(["#", "#/$defs/title", "#/$defs/enum", "#/properties/title", "x", 1])
    sane = st.fixed_dictionaries(
        {},
        optional={
            "type": types_,
            "properties": st.dictionaries(KEYS, inner, max_size=3),
            "required": st.lists(KEYS, max_size=3),
            "$defs": st.dictionaries(st.sampled_from(["title", "enum"]), inner, max_size=2),
            "$ref": refs,
            "allOf": st.lists(inner, max_size=2),
            "anyOf": st.lists(inner, max_size=2),
            "enum": st.lists(SCALARS, max_size=3),
            "items": inner,
            "minimum": SCALARS,
            "exclusiveMinimum": SCALARS,
        },
    )
    return sane | st.dictionaries(KEYS, values, max_size=4) | st.dictionaries(KEYS, SCALARS)


@pytest.mark.proof
@given(st.recursive(SCALARS, schemas, max_leaves=12))
def test_any_object_becomes_a_schema_that_is_taken(schema: Any) -> None:
    root = {
        "type": "object",
        "properties": {"p": schema, "q": {"$ref": "#"}},
        "$defs": {"title": schema},
    }
    tool = {"name": "T", "input_schema": root}
    for lane in LANES:
        body = send(request(user("x"), tools=[tool]), target(schema_lane=lane)).body
        check_body(body)


@given(st.recursive(SCALARS, schemas, max_leaves=12))
def test_what_is_clean_stays_as_it_is(schema: Any) -> None:
    once = clean({"type": "object", "properties": {"p": schema}})
    twice = clean(once)
    assert twice == once
