"""The explanation on a terminal: the client's request on the left, the provider's on the right."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from proxy_core.cli.explain.explanation import Explanation, Lost
from proxy_core.cli.explain.page import head
from proxy_core.cli.explain.pairs import Section, place_for, places_of, sections
from proxy_core.server.redact import visible

_MOST_PLACES = 8
"""Places that are named of one kind of loss."""
_TITLES = 7
"""Width of the titles above the two bodies."""

Marks = dict[str, set[int]]
"""The numbers of the losses at each place."""


def show(told: Explanation, raw: bytes) -> None:
    """Print it within the width of the terminal."""
    console = Console(highlight=False)
    console.print(_head(told))
    if told.refused is not None:
        return
    console.print()
    cut = sections(json.loads(raw), told.body if isinstance(told.body, dict) else {"": told.body})
    placed = _placed(cut, told.losses)
    kinds = list(dict.fromkeys((loss.kind, loss.reason) for _, loss in placed))
    console.print(_side_by_side(told, cut, _marks(placed, kinds)))
    console.print()
    for part in _footnotes([loss for _, loss in placed], kinds):
        console.print(part)


def _head(told: Explanation) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(min_width=_TITLES, style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for title, text in head(told):
        grid.add_row(title, Text(visible(text)))
    return grid


def _placed(cut: Sequence[Section], losses: Sequence[Lost]) -> list[tuple[str, Lost]]:
    """The losses from top to bottom, each with the place that it is marked at."""
    places = places_of(cut)
    placed = [(place_for(loss.path, places), loss) for loss in losses]
    return sorted(placed, key=lambda pair: places.index(pair[0]))


def _marks(placed: Sequence[tuple[str, Lost]], kinds: Sequence[tuple[str, str]]) -> Marks:
    marks: Marks = {}
    for place, loss in placed:
        marks.setdefault(place, set()).add(kinds.index((loss.kind, loss.reason)) + 1)
    return marks


def _side_by_side(told: Explanation, cut: Sequence[Section], marks: Marks) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", expand=True)
    table.add_column("lost", style="yellow", no_wrap=True, min_width=4)
    for title in ("the client's request", f"what {told.target.partition('/')[0]} gets"):
        table.add_column(title, ratio=1, no_wrap=True, overflow="ellipsis")
    for section in cut:
        if not section.pairs:
            continue
        table.add_row(_numbers(marks, section.path), Text(section.title, style="bold cyan"))
        for ours, theirs in section.pairs:
            lost = _numbers(marks, ours.path)
            table.add_row(
                lost, Text(f"  {ours.text}", style="yellow" if lost else ""), Text(theirs.text)
            )
    return table


def _numbers(marks: Marks, place: str) -> str:
    return ",".join(map(str, sorted(marks.get(place, ())))) if place else ""


def _footnotes(
    losses: Sequence[Lost], kinds: Sequence[tuple[str, str]]
) -> Iterator[RenderableType]:
    """What each number means, and the places where it happened."""
    if not losses:
        yield Text("Nothing is lost.", style="green")
    for number, kind in enumerate(kinds, 1):
        alike = [loss for loss in losses if (loss.kind, loss.reason) == kind]
        paths = [visible(loss.path) or "/" for loss in alike[:_MOST_PLACES]]
        if len(alike) > _MOST_PLACES:
            paths.append(f"and {len(alike) - _MOST_PLACES} more")
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(min_width=4, style="yellow")
        grid.add_column(overflow="fold")
        grid.add_row(str(number), Text.assemble((kind[0], "yellow"), f": {alike[0].explanation}"))
        grid.add_row("", Text(", ".join(paths), style="dim"))
        yield grid
    yield Text(
        "Lines are cut to the width of the terminal; a pipe gets all, --json too.", style="dim"
    )
