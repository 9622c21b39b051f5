"""Kimi's tokens in text and reasoning: read as calls at any cut, and never shown."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.contract import UpstreamRequest
from proxy_core.dialects.openai_chat.answers.leaked_calls import MARKERS, LeakedCall, LeakFilter
from proxy_core.dialects.openai_chat.context import ChatContext
from proxy_core.testing.strategies.scripts import ARGUMENTS, cuts
from tests.support.chat_answers import (
    Json,
    Told,
    a_target,
    an_upstream,
    call,
    chunk,
    sse,
    tell_stream,
    tell_whole,
)

BEGIN, END = "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"
READ: Json = {"file_path": "/a"}


def written(
    name: str = "functions.Read:0", arguments: Any = READ, end: str = "<|tool_call_end|>"
) -> str:
    """A call as Kimi writes it."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return f"<|tool_call_begin|>{name}<|tool_call_argument_begin|>{text}{end}"


def section(*calls: str) -> str:
    return "".join((BEGIN, *calls, END))


def upstream(**quirks: Any) -> UpstreamRequest:
    return an_upstream(a_target(leaked_calls="kimi", **quirks))


def told(*deltas: Json, finish: str | None = "stop") -> Told:
    """The same deltas streamed; each text comes character by character, too."""
    at_once = tell_stream([sse([*map(chunk, deltas), chunk({}, finish)])], upstream())
    slowly = [
        {name: piece}
        for delta in deltas
        for name, value in delta.items()
        for piece in (value if isinstance(value, str) else [value])
    ]
    again = tell_stream([sse([*map(chunk, slowly), chunk({}, finish)])], upstream())
    assert again.blocks == at_once.blocks
    assert (again.stop, again.failure) == (at_once.stop, at_once.failure)
    return at_once


TOOL = ["tool", "Read", READ]

LEAKS: dict[str, tuple[str, list[Any]]] = {
    "a section alone": (section(written()), [TOOL]),
    "words before": ("Let me." + section(written()), [["text", "Let me."], TOOL]),
    "words after": (section(written()) + "Done.", [["text", "Done."], TOOL]),
    "words between two sections": (
        "A" + section(written()) + "B" + section(written("functions.Bash:1", {"command": "ls"})),
        [["text", "AB"], TOOL, ["tool", "Bash", {"command": "ls"}]],
    ),
    "the singular form": (
        f"<|tool_call_section_begin|>{written()}<|tool_call_section_end|>",
        [TOOL],
    ),
    "no section": (written(), [TOOL]),
    "two calls": (
        section(written(), written("functions.Read:1", {"file_path": "/b"})),
        [TOOL, ["tool", "Read", {"file_path": "/b"}]],
    ),
    "the same call twice, meant": (
        section(written(), written("functions.Read:1")),
        [TOOL, TOOL],
    ),
    "the same call twice, an echo": (section(written()) + section(written()), [TOOL]),
    "words inside the section": (section("\nnow\n", written(), "\n"), [TOOL]),
    "white space around the parts": (
        section(written(" functions.Read:0 ", "\n" + json.dumps(READ) + " ")),
        [TOOL],
    ),
    "arguments as a string of JSON": (
        section(written(arguments=json.dumps(json.dumps(READ)))),
        [TOOL],
    ),
    "line ends that were not escaped": (
        section(written(arguments='{"file_path": "/a\n"}')),
        [["tool", "Read", {"file_path": "/a\n"}]],
    ),
    "words after the arguments": (
        section(written(arguments='{"file_path": "/a\n"} ok')),
        [["text", 'functions.Read:0{"file_path": "/a\n"} ok']],
    ),
    "no arguments": (section(written(arguments="")), [["tool", "Read", {}]]),
    "a bare name": (section(written("Read")), [TOOL]),
    "a name with dots and dashes": (
        section(written("functions.mcp__a-b__c.d:12")),
        [["tool", "mcp__a-b__c.d", READ]],
    ),
    "markers in a string of the arguments": (
        section(written(arguments={"text": f'\\"{END}<|tool_call_end|>\\'})),
        [["tool", "Read", {"text": f'\\"{END}<|tool_call_end|>\\'}]],
    ),
    "half a marker in a string": (
        section(written(arguments={"text": "<|tool_call_e"})),
        [["tool", "Read", {"text": "<|tool_call_e"}]],
    ),
    "a call that ends with its section": (
        f"{BEGIN}{written(end='')}{END}after",
        [["text", "after"], TOOL],
    ),
    "a call that ends with the next": (
        section(written(end=""), written("functions.Read:1", {"file_path": "/b"})),
        [TOOL, ["tool", "Read", {"file_path": "/b"}]],
    ),
    "a section that is not closed": (f"{BEGIN}{written()}", [TOOL]),
    "a call that is not closed": (f"Hm. {BEGIN}{written(end='')}", [["text", "Hm. "], TOOL]),
    "a call cut in its arguments": (
        f"Hm. {BEGIN}{written()}" + written("functions.Bash:1", '{"command": "l', end=""),
        [["text", 'Hm. functions.Bash:1{"command": "l'], TOOL],
    ),
    "a quote that never ends": (
        f"{BEGIN}" + written(arguments='{"a": "b}') + written() + END,
        [["text", 'functions.Read:0{"a": "b}'], TOOL],
    ),
    "arguments that are no object": (
        f"So {section(written(arguments='[1]'))}",
        [["text", "So functions.Read:0[1]"]],
    ),
    "a call without arguments or their marker": (
        "<|tool_call_begin|>functions.Read:0<|tool_call_end|>",
        [["text", "functions.Read:0"]],
    ),
    "an empty section": (f"a{BEGIN}{END}b", [["text", "ab"]]),
    "a section of words": (f"a{BEGIN} words {END}b", [["text", "a words b"]]),
    "an open section of words": (f"a{BEGIN} words", [["text", "a words"]]),
    "strays": ("a<|tool_call_end|>b<|tool_call_argument_begin|>c" + END, [["text", "abc"]]),
    "half a marker at the end": ("a<|tool_calls_sec", [["text", "a<|tool_calls_sec"]]),
    "what only looks like a marker": ("a<|tool|>b <|x|> <", [["text", "a<|tool|>b <|x|> <"]]),
}


