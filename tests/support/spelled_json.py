"""JSON as nobody writes it but anybody may: odd blanks, escapes and numbers, and one hole."""

from random import Random
from typing import Any

from hypothesis import strategies as st

HOLE = object()
"""A value that is to be filled in later."""
_MARK = "\0"
"""Stands in its place. No JSON holds this character but as an escape."""

_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
_BLANKS = (" ", "\t", "\n", "\r", "\r\n", "  \n\t")


class Number(str):
    """A number as it is written."""

    __slots__ = ()


NUMBERS = st.one_of(
    st.sampled_from(["0", "-0", "-0.0", "1.0", "1e5", "1E+5", "1e-400", "1" + "0" * 40]),
    st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
).map(Number)
TEXTS = st.text() | st.sampled_from(["", '"', "\\", "\u2028", "/", "\x7f", "🙂", "data: x\n\n"])
NAMES = st.text(min_size=1).map("x{}".format)
"""Names of members that no API has."""
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
UNKNOWN = st.dictionaries(NAMES, VALUES, max_size=2)


def spelled(value: Any, chance: Random, *, one_line: bool = False) -> str:
    """`value` as JSON, each of its parts written in one of its ways, members in any order."""
    pen = _Pen(chance, _BLANKS[:2] if one_line else _BLANKS)
    pen.write(value)
    return "".join(pen.written)


def filled(text: str, value: str) -> bytes:
    """The document with the value in its hole."""
    before, after = text.split(_MARK)
    return f"{before}{value}{after}".encode()


class _Pen:
    def __init__(self, chance: Random, blanks: tuple[str, ...]) -> None:
        self.written: list[str] = []
        self._chance = chance
        self._blanks = blanks

    def write(self, value: Any) -> None:
        self._blank()
        match value:
            case Number():
                self.written.append(value)
            case str():
                self.written.append(string(value, self._chance))
            case dict():
                members = list(value.items())
                self._chance.shuffle(members)
                self._all("{}", members)
            case list():
                self._all("[]", value)
            case _ if value is HOLE:
                self.written.append(_MARK)
            case _:
                self.written.append({None: "null", True: "true", False: "false"}[value])
        self._blank()

    def _all(self, brackets: str, parts: list[Any]) -> None:
        self.written.append(brackets[0])
        self._blank()
        for index, part in enumerate(parts):
            self.written.append("," if index else "")
            if isinstance(part, tuple):
                name, value = part
                self._blank()
                self.written.append(string(name, self._chance))
                self._blank()
                self.written.append(":")
                self.write(value)
            else:
                self.write(part)
        self.written.append(brackets[1])

    def _blank(self) -> None:
        if self._chance.random() < 0.2:
            self.written.append(self._chance.choice(self._blanks))


def string(text: str, chance: Random) -> str:
    """A string, each character as it is or by an escape."""
    return '"' + "".join(_character(one, chance) for one in text) + '"'


def _character(one: str, chance: Random) -> str:
    if chance.random() < 0.2:
        if one == "/":
            return "\\/"
        units = one.encode("utf-16-be", "surrogatepass").hex()
        form = chance.choice([str.lower, str.upper])
        return "".join(f"\\u{form(units[at : at + 4])}" for at in range(0, len(units), 4))
    if one in _SHORT:
        return _SHORT[one]
    return f"\\u{ord(one):04x}" if one < " " else one
