"""Reasoning in a stream: fields and tags that hold it, and its blocks."""

from __future__ import annotations

from typing import Any

import pytest

from proxy_core.dialects.openai_chat.answers.think_tags import ThinkTags
from proxy_core.dialects.openai_chat.context import ChatContext
from tests.support.chat_answers import (
    STOP,
    a_target,
    an_upstream,
    chunk,
    told,
)


def test_s11_reasoning_and_text_alternate_in_blocks_of_their_own() -> None:
    answer = told(
        chunk({"reasoning_content": "r1"}),
        chunk({"content": "t1"}),
        chunk({"reasoning_content": "r2"}),
        chunk({"content": "t2"}),
        STOP,
    )
    assert answer.blocks == [["thinking", "r1"], ["text", "t1"], ["thinking", "r2"], ["text", "t2"]]


def test_reasoning_in_two_fields_is_shown_once() -> None:
    delta = {"reasoning": "r", "reasoning_content": "r", "reasoning_details": [{"text": "r"}]}
    assert told(chunk(delta), STOP).blocks == [["thinking", "r"]]


def test_reasoning_details_are_shown_where_they_are_all_there_is() -> None:
    delta = {"reasoning_details": [{"text": "a"}, {"summary": "b"}, {"data": "x"}]}
    assert told(chunk(delta), STOP).blocks == [["thinking", "ab"]]


def test_the_quirk_names_the_fields_of_reasoning() -> None:
    payload = chunk({"reasoning_content": "a", "reasoning": "b"})
    upstream = an_upstream(a_target(reasoning_fields=("reasoning",)))
    assert told(payload, STOP, upstream=upstream).blocks == [["thinking", "b"]]


def test_reasoning_that_was_not_wanted_is_not_shown() -> None:
    upstream = an_upstream(a_target(think_tags="tagged"), ChatContext(thinking_disabled=True))
    payloads = [
        chunk({"reasoning": "r"}),
        chunk({"content": "<think>r</think>a"}),
        chunk({"content": [{"type": "thinking", "thinking": "r"}, {"type": "text", "text": "b"}]}),
    ]
    assert told(*payloads, STOP, upstream=upstream).blocks == [["text", "ab"]]


def test_parts_of_a_content_list_keep_their_order() -> None:
    parts = [
        {"type": "thinking", "thinking": "a"},
        {"type": "text", "text": "b"},
        {"type": "thinking", "thinking": [{"type": "text", "text": "c"}]},
        {"type": "refusal", "refusal": "d"},
    ]
    answer = told(chunk({"content": parts}), STOP)
    assert answer.blocks == [["thinking", "a"], ["text", "b"], ["thinking", "c"], ["text", "d"]]
    assert answer.stop == "refusal"


@pytest.mark.parametrize(
    ("content", "pieces"),
    [
        ("<think>a</think>b", [("thinking", "a"), ("text", "b")]),
        (" \n<think>a</think>\n\nb", [("thinking", "a"), ("text", "b")]),
        ("<think>a", [("thinking", "a")]),
        ("<think></think>b", [("text", "b")]),
        ("<think>a</thin k></think>b", [("thinking", "a</thin k>"), ("text", "b")]),
        ("a<think>b</think>", [("text", "a<think>b</think>")]),
        ("<thin", [("text", "<thin")]),
        ("  a", [("text", "  a")]),
        ("<think>a</think>b<think>c</think>", [("thinking", "a"), ("text", "b<think>c</think>")]),
        ("<think>a</thi", [("thinking", "a</thi")]),
        ("<think>a</think>\n", [("thinking", "a")]),
    ],
)
def test_think_tags_wherever_they_are_cut(content: str, pieces: list[tuple[str, str]]) -> None:
    for size in range(1, len(content) + 1):
        tags = ThinkTags()
        told_pieces = [
            piece
            for start in range(0, len(content), size)
            for piece in tags.feed(content[start : start + size])
        ]
        assert joined([*told_pieces, *tags.flush()]) == pieces


@pytest.mark.parametrize(
    ("content", "pieces"),
    [
        ("a</think>b", [("thinking", "a"), ("text", "b")]),
        ("<think>a</think>b", [("thinking", "a"), ("text", "b")]),
        ("a", [("thinking", "a")]),
    ],
)
def test_a_tag_that_the_template_opened(content: str, pieces: list[tuple[str, str]]) -> None:
    for size in range(1, len(content) + 1):
        tags = ThinkTags(opened=True)
        told_pieces = [
            piece
            for start in range(0, len(content), size)
            for piece in tags.feed(content[start : start + size])
        ]
        assert joined([*told_pieces, *tags.flush()]) == pieces


def joined(pieces: list[Any]) -> list[tuple[str, str]]:
    """Neighbouring pieces of one kind as one."""
    told_pieces: list[tuple[str, str]] = []
    for kind, text in pieces:
        if told_pieces and told_pieces[-1][0] == kind:
            text = told_pieces.pop()[1] + text  # noqa: PLW2901 -- folding
        told_pieces.append((kind, text))
    return told_pieces


def test_the_quirk_turns_think_tags_on() -> None:
    payload = chunk({"content": "<think>a</think>b"})
    assert told(payload, STOP).blocks == [["text", "<think>a</think>b"]]
    for think_tags, content in (("tagged", "<think>a</think>b"), ("opened", "a</think>b")):
        upstream = an_upstream(a_target(think_tags=think_tags))
        answer = told(chunk({"content": content}), STOP, upstream=upstream)
        assert answer.blocks == [["thinking", "a"], ["text", "b"]]
