"""Stop sequences that core watches for: found wherever the text is cut, and nowhere else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.stops import Heard, StopWatch
from proxy_core.anthropic.writer import MessageWriter, ThinkingDisplay
from tests.support.told import Told, as_json, whole

TEXTS = st.text(st.sampled_from("ab\n\U0001f600"), max_size=24)
STOPS = st.lists(st.text(st.sampled_from("ab\n\U0001f600"), max_size=4), min_size=1, max_size=4)


def expected(text: str, stops: list[str]) -> Heard:
    """By the definition: the first end of a sequence, and there the longest."""
    for end in range(1, len(text) + 1):
        ended = [stop for stop in stops if stop and text[:end].endswith(stop)]
        if ended:
            longest = max(ended, key=len)
            return Heard(text[: end - len(longest)], longest)
    return Heard(text)


def heard(pieces: list[str], stops: list[str]) -> Heard:
    watch, told = StopWatch(stops), ""
    for piece in pieces:
        text, stopped_by = watch.feed(piece)
        told += text
        if stopped_by is not None:
            return Heard(told, stopped_by)
    return Heard(told + watch.flush())


def in_halves(text: str) -> str:
    """Characters beyond the first plane as the two halves that some servers cut apart."""
    units = text.encode("utf-16-le")
    return "".join(chr(units[at] | units[at + 1] << 8) for at in range(0, len(units), 2))


@pytest.mark.proof
@given(text=TEXTS, stops=STOPS, data=st.data(), halves=st.booleans())
def test_the_text_before_the_first_stop_wherever_it_is_cut(
    text: str, stops: list[str], data: st.DataObject, halves: bool
) -> None:
    said = in_halves(text) if halves else text
    places = sorted(data.draw(st.lists(st.integers(0, len(said)), max_size=8)))
    cuts = [0, *places, len(said)]
    pieces = [said[start:end] for start, end in pairwise(cuts)]
    assert heard(pieces, stops) == expected(text, stops)


@pytest.mark.parametrize(
    ("text", "stops", "told", "stopped_by"),
    [
        ("xabcd", ["abcd", "bc"], "xa", "bc"),  # complete first, though it begins later
        ("xabc", ["bc", "abc"], "x", "abc"),
        ("xabc", ["ab", "abc"], "x", "ab"),
    ],
)
def test_of_two_sequences_the_first_complete_counts(
    text: str, stops: list[str], told: str, stopped_by: str
) -> None:
    assert heard([text], stops) == heard(list(text), stops) == Heard(told, stopped_by)


@pytest.mark.proof
@given(text=TEXTS, stops=STOPS)
def test_nothing_waits_that_cannot_become_a_stop(text: str, stops: list[str]) -> None:
    watch = StopWatch(stops)
    told = watch.feed(text)
    if told.stopped_by is None:
        held = watch.flush()
        assert told.text + held == text
        assert not held or any(stop.startswith(held) and stop != held for stop in stops)


def say(writer: MessageWriter, pieces: list[str]) -> None:
    writer.thinking("END of the thought")
    call = writer.tool("", "Read")
    writer.tool_json(call, '{"path":"END"}')
    for piece in pieces:
        writer.text(piece)
    writer.tool("", "Bash")
    writer.finish("tool_use")
    writer.end()


@pytest.mark.parametrize(
    ("pieces", "text", "stopped_by"),
    [
        (["so END there"], "so ", "END"),
        (["so E", "N", "D there"], "so ", "END"),
        (["so EN"], "so EN", None),
        (["E", "E", "END"], "EE", "END"),
    ],
)
def test_only_text_is_searched_and_what_follows_is_not_told(
    pieces: list[str], text: str, stopped_by: str | None
) -> None:
    streamed = Told(stop_sequences=("END",))
    writer, sink = whole(stop_sequences=("END",))
    say(streamed.writer, pieces)
    say(writer, pieces)
    for message in (streamed.message(), as_json(sink)):
        blocks = message["content"]
        assert blocks[0]["thinking"] == "END of the thought"
        assert blocks[1]["input"] == {"path": "END"}
        assert blocks[2]["text"] == text
        assert len(blocks) == (3 if stopped_by else 4)
        assert message["stop_sequence"] == stopped_by
        assert message["stop_reason"] == ("stop_sequence" if stopped_by else "tool_use")
    assert streamed.writer.stopped == bool(stopped_by)


def test_no_stop_reaches_over_what_stands_between() -> None:
    told = Told(stop_sequences=("END",))
    told.writer.text("E")
    told.writer.thinking("Hm.")
    told.writer.text("ND")
    told.writer.finish("end_turn")
    told.writer.end()
    assert [block.get("text") for block in told.content()] == ["E", None, "ND"]


def test_thinking_that_the_client_does_not_get_stands_between_nothing() -> None:
    told = Told(stop_sequences=("END",), display=ThinkingDisplay.DROPPED)
    told.writer.text("so E")
    told.writer.thinking("Hm.")
    told.writer.text("ND")
    assert told.content() == [{"type": "text", "text": "so "}]
