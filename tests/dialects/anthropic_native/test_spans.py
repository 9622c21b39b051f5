"""Places of values in JSON bytes, and splices that leave the rest as it was."""

import json
import string
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from proxy_core.dialects.anthropic_native.spans import (
    Splices,
    first_value,
    items,
    member,
    members,
    value_end,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(['"', "\\", '\\"', "}{", "],[", "\\u0022", "\u2028"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)
LAYOUTS = st.sampled_from([None, 0, 1, "\t", "\r\n "])
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n", "\t: ")])


@st.composite
def documents(draw: st.DrawFn) -> bytes:
    value = draw(VALUES)
    text = json.dumps(
        value,
        indent=draw(LAYOUTS),
        separators=draw(SEPARATORS),
        ensure_ascii=draw(st.booleans()),
    )
    return (draw(st.sampled_from(["", " ", "\n\r\t "])) + text).encode("utf-8", "surrogatepass")


def walk(body: bytes, start: int) -> Any:
    """The value at `start`, read by spans alone down to the scalars."""
    opening = body[start : start + 1]
    if opening == b"{":
        return {one.key: walk(body, one.value) for one in members(body, start)}
    if opening == b"[":
        return [walk(body, one.start) for one in items(body, start)]
    return json.loads(body[start : value_end(body, start)])


@given(documents())
def test_spans_find_every_value(body: bytes) -> None:
    start = first_value(body)
    assert walk(body, start) == json.loads(body)
    assert value_end(body, start) == len(body.rstrip())


def test_keys_are_read_and_not_compared_as_bytes() -> None:
    body = rb'{"\u006dodel": 1, "m": {"model": 2}}'
    assert [one.key for one in members(body, 0)] == ["model", "m"]


def test_of_two_members_of_one_name_the_last_counts_and_both_are_replaced() -> None:
    body = b'{"a":1,"b":2,"a":3}'
    found = member(body, 0, "a")
    assert found is not None
    assert body[found.value : found.end] == b"3"
    splices = Splices(body)
    splices.put(0, "a", b"4")
    assert splices.apply() == b'{"a":4,"b":2,"a":4}'


@given(documents(), st.text(string.ascii_letters, max_size=3), VALUES)
def test_a_member_that_is_put_is_there_and_all_others_stay(
    body: bytes, name: str, value: Any
) -> None:
    start = first_value(body)
    if body[start : start + 1] != b"{":
        return
    splices = Splices(body)
    splices.put(start, name, json.dumps(value).encode())
    assert json.loads(splices.apply()) == {**json.loads(body), name: value}


@given(st.lists(VALUES, max_size=8), st.sets(st.integers(0, 7)), LAYOUTS)
def test_dropped_items_are_gone_with_one_comma_each(
    values: list[Any], dropped: set[int], indent: Any
) -> None:
    body = json.dumps(values, indent=indent).encode()
    splices = Splices(body)
    splices.drop(items(body, 0), {index for index in dropped if index < len(values)})
    kept = [value for index, value in enumerate(values) if index not in dropped]
    assert json.loads(splices.apply()) == kept


@given(st.dictionaries(st.text(), VALUES, max_size=8), st.sets(st.integers(0, 7)), LAYOUTS)
def test_dropped_members_are_gone_with_one_comma_each(
    values: dict[str, Any], dropped: set[int], indent: Any
) -> None:
    body = json.dumps(values, indent=indent).encode()
    splices = Splices(body)
    splices.drop(members(body, 0), {index for index in dropped if index < len(values)})
    kept = {key: value for index, (key, value) in enumerate(values.items()) if index not in dropped}
    assert json.loads(splices.apply()) == kept


def test_long_strings_full_of_escapes_are_passed_in_one_go() -> None:
    body = json.dumps({"a": '\\"\n' * 500_000, "b": ["{"] * 1000, "c": 1}).encode()
    found = member(body, 0, "c")
    assert found is not None
    assert body[found.value : found.end] == b"1"


def test_without_edits_the_very_same_bytes_come_back() -> None:
    body = b' {"a" : 1} '
    assert Splices(body).apply() is body
