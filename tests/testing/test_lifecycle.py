"""The judge of streams: it passes what the API sends and names the rule of all else."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from proxy_core.testing.lifecycle import LifecycleError, check_events, fold, parse_events
from tests.support.anthropic_streams import (
    STREAMS,
    Event,
    as_sse,
    expected_message,
    sdk_message,
    stream_fixture,
    without_nulls,
)

STRICTER = {"s12_two_message_deltas": "message_delta has a stop_reason"}
"""Legal streams that this project does not write, and the rule against each."""


@pytest.mark.parametrize("name", STREAMS)
def test_recorded_shapes_are_judged(name: str) -> None:
    events = stream_fixture(name)
    if name in STRICTER:
        with pytest.raises(LifecycleError, match=STRICTER[name]):
            check_events(events)
    else:
        check_events(events)


@pytest.mark.parametrize("name", STREAMS)
def test_fold_is_what_the_sdk_accumulates(name: str) -> None:
    events = stream_fixture(name)
    before = copy.deepcopy(events)
    expected = expected_message(name)
    if expected is not None:
        assert without_nulls(fold(events)) == expected
    assert events == before


@pytest.mark.parametrize("name", [name for name in STREAMS if "_beta_" not in name])
def test_parse_events_reads_what_stands_on_the_wire(name: str) -> None:
    events = stream_fixture(name)
    assert parse_events(as_sse(events)) == events


def test_the_sdk_still_accumulates_as_recorded() -> None:
    recorded = expected_message("s02_text_then_parallel_tools")
    assert without_nulls(sdk_message(as_sse(stream_fixture("s02_text_then_parallel_tools")))) == (
        recorded
    )


def test_fold_of_a_failed_stream_is_what_was_told_before() -> None:
    assert fold(stream_fixture("s13_error_midstream"))["content"] == [
        {"type": "text", "text": "partial"}
    ]
    assert fold([{"type": "error", "error": {"type": "api_error", "message": "m"}}]) == {}


# -- illegal streams -----------------------------------------------------------------------

START: Event = {
    "type": "message_start",
    "message": {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 0},
    },
}
STOP: Event = {"type": "message_stop"}
ERROR: Event = {"type": "error", "error": {"type": "api_error", "message": "broken"}}
TEXT: Event = {"type": "text", "text": ""}
THINKING: Event = {"type": "thinking", "thinking": "", "signature": ""}
PING: Event = {"type": "ping"}


def opened(index: int, block: Event) -> Event:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, key: str, value: Any) -> Event:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, key: value}}


def closed(index: int) -> Event:
    return {"type": "content_block_stop", "index": index}


def ended(reason: Any = "end_turn", **usage: Any) -> Event:
    return {
        "type": "message_delta",
        "delta": {"stop_reason": reason, "stop_sequence": None},
        "usage": usage or {"output_tokens": 1},
    }


def text(index: int = 0, words: str = "hi") -> list[Event]:
    return [opened(index, TEXT), delta(index, "text_delta", "text", words), closed(index)]


def tool(index: int = 0, *fragments: str, tool_id: Any = "t1") -> list[Event]:
    block = {"type": "tool_use", "id": tool_id, "name": "f", "input": {}}
    deltas = [delta(index, "input_json_delta", "partial_json", piece) for piece in fragments]
    return [opened(index, block), *deltas, closed(index)]


def start_with(change: Callable[[dict[str, Any]], Any]) -> Event:
    event = copy.deepcopy(START)
    change(event["message"])
    return event


LEGAL: dict[str, list[Event]] = {
    "no blocks": [START, ended(), STOP],
    "only an error": [ERROR],
    "an error in an open block": [START, opened(0, TEXT), ERROR],
    "a call cut by an error": [START, opened(0, tool()[0]["content_block"]), ERROR],
    "pings everywhere": [START, PING, *text(), PING, ended(), PING, STOP],
    "no arguments": [START, *tool(), ended("tool_use"), STOP],
    "arguments cut by the limit": [START, *tool(0, '{"a'), ended("max_tokens"), STOP],
    "a call before a stop sequence": [START, *tool(0, "{}"), ended("stop_sequence"), STOP],
    "a signature alone": [
        START,
        opened(0, THINKING),
        delta(0, "signature_delta", "signature", "s"),
        closed(0),
        ended(),
        STOP,
    ],
}

ILLEGAL: dict[str, tuple[list[Event], str]] = {
    "nothing": ([], "a stream ends with message_stop or an error"),
    "cut before the end": ([START, *text()], "a stream ends with message_stop or an error"),
    "cut before the stop": ([START, *text(), ended()], "a stream ends with message_stop"),
    "text before the start": ([*text(), START], "event 0 .*: message_start comes first"),
    "ping before the start": ([PING, START], "message_start comes first"),
    "two starts": ([START, START, ended(), STOP], "event 1 .*: message_start comes once"),
    "start without usage": (
        [start_with(lambda m: m.pop("usage")), ended(), STOP],
        "the message has its usage",
    ),
    "start with a count that is none": (
        [start_with(lambda m: m["usage"].update(input_tokens=True)), ended(), STOP],
        "the message has its usage",
    ),
    "start with a negative count": (
        [start_with(lambda m: m["usage"].update(output_tokens=-1)), ended(), STOP],
        "the message has its usage",
    ),
    "start with content": (
        [start_with(lambda m: m.update(content=[TEXT])), ended(), STOP],
        r"starts with content \[\]",
    ),
    "start without content": (
        [start_with(lambda m: m.pop("content")), ended(), STOP],
        r"starts with content \[\]",
    ),
    "start as a user": (
        [start_with(lambda m: m.update(role="user")), ended(), STOP],
        "starts with role 'assistant'",
    ),
    "start with a stop reason": (
        [start_with(lambda m: m.update(stop_reason="end_turn")), ended(), STOP],
        "starts with stop_reason null",
    ),
    "start without an id": (
        [start_with(lambda m: m.update(id="")), ended(), STOP],
        "the message has its id",
    ),
    "start without a message": ([{"type": "message_start"}], "message is an object"),
    "first block is number 1": ([START, *text(1), ended(), STOP], "the next index is 0"),
    "a number twice": ([START, *text(), *text(), ended(), STOP], "the next index is 1"),
    "a gap": ([START, *text(), *text(2), ended(), STOP], "the next index is 1"),
    "two open": ([START, opened(0, TEXT), opened(1, TEXT)], "one block is open at a time"),
    "never closed": ([START, *text()[:2], ended(), STOP], "all blocks are closed"),
    "closed twice": ([START, *text(), closed(0), ended(), STOP], "no block 0 is open"),
    "delta after its block": ([START, *text(), text()[1], ended(), STOP], "no block 0 is open"),
    "delta for another block": (
        [START, opened(0, TEXT), delta(1, "text_delta", "text", "x")],
        "no block 1 is open",
    ),
    "delta of another type": (
        [START, opened(0, TEXT), delta(0, "thinking_delta", "thinking", "x")],
        "a text block has no thinking_delta",
    ),
    "text in a call": (
        [START, tool()[0], delta(0, "text_delta", "text", "x")],
        "a tool_use block has no text_delta",
    ),
    "delta of no type": (
        [START, opened(0, TEXT), {"type": "content_block_delta", "index": 0, "delta": {}}],
        "a text block has no None",
    ),
    "delta under a wrong key": (
        [START, opened(0, TEXT), delta(0, "text_delta", "partial_json", "x")],
        "a text_delta has a text",
    ),
    "delta in redacted thinking": (
        [
            START,
            opened(0, {"type": "redacted_thinking", "data": "d"}),
            delta(0, "thinking_delta", "thinking", "x"),
        ],
        "a redacted_thinking block has no thinking_delta",
    ),
    "empty text block": ([START, opened(0, TEXT), closed(0), ended(), STOP], "no text block"),
    "white space alone": ([START, *text(0, " \n"), ended(), STOP], "no text block is empty"),
    "text block starting with text": (
        [START, opened(0, {"type": "text", "text": "x"})],
        "a text block starts with text ''",
    ),
    "text block starting without text": (
        [START, opened(0, {"type": "text"})],
        "a text block starts with text ''",
    ),
    "call starting with input": (
        [START, opened(0, {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}})],
        "a tool_use block starts with input {}",
    ),
    "call without a name": (
        [START, opened(0, {"type": "tool_use", "id": "t", "input": {}})],
        "a tool_use block has a name",
    ),
    "unknown block": ([START, opened(0, {"type": "poem"})], "no such type of block: poem"),
    "text after the signature": (
        [
            START,
            opened(0, THINKING),
            delta(0, "signature_delta", "signature", "s"),
            delta(0, "thinking_delta", "thinking", "x"),
        ],
        "the signature comes once, and last",
    ),
    "two signatures": (
        [START, opened(0, THINKING)] + [delta(0, "signature_delta", "signature", "s")] * 2,
        "the signature comes once",
    ),
    "arguments cut without a limit": (
        [START, *tool(0, '{"a'), ended("tool_use"), STOP],
        r"a JSON object, but not at event 3 \(content_block_stop\)",
    ),
    "arguments that are a list": (
        [START, *tool(0, "[", "]"), ended("tool_use"), STOP],
        "tool input is a JSON object",
    ),
    "arguments that are null": (
        [START, *tool(0, "null"), ended("tool_use"), STOP],
        "tool input is a JSON object",
    ),
    "arguments with NaN": (
        [START, *tool(0, '{"a":NaN}'), ended("tool_use"), STOP],
        "tool input is a JSON object",
    ),
    "arguments nested without end": (
        [START, *tool(0, '{"a":' + "[" * 100_000), ended("tool_use"), STOP],
        "tool input is a JSON object",
    ),
    "id with a colon": (
        [START, *tool(tool_id="functions.f:0"), ended("tool_use"), STOP],
        "a tool id matches",
    ),
    "id too long": ([START, *tool(tool_id="x" * 65), ended("tool_use"), STOP], "a tool id matches"),
    "empty id": ([START, *tool(tool_id=""), ended("tool_use"), STOP], "a tool id matches"),
    "id null": ([START, *tool(tool_id=None), ended("tool_use"), STOP], "a tool id matches"),
    "id twice": ([START, *tool(0), *tool(1), ended("tool_use"), STOP], "tool ids are unique"),
    "tool_use without a call": ([START, *text(), ended("tool_use"), STOP], "needs a tool block"),
    "end_turn with a call": ([START, *tool(), ended(), STOP], "with tool blocks it is tool_use"),
    "two message_deltas": ([START, ended(), ended(), STOP], "message_delta comes once"),
    "no message_delta": ([START, *text(), STOP], "message_delta comes before"),
    "no stop reason": ([START, ended(None), STOP], "message_delta has a stop_reason"),
    "no usage at the end": (
        [START, ended(input_tokens=1), STOP],
        "message_delta has usage.output_tokens",
    ),
    "block after message_delta": ([START, ended(), *text()], "no block after message_delta"),
    "ping after the stop": ([START, ended(), STOP, PING], "nothing may follow the end"),
    "stop after an error": ([START, ERROR, STOP], "event 2 .*: nothing may follow the end"),
    "two errors": ([START, ERROR, ERROR], "nothing may follow the end"),
    "error after the stop": ([START, ended(), STOP, ERROR], "nothing may follow the end"),
    "error without words": (
        [START, {"type": "error", "error": {"type": "api_error"}}],
        "an error has type and message",
    ),
    "a ping with a load": ([START, {"type": "ping", "x": 1}], "a ping carries nothing"),
    "unknown event": ([START, {"type": "done"}], r"event 1 \(done\): no such event"),
    "event without a type": ([START, {}], "no such event"),
}


@pytest.mark.parametrize("name", LEGAL)
def test_legal(name: str) -> None:
    check_events(LEGAL[name])


@pytest.mark.parametrize("name", ILLEGAL)
def test_illegal(name: str) -> None:
    events, rule = ILLEGAL[name]
    with pytest.raises(LifecycleError, match=rule):
        check_events(events)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b'data: {"type":"ping"}\n\n', "cannot be read"),
        (b'event: ping\ndata: {"type":"ping"}', "ends inside an event"),
        (b'event: ping\ndata: {"type":"ping"}\n', "ends inside an event"),
        (b'event: ping\r\ndata: {"type":"ping"}\r\n\r\n', "ends inside an event"),
        (b'event: ping\ndata: {"type":\ndata: "ping"}\n\n', "cannot be read"),
        (b'event: ping\ndata: {"type":"ping"}\nid: 1\n\n', "not one `event:` line"),
        (b': hello\nevent: ping\ndata: {"type":"ping"}\n\n', "cannot be read"),
        (b'event:ping\ndata: {"type":"ping"}\n\n', "not one `event:` line"),
        (b'event: ping\ndata:  {"type":"ping"}\n\n', None),
        (b'event: ping\ndata: {"type":"pong"}\n\n', "does not repeat the type"),
        (b'event: ping\ndata: ["ping"]\n\n', "does not repeat the type"),
        (b"event: ping\ndata: [DONE]\n\n", "cannot be read"),
        (b'event: ping\ndata: {"type":"ping","x":NaN}\n\n', "cannot be read"),
        (b'event: ping\ndata: {"type":"ping","x":"\xff"}\n\n', "cannot be read"),
        ('event: ping\ndata: {"type":"ping","x":"\u2028"}\n\n'.encode(), "cannot be read"),
        ('event: ping\ndata: {"type":"ping","x":"\x85"}\n\n'.encode(), "cannot be read"),
        (b"\n\n", "cannot be read"),
    ],
)
def test_framing(data: bytes, rule: str | None) -> None:
    if rule is None:
        assert parse_events(data) == [json.loads(data.split(b"data:")[1])]
        return
    with pytest.raises(LifecycleError, match=rule):
        parse_events(data)


def test_no_bytes_are_no_events() -> None:
    assert parse_events(b"") == []
