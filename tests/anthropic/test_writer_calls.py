"""Calls through the writer: fragments of arguments, calls side by side, ids."""

from __future__ import annotations

import pytest

from proxy_core.anthropic import blocks
from proxy_core.anthropic.verdicts import broken_answer
from proxy_core.contract import ProtocolError
from tests.support.told import Told, finished


def test_arguments_are_sent_as_they_come() -> None:
    told = Told()
    number = told.writer.tool("call_1", "f")
    for piece in (' {"a', '":', "1}"):
        told.writer.tool_json(number, piece)
    assert [event["delta"]["partial_json"] for event in told.events[2:]] == [' {"a', '":', "1}"]
    assert finished(told).content() == [
        {"type": "tool_use", "id": "call_1", "name": "f", "input": {"a": 1}}
    ]


@pytest.mark.parametrize("pieces", [[], ["null"], ["nu", "ll"], [" ", "\n"], [" null "], ["{}"]])
def test_no_arguments_are_an_empty_object(pieces: list[str]) -> None:
    told = Told()
    number = told.writer.tool("t", "f")
    for piece in pieces:
        told.writer.tool_json(number, piece)
    assert finished(told).content()[0]["input"] == {}


@pytest.mark.parametrize("bad", ["[]", '"x"', "1", "true", "nul", '{"a":', "{a:1}", "{}{}", "x{}"])
def test_arguments_that_are_no_object_end_in_an_error(bad: str) -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("t", "lookup"), bad)
    assert "the arguments of the call to 'lookup' are no JSON object" in finished(told).error()
    assert told.writer.failure == broken_answer(
        "the arguments of the call to 'lookup' are no JSON object"
    )


def test_an_error_about_a_call_is_short_however_long_the_name_is() -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("t", "name " * 100_000), "[]")
    assert "the arguments of the call to 'name name" in finished(told).error()
    assert told.writer.failure is not None
    assert len(told.writer.failure.message) < 3000


def test_deeply_nested_arguments_are_an_error() -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("t", "f"), '{"a":' + "[" * 99_999 + "]" * 99_999 + "}")
    assert "no JSON object" in finished(told).error()


def test_a_list_of_arguments_sends_nothing() -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("t", "f"), "[1, 2]")
    assert told.types == ["message_start", "start 0 tool_use"]


def test_parallel_calls_wait_their_turn() -> None:
    told = Told()
    first, second = told.writer.tool("a", "f"), told.writer.tool("b", "g")
    told.writer.tool_json(first, '{"x":')
    told.writer.tool_json(second, '{"y":')
    told.writer.tool_json(second, "2}")
    assert told.types == ["message_start", "start 0 tool_use", "input_json_delta"]
    told.writer.tool_json(first, "1}")
    assert told.types[3:] == [
        "input_json_delta",
        "stop 0",
        "start 1 tool_use",
        "input_json_delta",
    ]
    assert [block["input"] for block in finished(told).content()] == [{"x": 1}, {"y": 2}]


def test_blocks_that_waited_follow_in_order() -> None:
    told = Told()
    first = told.writer.tool("a", "f")
    told.writer.text("between")
    second = told.writer.tool("b", "f")
    told.writer.thinking("hm")
    told.writer.tool_json(second, "{}")
    assert told.types == ["message_start", "start 0 tool_use"]
    told.writer.tool_json(first, "{}")
    assert told.types[2:] == [
        "input_json_delta", "stop 0",
        "start 1 text", "text_delta", "stop 1",
        "start 2 tool_use", "input_json_delta", "stop 2",
        "start 3 thinking", "thinking_delta",
    ]  # fmt: skip


def test_text_after_an_incomplete_call_waits_until_the_end() -> None:
    told = Told()
    told.writer.tool("a", "f")  # a call without arguments is not known to be complete
    told.writer.text("one ")
    told.writer.text("two")
    assert told.types == ["message_start", "start 0 tool_use"]
    assert finished(told).content()[1] == {"type": "text", "text": "one two"}


