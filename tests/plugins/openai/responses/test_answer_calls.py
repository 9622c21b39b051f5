"""Calls in answers."""

from __future__ import annotations

import json

from tests.support.responses import (
    ASKED,
    a_call,
    a_message,
    a_response,
    both,
    frames,
    last,
    send,
    tell_stream,
    tell_whole,
    told_in_deltas,
)


def test_a_call_keeps_its_id_and_gets_its_name_back() -> None:
    renamed = ASKED | {"tools": [{"name": "mcp:read", "input_schema": {"type": "object"}}]}
    (sent,) = send(renamed).body["tools"]
    told = both(a_response(a_call("call_a", sent["name"], '{"a": 1}')), renamed)
    assert told.blocks == [["tool", "mcp:read", {"a": 1}]]
    assert (told.tool_ids, told.stop) == (["call_a"], "tool_use")


def test_s17_a_call_without_arguments() -> None:
    assert both(a_response(a_call(arguments=""))).blocks == [["tool", "Read", {}]]


def test_a_name_that_comes_late() -> None:
    call = a_call(arguments='{"a": 1}')
    events = told_in_deltas(0, call)
    del events[0]["item"]["name"], events[0]["item"]["call_id"]
    told = tell_stream([frames([*events, last(a_response())])])
    assert (told.blocks, told.tool_ids) == ([["tool", "Read", {"a": 1}]], ["call_a"])


def test_a_call_without_a_name_is_no_answer() -> None:
    nameless = a_call() | {"name": None}
    for told in (
        tell_stream([frames([told_in_deltas(0, nameless)[0], last(a_response())])]),
        tell_whole(json.dumps(a_response(nameless)).encode()),
    ):
        assert told.failure is not None
        assert "a tool call without a name" in told.failure.message


def test_arguments_that_are_no_object_are_no_call() -> None:
    told = both(a_response(a_call(arguments="[1]")))
    assert told.failure is not None


def test_text_between_calls_stays_between_them() -> None:
    items = a_call("a"), a_message("And."), a_call("b")
    assert both(a_response(*items)).blocks == [
        ["tool", "Read", {}],
        ["text", "And."],
        ["tool", "Read", {}],
    ]
