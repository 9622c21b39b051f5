"""Calls in a stream: their blocks, their arguments, and where they are cut."""

from __future__ import annotations

from typing import Any

import pytest

from proxy_core.dialects.openai_chat.context import ChatContext
from tests.support.chat_answers import (
    CALLED,
    STOP,
    an_upstream,
    call,
    chunk,
    kinds,
    told,
)


def test_s1_parallel_calls_keep_all_their_fragments() -> None:
    answer = told(
        chunk(call(0, id="a", name="Read", arguments="")),
        chunk(call(0, arguments='{"p":')),
        chunk(call(0, arguments="1}")),
        chunk(call(1, id="b", name="Grep", arguments="")),
        chunk(call(1, arguments='{"q":2}')),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Grep", {"q": 2}]]


def test_s2_interleaved_fragments_are_told_one_call_after_the_other() -> None:
    answer = told(
        chunk(call(0, id="a", name="Read", arguments="")),
        chunk(call(1, id="b", name="Grep", arguments="")),
        chunk(call(0, arguments='{"p":')),
        chunk(call(1, arguments='{"q":')),
        chunk(call(0, arguments="1}")),
        chunk(call(1, arguments="2}")),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Grep", {"q": 2}]]
    assert answer.tool_ids == ["a", "b"]


def test_s3_s8_each_block_closes_before_the_next_index_opens() -> None:
    answer = told(
        chunk(call(0, id="a", name="Read", arguments="{}")),
        chunk(call(1, id="b", name="Grep", arguments="{}")),
        CALLED,
    )
    assert kinds(answer) == [
        "message_start",
        *("+0:tool_use", "-0", "+1:tool_use", "-1"),
        "message_delta",
        "message_stop",
    ]


def test_s6_text_after_a_call_is_a_block_of_its_own() -> None:
    answer = told(
        chunk({"content": "before"}),
        chunk(call(0, id="a", name="Read", arguments="{}")),
        chunk({"content": "after"}),
        CALLED,
    )
    assert answer.blocks == [["text", "before"], ["tool", "Read", {}], ["text", "after"]]
    assert answer.stop == "tool_use"


def test_s7_a_call_alone_brings_no_empty_text() -> None:
    answer = told(
        chunk({"role": "assistant", "content": ""}),
        chunk(call(0, id="a", name="Read", arguments="{}")),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {}]]


@pytest.mark.parametrize("reason", ["stop", "tool_calls", "function_call", "eos", "end"])
def test_s9_a_call_ends_in_tool_use_whatever_the_finish_reason(reason: str) -> None:
    answer = told(chunk(call(0, id="a", name="Read", arguments="{}")), chunk(finish=reason))
    assert answer.stop == "tool_use"


@pytest.mark.parametrize("done", [True, False])
def test_s12_a_cut_inside_arguments_is_an_error(done: bool) -> None:
    answer = told(chunk(call(0, id="a", name="Write", arguments='{"p":"x')), done=done)
    assert kinds(answer)[-1] == "error"
    assert answer.stop is None
    assert answer.failure is not None
    assert answer.failure.retryable


def test_s13_a_limit_inside_arguments_keeps_the_fragments() -> None:
    answer = told(chunk(call(0, id="a", name="Write", arguments='{"p":"x')), chunk(finish="length"))
    assert answer.stop == "max_tokens"
    deltas = [event["delta"] for event in answer.events if "delta" in event]
    assert {"type": "input_json_delta", "partial_json": '{"p":"x'} in deltas


@pytest.mark.parametrize("arguments", ["", None, "{}", " ", "null"])
def test_s17_a_call_without_arguments_has_an_empty_input(arguments: str | None) -> None:
    answer = told(chunk(call(0, id="a", name="Task", arguments=arguments)), CALLED)
    assert answer.blocks == [["tool", "Task", {}]]


def test_a_call_that_never_gets_a_name_is_an_error() -> None:
    assert told(chunk(call(0, id="a", arguments="")), CALLED).failure is not None
    assert told(chunk(call(0, id="a", arguments="{}")), CALLED).failure is not None


def test_an_entry_that_says_nothing_is_no_call() -> None:
    answer = told(chunk({"content": "x", "tool_calls": [{"index": 0}]}), STOP)
    assert (answer.blocks, answer.stop) == ([["text", "x"]], "end_turn")


def test_a_renamed_tool_gets_its_name_back() -> None:
    context = ChatContext(tool_names={"mcp_a": "mcp.a"})
    upstream = an_upstream(context=context)
    payload = chunk(call(0, id="a", name="mcp_a<|channel|>json", arguments="{}"))
    assert told(payload, CALLED, upstream=upstream).blocks == [["tool", "mcp.a", {}]]


def test_too_many_calls_are_an_error() -> None:
    fragments = [{"index": index, "id": str(index)} for index in range(5000)]
    failure = told(chunk({"tool_calls": fragments}), CALLED).failure
    assert failure is not None
    assert "4096" in failure.message


def test_arguments_as_an_object_keep_big_numbers() -> None:
    big = 123456789012345678901234567890
    payload = chunk(call(0, id="a", name="Read", arguments={"n": big, "é": "\ud83d\ude00"}))
    assert told(payload, CALLED).blocks == [["tool", "Read", {"n": big, "é": "😀"}]]


def test_arguments_as_an_object_may_hold_half_a_pair() -> None:
    payload = chunk(call(0, id="a", name="Read", arguments={"p": "\ud83d"}))
    assert told(payload, CALLED).blocks == [["tool", "Read", {"p": "\ufffd"}]]


def test_the_halves_of_a_pair_inside_arguments_are_joined() -> None:
    answer = told(
        chunk(call(0, id="a", name="Read", arguments='{"p":"\ud83d')),
        chunk(call(0, arguments='\ude00"}')),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": "😀"}]]


def test_whole_arguments_told_again_at_the_end_are_told_once() -> None:
    calls = [
        {"index": 0, "id": "a", "function": {"name": "Read", "arguments": '{"p":1}'}},
        {"index": 1, "id": "b", "function": {"name": "Grep", "arguments": '{"q":2}'}},
    ]
    answer = told(
        chunk(call(0, id="a", name="Read", arguments='{"p":')),
        chunk(call(0, arguments="1}")),
        chunk(call(1, id="b", name="Grep", arguments='{"q":2}')),
        chunk({"tool_calls": calls}, "tool_calls"),
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Grep", {"q": 2}]]
    assert (answer.stop, answer.failure) == ("tool_use", None)


@pytest.mark.parametrize("placeholder", ["{}", " {}\n", {}, "null"])
def test_a_placeholder_gives_way_to_the_arguments(placeholder: Any) -> None:
    answer = told(
        chunk(call(0, id="a", name="Read", arguments=placeholder)),
        chunk(call(0, arguments='{"p":')),
        chunk(call(0, arguments="1}")),
        CALLED,
    )
    deltas = [event["delta"] for event in answer.events if event["type"] == "content_block_delta"]
    assert "".join(delta["partial_json"] for delta in deltas) == '{"p":1}'
