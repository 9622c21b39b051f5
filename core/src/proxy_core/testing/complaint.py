"""What a check says when a plugin does not pass: one sentence, and the smallest case shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from proxy_core.server.redact import visible

_LONGEST = 4000
"""Characters of one thing that is shown; generated requests are smaller."""


class Complaint(AssertionError):
    """A plugin breaks a rule. `shown` are things by name, each readable as JSON."""

    def __init__(self, what: str, shown: Mapping[str, Any] | None = None) -> None:
        super().__init__(what)
        self.what = _cut(visible(what))
        self.shown = dict(shown or {})

    def __str__(self) -> str:
        return "\n".join([self.what, *(f"{name}:\n{_json(it)}" for name, it in self.shown.items())])

    def beside(self, **shown: Any) -> Complaint:
        """The same with further things to show, after those that it has."""
        return Complaint(self.what, {**self.shown, **shown})


def require(kept: object, what: str, **shown: Any) -> None:
    """Raise `Complaint` unless `kept`."""
    if not kept:
        raise Complaint(what, shown)


def require_same(found: Any, wanted: Any, what: str, **shown: Any) -> None:
    """Raise `Complaint` unless both are equal; it shows both."""
    require(_are_same(found, wanted), what, **{**shown, "wanted": wanted, "found": found})


def _are_same(one: Any, other: Any) -> bool:
    """Whether both are the same JSON, where true is not 1 as it is in Python."""
    match one, other:
        case dict(), dict():
            return one.keys() == other.keys() and all(_are_same(one[k], other[k]) for k in one)
        case (list() | tuple(), list() | tuple()):
            pairs = zip(one, other, strict=False)
            return len(one) == len(other) and all(_are_same(*pair) for pair in pairs)
        case _:
            return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _json(value: Any) -> str:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "backslashreplace")
    text = _cut(value if isinstance(value, str) else _laid_out(value))
    return "\n".join(f"    {visible(line)}" for line in text.split("\n"))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _laid_out(value: Any) -> str:
    """JSON in one line where that is short, else indented. Odd signs are shown as escapes."""
    short = json.dumps(value, default=_readable)
    return short if len(short) <= 88 else json.dumps(value, indent=2, default=_readable)


def _readable(value: Any) -> Any:
    return value.readable() if hasattr(value, "readable") else repr(value)