@pytest.mark.parametrize(("text", "blocks"), LEAKS.values(), ids=LEAKS)
def test_leaks_in_the_content(text: str, blocks: list[Any]) -> None:
    answer = told({"content": text})
    assert answer.blocks == blocks
    calls = any(block[0] == "tool" for block in blocks)
    assert answer.stop == ("tool_use" if calls else "end_turn")


@pytest.mark.parametrize(("text", "blocks"), LEAKS.values(), ids=LEAKS)
@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_leaks_in_the_reasoning(field: str, text: str, blocks: list[Any]) -> None:
    shown = [["thinking", block[1]] if block[0] == "text" else block for block in blocks]
    assert told({field: text}).blocks == shown


def test_an_answer_after_leaked_reasoning() -> None:
    answer = told({"reasoning": "Hm." + section(written())}, {"content": "So."})
    assert answer.blocks == [["thinking", "Hm."], ["text", "So."], TOOL]


@pytest.mark.parametrize(("text", "blocks"), LEAKS.values(), ids=LEAKS)
def test_a_whole_answer_tells_the_same(text: str, blocks: list[Any]) -> None:
    message = {"role": "assistant", "content": text}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    assert tell_whole(json.dumps(body).encode(), upstream()).blocks == blocks


def test_a_leak_beside_the_same_call_read_properly_is_told_once() -> None:
    real = call(0, id="call_1", name="Read", arguments='{ "file_path" :"/a"}')
    leak = {"content": "Hm." + section(written())}
    for deltas in ((leak, real), (real, leak)):
        answer = told(*deltas, finish="tool_calls")
        assert [block for block in answer.blocks if block[0] == "tool"] == [TOOL]
        assert answer.tool_ids == ["call_1"]


def test_only_the_call_that_the_server_did_not_read_is_added() -> None:
    real = call(0, id="call_1", name="Read", arguments=json.dumps(READ))
    other = written("functions.Bash:1", {"command": "ls"})
    answer = told({"content": section(written(), other)}, real, finish="tool_calls")
    assert answer.blocks == [TOOL, ["tool", "Bash", {"command": "ls"}]]


def test_a_leak_in_reasoning_and_content_is_told_once() -> None:
    leak = section(written())
    assert told({"reasoning": "Hm." + leak}, {"content": leak}).blocks == [
        ["thinking", "Hm."],
        TOOL,
    ]


