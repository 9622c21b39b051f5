"""Schemas: told by place what is a keyword, and left alone where nothing asks for a change."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from proxy_core.contract import Unsupported
from proxy_core.dialects.openai_chat.requests.schema import NotAnObjectError, is_strict, parameters
from proxy_core.ledger import LossKind, Reason
from tests.support.chat_requests import request, send, send_bytes, user

KEYWORDS = frozenset({"pattern", "format", "$schema", "title", "minLength"})


def without(schema: Any, *keywords: str) -> tuple[Any, tuple[str, ...]]:
    made = parameters(Raw(json.dumps(schema).encode()), frozenset(keywords))
    return json.loads(bytes(made.schema)), made.removed


@pytest.mark.parametrize(
    ("schema", "expected", "removed"),
    [
        pytest.param(
            {"type": "object", "properties": {"pattern": {"type": "string", "pattern": "a"}}},
            {"type": "object", "properties": {"pattern": {"type": "string"}}},
            ("/properties/pattern/pattern",),
            id="a property called like the keyword",
        ),
        pytest.param(
            {"type": "object", "properties": {}, "$defs": {"pattern": {"pattern": "x"}}},
            {"type": "object", "properties": {}, "$defs": {"pattern": {}}},
            ("/$defs/pattern/pattern",),
            id="a definition called like the keyword",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"anyOf": [{"pattern": "x"}, True]}}},
            {"type": "object", "properties": {"a": {"anyOf": [{}, True]}}},
            ("/properties/a/anyOf/0/pattern",),
            id="inside a list of schemas",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"items": {"pattern": "x"}}}},
            {"type": "object", "properties": {"a": {"items": {}}}},
            ("/properties/a/items/pattern",),
            id="items as a schema",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"items": [{"pattern": "x"}]}}},
            {"type": "object", "properties": {"a": {"items": [{}]}}},
            ("/properties/a/items/0/pattern",),
            id="items as a list",
        ),
        pytest.param(
            {"type": "object", "properties": {"a/b": {"pattern": "x"}}},
            {"type": "object", "properties": {"a/b": {}}},
            ("/properties/a~1b/pattern",),
            id="a pointer with a slash",
        ),
        pytest.param(
            {"type": "object", "properties": {"a": {"default": {"pattern": 1}, "enum": ["x"]}}},
            {"type": "object", "properties": {"a": {"default": {"pattern": 1}, "enum": ["x"]}}},
            (),
            id="values are no schemas",
        ),
    ],
)
def test_keywords_are_dropped_by_place(
    schema: Any, expected: Any, removed: tuple[str, ...]
) -> None:
    assert without(schema, "pattern") == (expected, removed)


def test_a_schema_is_passed_on_as_it_was_written() -> None:
    written = b'{ "type":"object",\n "properties" : {"n": {"maximum": 1e400, "default": 1.0}} }'
    assert bytes(parameters(Raw(written), KEYWORDS).schema) == written


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({}, {"type": "object", "properties": {}}),
        ({"type": "object"}, {"type": "object", "properties": {}}),
        ({"properties": {"a": {}}}, {"type": "object", "properties": {"a": {}}}),
        (
            {"type": ["object"], "required": []},
            {"type": ["object"], "properties": {}, "required": []},
        ),
    ],
)
def test_the_root_is_an_object_with_properties(schema: Any, expected: Any) -> None:
    assert without(schema)[0] == expected


@pytest.mark.parametrize("written", [b"[]", b'"x"', b"1", b"true"])
def test_what_is_no_object_is_no_schema(written: bytes) -> None:
    with pytest.raises(NotAnObjectError):
        parameters(Raw(written), frozenset())


def test_the_client_is_told_which_schema_is_none() -> None:
    with pytest.raises(Unsupported) as refused:
        send(request(user("x"), tools=[{"name": "t", "input_schema": ["x"]}]))
    assert refused.value.path == "/tools/0/input_schema"


def test_a_schema_too_deep_to_change_is_refused() -> None:
    deep: Any = '{"not":' * 400 + '{"pattern":"x"}' + "}" * 400
    body = json.dumps(request(user("x"), tools=[{"name": "t", "input_schema": "@"}]))
    with pytest.raises(Unsupported, match="nested too deeply"):
        send_bytes(
            body.replace('"@"', deep).encode(), dropped_schema_keywords=frozenset({"pattern"})
        )


def test_a_schema_with_a_number_beyond_any_is_refused_where_it_would_be_changed() -> None:
    large: Any = '{"pattern":"x","default":1e400}'
    body = json.dumps(request(user("x"), tools=[{"name": "t", "input_schema": "@"}]))
    with pytest.raises(Unsupported, match="too large"):
        send_bytes(
            body.replace('"@"', large).encode(), dropped_schema_keywords=frozenset({"pattern"})
        )


def test_dropped_keywords_are_noted_by_their_place() -> None:
    schema = {"type": "object", "properties": {"a": {"format": "uri"}}}
    sent = send(
        request(user("x"), tools=[{"name": "t", "input_schema": schema}]),
        dropped_schema_keywords=frozenset({"format"}),
    )
    place = "/tools/0/input_schema/properties/a/format"
    assert sent.lost(place) == (LossKind.DROPPED, Reason.SCHEMA_KEYWORD)


NAMES = st.sampled_from(["a", "title", "format", "pattern", "properties", "items"])
SCHEMAS = st.recursive(
    st.fixed_dictionaries({}, optional={"type": st.just("string"), "pattern": st.just("x")}),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "properties": st.dictionaries(NAMES, inner, max_size=3),
            "anyOf": st.lists(inner, max_size=2),
            "items": inner | st.lists(inner, max_size=2),
            "not": inner,
            "title": st.just("t"),
            "format": st.just("uri"),
            "const": st.dictionaries(NAMES, st.just("v"), max_size=2),
        },
    ),
    max_leaves=12,
)


@given(SCHEMAS, st.frozensets(st.sampled_from(sorted(KEYWORDS))))
def test_no_property_is_ever_lost(schema: Any, dropped: frozenset[str]) -> None:
    made = without({"properties": {"root": schema}}, *dropped)[0]
    assert property_names(made) == property_names({"properties": {"root": schema}})


def property_names(schema: Any) -> list[str]:
    if not isinstance(schema, dict):
        return []
    found = sorted(schema.get("properties", {}))
    inner = list(schema.get("properties", {}).values()) + schema.get("anyOf", [])
    items = schema.get("items", [])
    inner += items if isinstance(items, list) else [items]
    inner.append(schema.get("not"))
    return found + [name for one in inner for name in property_names(one)]


CLOSED = {"type": "object", "additionalProperties": False}
STRICT = CLOSED | {"properties": {"a": {"type": "string"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (STRICT, True),
        (STRICT | {"required": []}, False),
        (STRICT | {"additionalProperties": True}, False),
        (CLOSED | {"properties": {"a": STRICT}, "required": ["a"]}, True),
        (CLOSED | {"properties": {"a": {"type": "object"}}, "required": ["a"]}, False),
        (CLOSED | {"properties": {"a": {"items": {"properties": {}}}}, "required": ["a"]}, False),
        (True, True),
    ],
)
def test_strict_only_for_closed_objects(schema: Any, strict: bool) -> None:
    assert is_strict(schema) is strict
