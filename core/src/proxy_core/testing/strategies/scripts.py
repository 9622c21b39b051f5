"""Answers at random: what a model may say, and in which pieces it arrives."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

from hypothesis import strategies as st

from proxy_core.contract import Usage
from proxy_core.testing.script import STOPS, Call, Script

TEXTS = st.text(max_size=10)
TOOLS = ("Read", "Bash", "mcp__a__b")
"""Tools that scripts call, by names that every server takes."""
_INTEGERS = st.integers() | st.sampled_from([2**53 + 1, -(2**63), 2**64 - 1])
"""Such as some languages round."""
_LEAVES = st.none() | st.booleans() | _INTEGERS | TEXTS
ARGUMENTS = st.dictionaries(
    TEXTS,
    _LEAVES
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(_LEAVES, max_size=3)
    | st.dictionaries(TEXTS, st.lists(_LEAVES, max_size=2), max_size=2),
    max_size=3,
)
_WORDS = TEXTS.filter(str.strip)
_STATES = st.text("abcAB012", min_size=8, max_size=24).map("c3RhdGU{}".format)
"""Opaque to everybody but the vendor, and base64 as some servers insist."""


@st.composite
def cuts(draw: st.DrawFn, text: str) -> tuple[str, ...]:
    """A text in pieces; none of them is empty."""
    places = draw(st.lists(st.integers(0, len(text)), max_size=6).map(sorted))
    return pieces_of(text, places)


def pieces_of(text: str, places: Sequence[int]) -> tuple[str, ...]:
    """The text cut at these places, without empty pieces."""
    edges = [0, *places, len(text)]
    pieces = (text[start:end] for start, end in itertools.pairwise(edges))
    return tuple(piece for piece in pieces if piece)


def chunkings() -> st.SearchStrategy[tuple[int, ...]]:
    """Places at which a network may cut a stream; `chunked` cuts there."""
    return st.lists(st.integers(0, 4000), max_size=12).map(lambda places: tuple(sorted(places)))


def chunked(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The same bytes in pieces; some of them may be empty."""
    edges = [0, *(min(place, len(data)) for place in sorted(places)), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


@st.composite
def calls(draw: st.DrawFn, ids: st.SearchStrategy[str] = TEXTS) -> Call:
    """A call of one of `TOOLS`."""
    text = json.dumps(draw(ARGUMENTS), ensure_ascii=draw(st.booleans()))
    return Call(draw(ids), draw(st.sampled_from(TOOLS)), draw(cuts(text)))


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Figures as an upstream tells them at the end."""
    return Usage(
        input_tokens=draw(st.integers(1, 10**6)),
        output_tokens=draw(st.integers(1, 10**6)),
        cache_read_input_tokens=draw(st.integers(0, 10**6)),
    )


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Answers that any server may give: nothing in them is wrong, and they are not empty."""
    told = draw(st.lists(calls(), max_size=4, unique_by=lambda call: call.id))
    return Script(
        thinking=draw(cuts(draw(TEXTS))),
        text=draw(cuts(draw(TEXTS if told else _WORDS))),
        calls=tuple(told),
        order=tuple(draw(st.lists(st.integers(0, 3), max_size=12))) if told else (),
        state=draw(_STATES),
        stop="tool_use" if told else draw(st.sampled_from(STOPS[:2])),
        usage=draw(usages()),
    )