def test_a_marker_split_by_a_real_call_is_not_shown() -> None:
    real = call(0, id="call_1", name="Read", arguments=json.dumps(READ))
    leak = section(written())
    deltas = [{"content": "a" + leak[:9]}, real, {"content": leak[9:]}]
    answer = tell_stream([sse([*map(chunk, deltas), chunk({}, "tool_calls")])], upstream())
    assert answer.blocks == [["text", "a"], TOOL]


@pytest.mark.parametrize("field", ["content", "reasoning"])
def test_a_text_that_ends_like_a_marker_comes_before_the_call(field: str) -> None:
    deltas = [{field: "1 <"}, call(0, id="call_1", name="Read", arguments=json.dumps(READ))]
    answer = tell_stream([sse([*map(chunk, deltas), chunk({}, "tool_calls")])], upstream())
    kind = "text" if field == "content" else "thinking"
    assert answer.blocks == [[kind, "1 <"], TOOL]


def test_the_name_is_the_clients_and_the_limit_remains_the_reason() -> None:
    answer = told({"content": section(written())}, finish="length")
    assert (answer.blocks, answer.stop) == ([TOOL], "max_tokens")


def test_hidden_reasoning_still_gives_its_calls() -> None:
    hidden = an_upstream(
        a_target(leaked_calls="kimi", think_tags="tagged"), ChatContext(thinking_disabled=True)
    )
    text = "<think>Hm." + section(written()) + "</think>Yes."
    deltas = [chunk({"reasoning": section(written())}), chunk({"content": text}), chunk({}, "stop")]
    assert tell_stream([sse(deltas)], hidden).blocks == [["text", "Yes."], TOOL]


def test_a_stop_sequence_in_the_arguments_stops_nothing() -> None:
    watched = an_upstream(a_target(leaked_calls="kimi"), stop_sequences=("/a", "END"))
    deltas = [chunk({"content": "So " + section(written()) + "END more"}), chunk({}, "stop")]
    answer = tell_stream([sse(deltas)], watched)
    assert answer.blocks == [["text", "So "], TOOL]
    assert (answer.stop, answer.stop_sequence) == ("stop_sequence", "END")


def test_a_cut_stream_is_an_error_though_a_call_was_complete() -> None:
    answer = tell_stream([sse([chunk({"content": section(written())})], done=False)], upstream())
    assert answer.failure is not None
    assert answer.blocks == []


def test_without_the_quirk_text_is_text() -> None:
    text = section(written())
    answer = tell_stream([sse([chunk({"content": text}), chunk({}, "stop")])], an_upstream())
    assert answer.blocks == [["text", text]]


# -- chance --------------------------------------------------------------------------------

WORDS = st.text(st.sampled_from('ab <|>_"\\{}\n'), max_size=8).filter(
    lambda text: not any(marker in text for marker in MARKERS)
)
CALLS = st.lists(
    st.tuples(st.sampled_from(["Read", "Bash", "mcp__x"]), ARGUMENTS), min_size=1, max_size=3
)


@pytest.mark.proof
@given(st.data(), st.lists(st.tuples(WORDS, CALLS), max_size=3), WORDS)
def test_whatever_is_said_around_them_calls_are_found_and_words_kept(
    data: st.DataObject, turns: list[tuple[str, list[tuple[str, Json]]]], last: str
) -> None:
    numbers = itertools.count()
    text, words, expected = "", "", []
    for said, calls in turns:
        made = [(f"functions.{name}:{next(numbers)}", name, value) for name, value in calls]
        text += said + section(*(written(head, value) for head, _, value in made))
        words += said
        expected += [LeakedCall(head, name, json.dumps(value)) for head, name, value in made]
    leaks = LeakFilter()
    shown = "".join(leaks.feed(piece) for piece in data.draw(cuts(text + last))) + leaks.flush()
    assert shown == words + last
    assert leaks.calls == expected


@pytest.mark.proof
@given(
    st.lists(st.sampled_from([*MARKERS, '"', "\\", '{"a":"b"}', "functions.Read:0", "<|", "x"])),
    st.data(),
)
def test_any_order_of_markers_shows_none_and_any_cut_tells_the_same(
    pieces: list[str], data: st.DataObject
) -> None:
    text = "".join(pieces)
    whole = LeakFilter()
    shown = whole.feed(text) + whole.flush()
    assert not any(marker in shown for marker in MARKERS)
    cut = LeakFilter()
    again = "".join(cut.feed(piece) for piece in data.draw(cuts(text))) + cut.flush()
    assert (again, cut.calls) == (shown, whole.calls)
