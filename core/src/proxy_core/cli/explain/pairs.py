"""A request and what becomes of it, with those parts beside each other that belong together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import NamedTuple

from proxy_core.cli.explain.parts import NOTHING, Body, Json, Line

_WORD = re.compile(r"[A-Z]?[a-z]+")

Pairs = list[tuple[Line, Line]]


class Section(NamedTuple):
    """A place in both bodies, in pairs of lines."""

    title: str
    path: str
    """Where it is in the client's request; empty for what has no name there."""
    pairs: Sequence[tuple[Line, Line]]


def sections(request: Json, body: Json) -> list[Section]:
    """Both bodies by place: system, messages, tools, settings."""
    ours, theirs = Body(request), Body(body)
    return [
        Section("system", "/system", _by_sign(list(ours.system()), list(theirs.system()))),
        Section("messages", "/messages", _by_turn(ours.turns(), theirs.turns())),
        Section("tools", "/tools", _by_sign(list(ours.tools()), list(theirs.tools()))),
        Section("settings", "", _by_setting(list(ours.settings()), list(theirs.settings()))),
    ]


def places_of(cut: Sequence[Section]) -> list[str]:
    """The places that can be pointed at, from top to bottom; first the one for all else."""
    own = ((section.path, *(ours.path for ours, _ in section.pairs)) for section in cut)
    return ["", *(place for places in own for place in places if place)]


def place_for(path: str, places: Sequence[str]) -> str:
    """Where to point at for `path`: the deepest place that holds it, or the first within it."""
    around = [place for place in places if place and f"{path}/".startswith(f"{place}/")]
    within = [place for place in places if place.startswith(f"{path}/")]
    return max(around, key=len) if around else next(iter(within), "")


def _by_turn(ours: Sequence[Sequence[Line]], theirs: Sequence[Sequence[Line]]) -> Pairs:
    turns = zip_longest(ours, theirs, fillvalue=())
    return [pair for our_turn, their_turn in turns for pair in _by_sign(our_turn, their_turn)]


def _by_sign(ours: Sequence[Line], theirs: Sequence[Line]) -> Pairs:
    """Those of one sign beside each other; between them, what was bent or left out."""
    signs = [line.sign for line in ours], [line.sign for line in theirs]
    pairs: Pairs = []
    for _, a, b, c, d in SequenceMatcher(None, *signs, autojunk=False).get_opcodes():
        pairs += zip_longest(ours[a:b], theirs[c:d], fillvalue=NOTHING)
    return pairs


def _by_setting(ours: Sequence[Line], theirs: Sequence[Line]) -> Pairs:
    """Those of one place beside each other, then those of like name, then those of one value."""
    own = {line.path for line in ours}
    left = list(theirs)
    pairs: Pairs = []
    for line in ours:
        others = [other for other in left if other.path not in own]
        match, *_ = (
            *(other for other in left if other.path == line.path),
            *(other for other in others if _name_words(line) <= _name_words(other)),
            *(other for other in others if _is_same(line.sign, other.sign)),
            NOTHING,
        )
        left = [other for other in left if other is not match]
        pairs.append((line, match))
    return pairs + [(NOTHING, line) for line in left]


def _name_words(line: Line) -> set[str]:
    """`max_tokens` is in `generationConfig.maxOutputTokens`."""
    return {word.lower() for word in _WORD.findall(line.path)}


def _is_same(value: object, other: object) -> bool:
    return value == other and not isinstance(value, bool)
