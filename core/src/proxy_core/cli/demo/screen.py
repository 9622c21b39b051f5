"""The demo on a terminal: the client's side on the left, the upstream's on the right."""

from __future__ import annotations

import sys
import textwrap
from collections import deque
from itertools import zip_longest
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

LEFT, RIGHT = "client", "upstream"
LANGUAGES = {LEFT: "Anthropic Messages", RIGHT: "OpenAI Chat Completions"}
ASKED, ANSWERED = ">", "<"
_ARROWS = {ASKED: "→", ANSWERED: "←"}
_STYLES = {ASKED: "cyan", ANSWERED: "green"}
_TITLE = "proxy demo: one conversation, told in two languages"
_SIDE, _LABEL = 8, 18
"""Widths of a side's name and of a label."""
_NARROW = 100
"""Columns of a terminal; with fewer, both sides share one column."""


class Line(NamedTuple):
    """One thing that one side says or hears."""

    mark: str
    """`ASKED` or `ANSWERED`: which way it goes."""
    label: str
    """What that side's language calls it."""
    text: str = ""

    @property
    def begins(self) -> bool:
        """Whether it is the first line of a request, which gets room before it."""
        return self.mark == ASKED and not self.text


class Screen:
    """Two columns on a wide terminal; elsewhere one line each, named by its side.

    In two columns a line waits for its counterpart of the other side, so that a row shows the
    same thing in both languages.
    """

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        on_terminal = sys.stdout.isatty()
        self._width = self._console.width if on_terminal else 1000
        self._columns = on_terminal and self._width >= _NARROW
        self._half = (self._width - 3) // 2
        self._waiting: dict[str, deque[Line]] = {LEFT: deque(), RIGHT: deque()}

    def open(self) -> None:
        if not self._columns:
            self._write(_TITLE, "bold")
            for side, language in LANGUAGES.items():
                self._write(f"{side:<{_SIDE}} speaks {language}")
            self._write("> goes to the model, < comes back")
            return
        self._console.rule(Text(_TITLE, "bold"))
        left, right = (
            Text.assemble((side, "bold"), f" speaks {language}")
            for side, language in LANGUAGES.items()
        )
        self._row(left, right)
        self._console.rule(style="dim")

    def client(self, line: Line) -> None:
        """A line of the client's side."""
        self._show(line, LEFT, RIGHT)

    def upstream(self, line: Line) -> None:
        """A line of the upstream's side."""
        self._show(line, RIGHT, LEFT)

    def close(self, *lines: str) -> None:
        """Whatever still waits, and the last words."""
        self._flush()
        if self._columns:
            self._console.rule(style="dim")
        else:
            self._write("")
        for line in lines:
            self._write(line, "bold" if line is lines[0] else "")

    def _show(self, line: Line, side: str, other: str) -> None:
        if not self._columns:
            self._single(line, side)
            return
        waiting = self._waiting
        if any(queue and queue[0].mark != line.mark for queue in waiting.values()):
            self._flush()
        waiting[side].append(line)
        if waiting[other]:
            self._pair(waiting[LEFT].popleft(), waiting[RIGHT].popleft())

    def _flush(self) -> None:
        for left, right in zip_longest(self._waiting[LEFT], self._waiting[RIGHT]):
            self._pair(left, right)
        for queue in self._waiting.values():
            queue.clear()

    def _single(self, line: Line, side: str) -> None:
        if side == LEFT and line.begins:
            self._write("")
        head = f"{side:<{_SIDE}} {line.mark} {line.label:<{_LABEL}} "
        for part in _wrapped(line.text, self._width - len(head)):
            self._write((head + part).rstrip(), _STYLES[line.mark])
            head = " " * len(head)

    def _pair(self, left: Line | None, right: Line | None) -> None:
        if left and left.begins:
            self._row(Text(), Text())
        cells = (self._cell(line) if line else [] for line in (left, right))
        for parts in zip_longest(*cells, fillvalue=Text()):
            self._row(*parts)

    def _cell(self, line: Line) -> list[Text]:
        head = f"{_ARROWS[line.mark]} {line.label:<{_LABEL}} "
        first, *more = _wrapped(line.text, self._half - len(head))
        shown = Text.assemble((head, _STYLES[line.mark]), first)
        return [shown, *(Text(" " * len(head) + part) for part in more)]

    def _row(self, left: Text, right: Text) -> None:
        padding = " " * (self._half - left.cell_len)
        row = Text.assemble(left, padding, (" │ ", "dim"), right, no_wrap=True)
        self._console.print(row)

    def _write(self, line: str, style: str = "") -> None:
        self._console.print(Text(line, style), soft_wrap=True)
        sys.stdout.flush()


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 20)) or [""]
