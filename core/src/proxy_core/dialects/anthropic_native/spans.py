"""Where values stand in JSON bytes, and changing some of them without touching the rest.

Everything here trusts that the bytes are valid JSON: they were decoded before.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec

_BLANK = re.compile(rb"[ \t\r\n]*")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[^\s,\]}]++")
_TO_BRACKET = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)
"""Whatever stands before the next bracket that is none inside a string. Possessive: one pass."""

_read_string = msgspec.json.Decoder(str).decode


class Span(NamedTuple):
    """An item of an array."""

    start: int
    end: int


class Member(NamedTuple):
    """A member of an object: from its key's first quote to its value's end."""

    start: int
    end: int
    key: str
    value: int
    """Where the value begins."""


def first_value(body: bytes) -> int:
    """Where the document's value begins."""
    return _skip_blank(body, 0)


def members(body: bytes, start: int) -> list[Member]:
    """The members of the object at `start`, in order; a repeated key is there repeatedly.

    Empty where no object begins at `start`.
    """
    found: list[Member] = []
    if body[start : start + 1] != b"{":
        return found
    position = _skip_blank(body, start + 1)
    while body[position] != ord("}"):
        key_end = _string_end(body, position)
        value = _skip_blank(body, _skip_blank(body, key_end) + 1)
        end = value_end(body, value)
        found.append(Member(position, end, _read_string(body[position:key_end]), value))
        position = _next(body, end)
    return found


def member(body: bytes, start: int, key: str) -> Member | None:
    """The member of that name; of several the last one, as decoders have it."""
    return next((one for one in reversed(members(body, start)) if one.key == key), None)


def items(body: bytes, start: int) -> list[Span]:
    """The items of the array at `start`; empty where no array begins there."""
    found: list[Span] = []
    if body[start : start + 1] != b"[":
        return found
    position = _skip_blank(body, start + 1)
    while body[position] != ord("]"):
        end = value_end(body, position)
        found.append(Span(position, end))
        position = _next(body, end)
    return found


def value_end(body: bytes, start: int) -> int:
    """Where the value that begins at `start` ends."""
    opening = body[start]
    if opening == ord('"'):
        return _string_end(body, start)
    if opening not in b"{[":
        return _end_of(_SCALAR, body, start)
    depth = 0
    position = start
    while True:
        position = _end_of(_TO_BRACKET, body, position)
        depth += 1 if body[position] in b"{[" else -1
        position += 1
        if not depth:
            return position


def _string_end(body: bytes, start: int) -> int:
    return _end_of(_STRING, body, start)


def _end_of(pattern: re.Pattern[bytes], body: bytes, start: int) -> int:
    found = pattern.match(body, start)
    if found is None:
        raise ValueError("the bytes are no JSON")
    return found.end()


def _skip_blank(body: bytes, position: int) -> int:
    return _end_of(_BLANK, body, position)


def _next(body: bytes, end: int) -> int:
    """Where the next member or item begins, or the closing bracket stands."""
    position = _skip_blank(body, end)
    return _skip_blank(body, position + 1) if body[position] == ord(",") else position


class Splices:
    """Changes to a document, applied together: what they do not name stays byte for byte."""

    def __init__(self, body: bytes) -> None:
        self.body = body
        self._edits: list[tuple[int, int, bytes]] = []

    def replace(self, start: int, end: int, new: bytes) -> None:
        self._edits.append((start, end, new))

    def insert(self, position: int, new: bytes) -> None:
        self._edits.append((position, position, new))

    def drop(self, container: Sequence[Span | Member], dropped: Collection[int]) -> None:
        """Leave out some of a container's parts, each with one comma. Once per container."""
        kept_end: int | None = None
        for index, part in enumerate(container):
            if index not in dropped:
                kept_end = part.end
            elif kept_end is not None:
                self.replace(container[index - 1].end, part.end, b"")
            else:
                last = index + 1 == len(container)
                self.replace(part.start, part.end if last else container[index + 1].start, b"")

    def put(self, owner: int, name: str, value: bytes) -> None:
        """Give the object at `owner` a member; where it has one of that name, another value."""
        present = members(self.body, owner)
        old = [one for one in present if one.key == name]
        for one in old:
            self.replace(one.value, one.end, value)
        if not old:
            comma = b"," if present else b""
            self.insert(owner + 1, msgspec.json.encode(name) + b":" + value + comma)

    def apply(self) -> bytes:
        """The changed document."""
        if not self._edits:
            return self.body
        pieces: list[bytes] = []
        position = 0
        for start, end, new in sorted(self._edits, key=lambda edit: edit[:2]):
            if start < position:
                continue  # inside of what was left out
            pieces += (self.body[position:start], new)
            position = end
        pieces.append(self.body[position:])
        return b"".join(pieces)
