"""Text through the writer: where its blocks begin, white space, halves of characters."""

from __future__ import annotations

import pytest

from tests.support.told import Told, finished


def test_text_is_sent_as_it_comes_and_makes_one_block() -> None:
    told = Told()
    told.writer.text("Hel")
    assert told.types == ["message_start", "start 0 text", "text_delta"]
    told.writer.text("lo")
    assert finished(told).content() == [{"type": "text", "text": "Hello"}]
    assert told.types[-4:] == ["text_delta", "stop 0", "message_delta", "message_stop"]


def test_leading_white_space_waits_for_a_word_and_is_kept() -> None:
    told = Told()
    told.writer.text(" \n")
    assert told.events == []
    told.writer.text(" ")
    told.writer.text("word")
    assert [event["delta"]["text"] for event in told.events[2:]] == [" \n word"]


@pytest.mark.parametrize("space", ["\n", " ", "\t\r\n ", "\u00a0", "\u3000"])
def test_white_space_alone_makes_no_block(space: str) -> None:
    told = Told()
    told.writer.text(space)
    told.writer.tool("t", "f")
    told.writer.text(space)
    told.writer.text(space)
    assert [block["type"] for block in finished(told).content()] == ["tool_use"]


def test_an_answer_of_white_space_has_no_content() -> None:
    told = Told()
    told.writer.text(" \n")
    assert finished(told).content() == []
    assert not told.writer.has_content


def test_empty_pieces_change_nothing() -> None:
    told = Told()
    told.writer.text("")
    told.writer.thinking("")
    told.writer.signature("")
    assert told.events == []
    number = told.writer.tool("t", "f")
    told.writer.tool_json(number, "")
    assert told.types == ["message_start", "start 0 tool_use"]


def test_text_after_a_call_is_a_block_of_its_own() -> None:
    told = Told()
    told.writer.text("before")
    told.writer.tool_json(told.writer.tool("t", "f"), "{}")
    told.writer.text("after")
    assert [block["type"] for block in finished(told).content()] == ["text", "tool_use", "text"]


def test_half_a_surrogate_pair_waits_for_the_other() -> None:
    told = Told()
    told.writer.text("a\ud83d")
    assert told.events[-1]["delta"]["text"] == "a"
    told.writer.text("\ude00b")
    assert told.events[-1]["delta"]["text"] == "😀b"


def test_a_lone_surrogate_at_the_end_is_replaced() -> None:
    told = Told()
    told.writer.text("a\ud83d")
    assert finished(told).content() == [{"type": "text", "text": "a\ufffd"}]


class _CountedSpace(str):
    """White space that counts how often it is asked whether it is."""

    __slots__ = ()
    looks = 0

    def isspace(self) -> bool:
        type(self).looks += 1
        return super().isspace()


def test_white_space_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some models go on with line ends until their limit."""
    monkeypatch.setattr(_CountedSpace, "looks", 0)
    told = Told()
    for _ in range(1_000):
        told.writer.text(_CountedSpace("\n"))
    assert told.types == []
    assert _CountedSpace.looks <= 1_000
