"""Thinking through the writer: shown, omitted or dropped, signed and sealed."""

from __future__ import annotations

from proxy_core.anthropic.writer import ThinkingDisplay
from tests.support.told import Told, finished, sealed


def test_shown_thinking_is_signed_last() -> None:
    told = Told(seal=sealed)
    told.writer.thinking("hm, ")
    told.writer.thinking("so")
    told.writer.text("42")
    assert told.types == [
        "message_start",
        "start 0 thinking", "thinking_delta", "thinking_delta", "signature_delta", "stop 0",
        "start 1 text", "text_delta",
    ]  # fmt: skip
    assert finished(told).content()[0] == {
        "type": "thinking",
        "thinking": "hm, so",
        "signature": "<>",
    }


def test_omitted_thinking_goes_to_the_seal() -> None:
    told = Told(seal=sealed, display=ThinkingDisplay.OMITTED)
    told.writer.thinking("hm, \ud83d")
    told.writer.thinking("\ude00so")
    assert told.types == ["message_start", "start 0 thinking"]
    assert finished(told).content() == [
        {"type": "thinking", "thinking": "", "signature": "<hm, 😀so>"}
    ]


def test_the_seal_never_receives_a_lone_surrogate() -> None:
    told = Told(seal=sealed, display=ThinkingDisplay.OMITTED)
    told.writer.thinking("a\ud83d")
    assert finished(told).content()[0]["signature"] == "<a\ufffd>"


def test_dropped_thinking_leaves_no_trace() -> None:
    told = Told(seal=sealed, display=ThinkingDisplay.DROPPED)
    told.writer.thinking("hm")
    told.writer.signature("s")
    told.writer.redacted("r")
    assert told.events == []
    told.writer.text("42")
    assert finished(told).content() == [{"type": "text", "text": "42"}]


def test_without_seal_or_signature_none_is_sent() -> None:
    told = Told()
    told.writer.thinking("hm")
    assert "signature_delta" not in finished(told).types


def test_the_vendors_signature_is_sent_in_place_of_a_seal() -> None:
    told = Told(seal=sealed)
    told.writer.thinking("hm")
    told.writer.thinking(" still")
    told.writer.signature("vendor")
    assert finished(told).types[2:6] == [
        "thinking_delta",
        "thinking_delta",
        "signature_delta",
        "stop 0",
    ]
    assert told.content()[0]["signature"] == "vendor"


def test_a_signature_alone_opens_a_block() -> None:
    told = Told()
    told.writer.signature("vendor")
    assert told.types == ["message_start", "start 0 thinking"]
    assert finished(told).content() == [{"type": "thinking", "thinking": "", "signature": "vendor"}]


def test_a_signature_after_text_belongs_to_a_new_block() -> None:
    told = Told()
    told.writer.thinking("hm")
    told.writer.text("x")
    told.writer.signature("late")
    assert [block["type"] for block in finished(told).content()] == [
        "thinking",
        "text",
        "thinking",
    ]
    assert [block.get("signature") for block in told.content()] == ["", None, "late"]


def test_what_follows_a_signature_is_another_block() -> None:
    told = Told(seal=lambda _hidden: "seal")
    told.writer.thinking("one")
    told.writer.signature("first")
    told.writer.thinking("two")
    told.writer.signature("second")
    told.writer.signature("third")
    told.writer.finish("end_turn")
    blocks = [(block["thinking"], block["signature"]) for block in finished(told).content()]
    assert blocks == [("one", "first"), ("two", "second"), ("", "third")]


def test_a_signature_waits_with_its_block() -> None:
    told = Told()
    number = told.writer.tool("t", "f")
    told.writer.signature("s")
    assert told.types == ["message_start", "start 0 tool_use"]
    told.writer.tool_json(number, "{}")
    assert told.types[3:] == ["stop 0", "start 1 thinking"]


def test_redacted_thinking_is_whole_in_its_start() -> None:
    told = Told()
    told.writer.redacted("opaque")
    assert finished(told).types[1:3] == ["start 0 redacted_thinking", "stop 0"]
    assert told.content() == [{"type": "redacted_thinking", "data": "opaque"}]


def test_thinking_and_text_by_turns() -> None:
    told = Told()
    for words in ("a", "b"):
        told.writer.thinking(words)
        told.writer.text(words)
    assert [block["type"] for block in finished(told).content()] == ["thinking", "text"] * 2
