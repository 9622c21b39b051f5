"""Answers in pieces, cut and broken."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from functools import partial

from hypothesis import strategies as st

from proxy_core.testing.checks.answers import answered
from proxy_core.testing.complaint import require, require_same
from proxy_core.testing.exam import for_all, for_each_wire
from proxy_core.testing.growth import require_linear
from proxy_core.testing.lifecycle import fold, parse_events
from proxy_core.testing.script import Call, Script
from proxy_core.testing.strategies.scripts import chunked, chunkings, scripts
from proxy_core.testing.subject import TOOL_NAMES, Subject, message_of

_WORD = "a word that the vendor said"


@for_all(script=scripts(), places=chunkings())
def any_chunking_gives_the_same_answer(
    subject: Subject, script: Script, places: tuple[int, ...]
) -> None:
    """Where the network cuts a stream changes nothing.

    A breach means that something is kept between two chunks that does not belong there: core
    puts events together before the plugin sees them.
    """
    sent, told = answered(subject, script, streamed=True)
    pieces = chunked(subject.streamed(sent, script).body, places)
    again = subject.tell_stream(sent, pieces)
    require_same(again.message.get("content"), told.content, "cut elsewhere, it says another thing",
                 script=script.readable(), places=places)  # fmt: skip


@for_all(share=2, script=scripts(), other=scripts())
def answers_are_read_side_by_side(subject: Subject, script: Script, other: Script) -> None:
    """Two streams that are read at once do not meet.

    A breach means that the plugin keeps what belongs to one answer in itself or in its module.
    Keep it in the object that `proxy_open_stream` returns.
    """
    asked = [subject.ask(stream=True), subject.ask(stream=True)]
    alone = [answered(subject, one, streamed=True)[1].content for one in (script, other)]
    streams = [subject.open_stream(sent) for sent in asked]
    frames = [subject.streamed(sent, one).frames for sent, one in zip(asked, (script, other),
                                                                      strict=True)]  # fmt: skip
    events = [b"", b""]
    for step in range(max(map(len, frames))):
        for number, stream in enumerate(streams):
            if step < len(frames[number]):
                events[number] += stream.feed(frames[number][step])
    for number, stream in enumerate(streams):
        events[number] += stream.close(True)
    found = [message_of(told, {}) for told in events]
    require_same([message.get("content") for message in found], alone,
                 "read side by side they say other things",
                 script=script.readable(), other=other.readable())  # fmt: skip


@for_all(share=2, script=scripts(), part=st.floats(0, 1), complete=st.booleans())
def a_cut_stream_is_an_error(subject: Subject, script: Script, part: float, complete: bool) -> None:
    """A stream that stops before the vendor said that it was complete is never a success.

    A breach usually means `writer.finish("end_turn")` in `close`. Call `finish` only on the
    vendor's own word; core reports the cut.
    """
    sent = subject.ask(stream=True)
    kept = subject.streamed(sent, script).before_end()
    kept = kept[: round(part * len(kept))]
    told = subject.tell_stream(sent, [kept], complete=complete)
    require(told.failure is not None, f"a cut stream ends as if it were whole: {told.stop}",
            stream=kept)  # fmt: skip


@for_all(share=2, script=scripts(), part=st.floats(0, 1))
def an_error_inside_a_stream_is_an_error(subject: Subject, script: Script, part: float) -> None:
    """An error that the vendor reports in the midst of its answer reaches the client.

    A breach usually means that only the HTTP status is looked at. Look for the vendor's error
    in every event, and give its verdict to `writer.fail`.
    """
    sent = subject.ask(stream=True)
    stream = subject.streamed(sent, script)
    kept = stream.frames[: round(part * stream.end)]
    broken = b"".join(kept) + subject.wire(sent).stream_error(_WORD)
    told = subject.tell_stream(sent, [broken])
    require(told.failure is not None, f"the error is not told; the answer ends with {told.stop}",
            stream=broken)  # fmt: skip
    verdict = told.failure
    words = verdict.message.encode() + verdict.body if verdict else b""
    require(_WORD.encode() in words, "the vendor's words are lost", stream=broken, told=words)


@for_each_wire
def an_answer_is_told_as_it_comes(subject: Subject) -> None:
    """The client hears the first half of a long answer before the second is there.

    A breach means that events are gathered and told at the end: people see nothing for minutes,
    and clients give up. Tell the writer what each event says when it comes.
    """
    least = _SHORT * len(_PIECE) // 4
    for kind in ("text", "thinking"):
        sent = subject.ask(stream=True, thinking={"type": "adaptive", "display": "summarized"})
        frames = subject.streamed(sent, _long_script(kind, _SHORT)).frames
        stream = subject.open_stream(sent)
        events = b"".join(map(stream.feed, frames[: len(frames) // 2]))
        heard = json.dumps(fold(parse_events(events)).get("content", []))
        what = f"when half of a long {kind} is there, {len(heard)} characters of it are told"
        require(len(heard) > least, what)


# -- time and memory -----------------------------------------------------------------------

_SHORT, _LONG = 500, 4000
"""Pieces of an answer."""
_PIECE = "forty letters, more or less, of an answer "


def _long_script(kind: str, length: int) -> Script:
    if kind == "text":
        return Script(text=(_PIECE,) * length)
    if kind == "thinking":
        return Script(thinking=(_PIECE,) * length, text=("done",))
    opening, closing = '{"text": "', '"}'
    call = Call("call_1", TOOL_NAMES[0], (opening, *(_PIECE,) * length, closing))
    return Script(calls=(call,), stop="tool_use")


def _reading(subject: Subject, kind: str, length: int) -> Callable[[], None]:
    """Reads a long stream, when it is called."""
    sent = subject.ask(stream=True)
    frames = subject.streamed(sent, _long_script(kind, length)).frames
    stream = subject.open_stream(sent)

    def read() -> None:
        for frame in frames:
            stream.feed(frame)
        stream.close(True)

    return read


@for_each_wire
def time_grows_with_the_length_of_an_answer(subject: Subject) -> None:
    """An answer of eight times the length takes about eight times as long.

    A breach usually means that all that came so far is joined, parsed or searched again with
    each event. Keep pieces in a list, and join them once.
    """
    for kind in ("text", "thinking", "arguments"):
        require_linear(kind, partial(_reading, subject, kind), _SHORT)


_BOUND = 4 << 20
"""Bytes; the answer that is read has a sixth of a megabyte of text."""


@for_each_wire
def memory_is_bounded(subject: Subject) -> None:
    """What was told is forgotten: a long answer takes no memory of its size many times over.

    A breach usually means that every event is kept as it came. Keep what the end needs.
    """
    for kind in ("text", "thinking"):
        read = _reading(subject, kind, _LONG)
        tracemalloc.start()
        try:
            read()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        require(peak < _BOUND, f"{kind} of {len(_PIECE) * _LONG} characters takes {peak} bytes")