def test_arguments_may_not_go_on_after_their_end() -> None:
    told = Told()
    number = told.writer.tool("a", "lookup")
    told.writer.tool_json(number, "{}")
    told.writer.text("next")
    told.writer.tool_json(number, " \n")
    with pytest.raises(ProtocolError, match="'lookup' went on after their end"):
        told.writer.tool_json(number, "}")


def test_the_limit_keeps_what_was_written_of_a_call() -> None:
    told = Told()
    number = told.writer.tool("a", "f")
    told.writer.tool_json(number, '{"a":"b')
    finished(told, "max_tokens")
    assert told.message()["stop_reason"] == "max_tokens"
    assert told.events[2]["delta"]["partial_json"] == '{"a":"b'


@pytest.mark.parametrize("start", ["", " ", "n", "nul"])
def test_the_limit_may_come_before_the_object_begins(start: str) -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("a", "f"), start)
    assert finished(told, "max_tokens").content()[0]["input"] == {}


@pytest.mark.parametrize("bad", ["[1", "x", "nullx"])
def test_the_limit_excuses_no_other_arguments(bad: str) -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("a", "f"), bad)
    assert "no JSON object" in finished(told, "max_tokens").error()


def test_a_limit_told_after_the_calls_counts_too() -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("a", "f"), '{"a')
    told.writer.text("said nothing")
    finished(told, "max_tokens")
    assert [block["type"] for block in told.content()] == ["tool_use", "text"]


def test_tool_ids_are_made_unique_and_fit() -> None:
    told = Told(taken_ids={"call_0"}, new_tool_id=iter(["toolu_1", "toolu_2"]).__next__)
    for vendor_id in ("call_0", "call_1", "call_1", "functions.f:0", "", "x" * 99):
        told.writer.tool(vendor_id, "f")
    ids = [block["id"] for block in finished(told).content()]
    assert ids == [
        "pxid0_Y2FsbF8w",
        "call_1",
        "pxid0_Y2FsbF8x",
        "pxid0_ZnVuY3Rpb25zLmY6MA",
        "toolu_1",
        "toolu_2",
    ]
    assert all(tool_id in told.writer for tool_id in ids)
    assert "call_0" in told.writer
    assert "call_2" not in told.writer


def test_surrogates_in_names_are_mended() -> None:
    told = Told()
    told.writer.redacted("\ud83d")
    told.writer.tool("t", "f\ud83d\ude00\u2028")
    assert [block.get("name", block.get("data")) for block in finished(told).content()] == [
        "\ufffd",
        "f😀\u2028",
    ]


class _CountedJson:
    """Stands before the JSON decoder and counts what it is given."""

    def __init__(self) -> None:
        self.characters = 0

    def __call__(self, text: str) -> str:
        self.characters += len(text)
        return text


@pytest.mark.parametrize("fragments", [1_000, 10_000])
def test_a_late_call_is_looked_at_in_proportion_to_its_length(
    fragments: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each failed look puts off the next, so all looks together stay a small multiple."""
    counted = _CountedJson()
    monkeypatch.setattr(blocks, "mend_surrogates", counted)
    told = Told()
    first, second = told.writer.tool("a", "f"), told.writer.tool("b", "f")
    told.writer.tool_json(first, '{"a":"')
    for _ in range(fragments):
        told.writer.tool_json(first, "xxxx")
        told.writer.tool_json(second, " ")
    told.writer.tool_json(first, '"}')
    assert len(finished(told).content()[0]["input"]["a"]) == 4 * fragments
    assert counted.characters < 8 * 4 * fragments


class _CountedText(str):
    """A fragment that counts how often it is looked into."""

    __slots__ = ()
    looks = 0

    def lstrip(self, chars: str | None = None, /) -> str:
        type(self).looks += len(self)
        return super().lstrip(chars)


@pytest.mark.parametrize("opening", ["[", '"', "{", ""])
def test_the_opening_is_looked_for_once(opening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_CountedText, "looks", 0)
    told = Told()
    number = told.writer.tool("a", "f")
    for piece in (opening, *" " * 2_000):
        told.writer.tool_json(number, _CountedText(piece))
    assert _CountedText.looks <= 2_001
