"""Reasoning inside `<think>` tags at the start of the content, split from the answer.

Rules: facts of MiniMax, Together and local servers. Only the first block counts, only at the
start; a `<think>` later on is the model's own text. Tags may be cut anywhere.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from proxy_core.anthropic.stops import held_back

OPEN, CLOSE = "<think>", "</think>"


class Piece(NamedTuple):
    kind: Literal["thinking", "text"]
    text: str


class ThinkTags:
    """Splits content that arrives in fragments.

    `opened` says that the server's template wrote the opening tag already, so that content
    begins inside the block.
    """

    def __init__(self, *, opened: bool = False) -> None:
        self._state: Literal["start", "thinking", "gap", "text"] = "thinking" if opened else "start"
        self._may_repeat_tag = opened
        self._held = ""

    def feed(self, text: str) -> list[Piece]:
        """The pieces that are certain by now; what may be part of a tag is held back."""
        if self._state == "text":
            return [Piece("text", text)]
        self._held += text
        pieces: list[Piece] = []
        if self._state == "start" or self._may_repeat_tag:
            self._open()
        if self._state == "thinking" and not self._may_repeat_tag:
            pieces += self._think()
        if self._state == "gap" and (rest := self._held.lstrip()):
            self._state, self._held = "text", rest
        if self._state == "text":
            pieces.append(Piece("text", self._take()))
        return [piece for piece in pieces if piece.text]

    def flush(self) -> list[Piece]:
        """What is still held back: nothing more will complete a tag."""
        kind: Literal["thinking", "text"] = "thinking" if self._state == "thinking" else "text"
        held = self._take()
        return [Piece(kind, held)] if held and self._state != "gap" else []

    def _take(self) -> str:
        held, self._held = self._held, ""
        return held

    def _open(self) -> None:
        """Decide what the beginning is, once there is enough of it."""
        beginning = self._held.lstrip()
        if beginning.startswith(OPEN):
            self._state, self._held = "thinking", beginning.removeprefix(OPEN)
        elif OPEN.startswith(beginning):
            return
        elif self._state == "start":
            self._state = "text"
        self._may_repeat_tag = False

    def _think(self) -> list[Piece]:
        thought, tag, rest = self._held.partition(CLOSE)
        if tag:
            self._state, self._held = "gap", rest
        else:
            keep = held_back(thought, CLOSE)
            thought, self._held = thought[: len(thought) - keep], thought[len(thought) - keep :]
        return [Piece("thinking", thought)]
