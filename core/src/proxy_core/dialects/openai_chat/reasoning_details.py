"""OpenRouter's `reasoning_details`: what a model behind it reasoned, for that model to have again.

They go back as they came, all of them and in their order; signatures and what is encrypted are
checked by the model's maker (openrouter.ai/docs, Reasoning Tokens, "Preserving Reasoning Blocks").
"""

from __future__ import annotations

import json
from typing import Any

from proxy_core.anthropic.events import mend_surrogates

MAX_CHARACTERS = 4 << 20
"""More than a client can bring back; such reasoning is not kept."""

_TEXT_FIELDS = {"reasoning.text": "text", "reasoning.summary": "summary"}
"""The types that are streamed in pieces; any other comes whole."""


class _Detail:
    """One detail while its pieces come."""

    __slots__ = ("_texts", "fields")

    def __init__(self, first: dict[str, Any]) -> None:
        self.fields = dict(first)
        field = _TEXT_FIELDS.get(str(first.get("type")))
        self._texts = [first.get(field)] if field else []

    def takes(self, piece: dict[str, Any]) -> bool:
        """Whether `piece` is more of this one. A signature ends the text that it signs."""
        kind = piece.get("type")
        field = _TEXT_FIELDS.get(str(kind))
        same = all(self.fields.get(name) == piece.get(name) for name in ("type", "index"))
        if field is None or not same or (self.fields.get("signature") and piece.get(field)):
            return False
        return self.fields.get("id") in (None, piece.get("id")) or piece.get("id") is None

    def extend(self, piece: dict[str, Any]) -> None:
        """Add a piece: its text to the text, and what was not known before."""
        field = _TEXT_FIELDS[piece["type"]]
        self._texts.append(piece.get(field))
        for name, value in piece.items():
            if self.fields.get(name) is None:
                self.fields[name] = value

    def whole(self) -> dict[str, Any]:
        """The detail as it is so far."""
        if len(self._texts) > 1:
            texts = [text for text in self._texts if isinstance(text, str)]
            if texts:
                self.fields[_TEXT_FIELDS[self.fields["type"]]] = "".join(texts)
        return self.fields


class ReasoningDetails:
    """The details of one turn."""

    def __init__(self) -> None:
        self._all: list[_Detail] = []
        self._room = MAX_CHARACTERS

    def add(self, pieces: list[Any], *, whole: bool) -> None:
        """Add what a chunk brings: further details, and more of those that are there.

        Of a `whole` answer each one stands by itself.
        """
        for piece in pieces:
            if not isinstance(piece, dict):
                continue
            self._room -= sum(len(value) for value in piece.values() if isinstance(value, str))
            if self._room < 0:
                self._all.clear()
                return
            self._put(piece, [] if whole else self._all)

    def join(self, state: bytes) -> bool:
        """Add what `take` gave out, after what is there; False if it cannot be read.

        What came late, such as a signature after the first words of the answer, finds its place.
        """
        try:
            pieces = json.loads(state)
        except (ValueError, RecursionError):
            return False
        if not isinstance(pieces, list):
            return False
        before = list(self._all)
        for piece in pieces:
            if isinstance(piece, dict):
                self._put(piece, before)
        return True

    def encoded(self) -> bytes:
        """The details as JSON, in the order in which they began; empty if there are none, or if
        one cannot be written."""
        if not self._all:
            return b""
        details = [detail.whole() for detail in self._all]
        try:
            text = json.dumps(details, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except (ValueError, RecursionError):
            return b""
        # Each half of a surrogate pair may have come in a piece of its own.
        return mend_surrogates(text).encode()

    def take(self) -> bytes:
        """What there is so far, encoded; what comes next begins anew."""
        taken = self.encoded()
        self._all.clear()
        return taken

    def _put(self, piece: dict[str, Any], candidates: list[_Detail]) -> None:
        # Without a number it can only be more of the last one.
        reach = len(candidates) if piece.get("index") is not None else 1
        for detail in candidates[: -reach - 1 : -1]:
            if detail.takes(piece):
                detail.extend(piece)
                return
        self._all.append(_Detail(piece))


def shown_text(details: list[Any]) -> str:
    """The part of details that people can read."""
    texts = (
        detail.get("text") or detail.get("summary")
        for detail in details
        if isinstance(detail, dict)
    )
    return "".join(text for text in texts if isinstance(text, str))


def is_of_same_maker(one: str, other: str) -> bool:
    """Whether two of OpenRouter's models, `maker/model`, can read each other's reasoning."""
    return one.partition("/")[0] == other.partition("/")[0]
