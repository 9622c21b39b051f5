"""The demo on a terminal: the client's side on the left, the upstream's on the right."""

from __future__ import annotations

import sys
import textwrap

from rich.console import Console
from rich.text import Text

LEFT, RIGHT = "client: Anthropic Messages", "upstream: OpenAI Chat Completions"
_STYLES = {">": "cyan", "<": "green"}


class Screen:
    """Two columns on a terminal; elsewhere one plain line each, named by its side."""

    def __init__(self) -> None:
        self._console = Console(highlight=False)
        self._columns = sys.stdout.isatty()
        self._half = max((self._console.width - 3) // 2, 20)

    def open(self) -> None:
        if self._columns:
            self._console.rule("one conversation through the proxy")
            self._console.print(self._row(Text(LEFT, "bold"), Text(RIGHT, "bold")))
            self._console.rule(style="dim")
        else:
            sys.stdout.write(f"left is the {LEFT}; right is the {RIGHT}\n")

    def client(self, line: str) -> None:
        """A line of the client's side: `>` is what it says, `<` what it gets."""
        self._show(line, left=True)

    def upstream(self, line: str) -> None:
        """A line of the upstream's side: `>` is what it is told, `<` what it answers."""
        self._show(line, left=False)

    def close(self, line: str) -> None:
        if self._columns:
            self._console.rule(style="dim")
        self._console.print(Text(line, "bold"), soft_wrap=True)

    def _show(self, line: str, *, left: bool) -> None:
        if not self._columns:
            sys.stdout.write(f"{'left ' if left else 'right'} {line}\n")
            sys.stdout.flush()
            return
        for part in textwrap.wrap(line, self._half, subsequent_indent="    "):
            text = Text(part, _STYLES.get(line[:1], ""))
            blank = Text()
            self._console.print(self._row(text, blank) if left else self._row(blank, text))

    def _row(self, left: Text, right: Text) -> Text:
        padding = " " * (self._half - left.cell_len)
        return Text.assemble(left, padding, (" │ ", "dim"), right, no_wrap=True)
