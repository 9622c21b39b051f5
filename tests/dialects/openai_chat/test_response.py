"""Whole answers: the mapping of the stream, and what only a whole answer can get wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.chat_answers import Told, a_usage, an_upstream, tell_whole

Json = dict[str, Any]


def told(message: Json | None, finish: str | None = "stop", **more: Any) -> Told:
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return tell_whole(json.dumps({"choices": [choice], **more}).encode())


def a_call(arguments: Any, name: str = "Read", **more: Any) -> Json:
    function = {"name": name, "arguments": arguments}
    return {"id": "a", "type": "function", "function": function, **more}


def test_e1_calls_are_tool_use_blocks() -> None:
    answer = told({"content": "x", "tool_calls": [a_call('{"p":1}')]}, "tool_calls")
    assert answer.blocks == [["text", "x"], ["tool", "Read", {"p": 1}]]
    assert answer.stop == "tool_use"


@pytest.mark.parametrize("arguments", ["{broken", '{"p":1}{"p":2}', "text"])
def test_e2_arguments_that_are_no_json_are_never_run(arguments: str) -> None:
    answer = told({"tool_calls": [a_call(arguments)]}, "tool_calls")
    assert answer.failure is not None
    assert (answer.failure.status, answer.failure.retryable) == (502, True)


@pytest.mark.parametrize("arguments", ["[1]", '"text"', "5", [1], 5])
def test_e3_arguments_that_are_no_object_are_an_error(arguments: object) -> None:
    assert told({"tool_calls": [a_call(arguments)]}, "tool_calls").failure is not None


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"junk", b"<html></html>", b'{"choices": []}', b"\xff"]
)
def test_e4_what_is_no_answer_is_an_error(body: bytes) -> None:
    failure = tell_whole(body).failure
    assert failure is not None
    assert failure.status >= 500


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({"error": {"message": "no", "code": 429}}, 429, "acme: no"),
        ({"error": "over_capacity"}, 503, "acme: over_capacity"),
        ({"base_resp": {"status_code": 1002, "status_msg": "rate limit"}}, 429, "acme: rate limit"),
        ({"base_resp": {"status_code": 1004, "status_msg": "k"}, "choices": None}, 401, None),
        ({"base_resp": {"status_code": 1008, "status_msg": "poor"}}, 403, "acme: poor"),
        ({"base_resp": {"status_code": 2013, "status_msg": "bad"}}, 400, "acme: bad"),
        ({"choices": [{"error": {"message": "no", "code": 503}}]}, 503, "acme: no"),
    ],
)
def test_an_error_inside_a_success(body: Json, status: int, message: str | None) -> None:
    failure = tell_whole(json.dumps(body).encode()).failure
    assert failure is not None
    assert failure.status == status
    assert message in (None, failure.message)


def test_a_base_resp_of_zero_is_no_error() -> None:
    assert told({"content": "x"}, base_resp={"status_code": 0}).stop == "end_turn"


def test_reasoning_comes_before_the_text() -> None:
    answer = told({"content": "x", "reasoning": "r"}, usage=a_usage(10, 5, 4))
    assert answer.blocks == [["thinking", "r"], ["text", "x"]]
    assert answer.usage == [6, 4, 0, 5]


def test_entries_are_calls_of_their_own_whatever_their_ids() -> None:
    calls = [a_call("{}", index=0), a_call({"p": 1}, index=0)]
    answer = told({"content": [], "tool_calls": calls}, "stop")
    assert answer.blocks == [["tool", "Read", {}], ["tool", "Read", {"p": 1}]]
    assert len(set(answer.tool_ids)) == 2


def test_a_call_without_a_name_is_an_error() -> None:
    assert told({"tool_calls": [a_call("{}", name="")]}, "tool_calls").failure is not None
    assert told({"content": "x", "tool_calls": [{"id": "a"}]}, "tool_calls").failure is not None


@pytest.mark.parametrize("finish", [None, ""])
def test_a_missing_finish_reason_ends_a_turn_that_says_something(finish: str | None) -> None:
    assert told({"content": "x"}, finish).stop == "end_turn"
    assert told({"content": ""}, finish).failure is not None


def test_a_refusal() -> None:
    answer = told({"content": None, "refusal": "no"})
    assert (answer.blocks, answer.stop) == ([["text", "no"]], "refusal")


def test_a_failure_by_finish_reason() -> None:
    assert told({"content": "x"}, "network_error").failure is not None


def test_stop_sequences_are_watched_for() -> None:
    upstream = an_upstream(stop_sequences=("END",))
    message = {"content": "a END b", "tool_calls": [a_call("{}")]}
    choice = {"message": message, "finish_reason": "stop"}
    body = json.dumps({"choices": [choice], "usage": a_usage()}).encode()
    answer = tell_whole(body, upstream)
    assert (answer.blocks, answer.stop, answer.stop_sequence) == (
        [["text", "a "]],
        "stop_sequence",
        "END",
    )
    assert answer.usage == [10, 0, 0, 5]


def test_an_empty_delta_beside_the_message_hides_nothing() -> None:
    choice = {"message": {"content": "x"}, "delta": {"content": ""}, "finish_reason": "stop"}
    assert tell_whole(json.dumps({"choices": [choice]}).encode()).blocks == [["text", "x"]]
