"""`proxy models`: every name that a client may ask for, and where it goes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from proxy_core.cli.output import print_json, print_table
from proxy_core.cli.start import config_option, load_settings, plugins_option

if TYPE_CHECKING:
    from rich.table import Table

    from proxy_core.routing import Router
    from proxy_core.settings import Settings

_FAMILIES = (
    "claude-opus stands for each name with its word (opus, claude-opus-5-5), and so do the "
    "others; fable and mythos go where opus goes."
)
_PICKER = (
    "Claude Code offers them in /model, those without `claude` as claude-via-NAME, when "
    "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY=1 is set."
)


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One name as it is listed."""

    name: str
    picker_name: str
    """How Claude Code's picker knows it."""
    target: str
    fallbacks: tuple[str, ...]
    why: str
    context_window: int | None
    max_output_tokens: int | None


@click.command("models")
@plugins_option
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(plugins: list[str] | None, config: Path | None, as_json: bool) -> None:
    """List the names a client may ask for, and where each goes.

    Limits are in tokens: context is what prompt and answer may have together. Nothing is
    asked of any provider.
    """
    from proxy_core.assembly import make_router
    from proxy_core.plugins import load_allowed

    settings = load_settings(config, {"plugins": plugins})
    rows = list(_rows(make_router(load_allowed(settings), settings), settings))
    rows.sort(key=lambda row: _group(row) != "")
    if as_json:
        print_json(msgspec.to_builtins(rows))
    elif sys.stdout.isatty():
        _show(rows)
    else:
        print_table(("name", "goes to", "context", "output", "why"), [_cells(row) for row in rows])


def _rows(router: Router, settings: Settings) -> Iterator[Row]:
    from proxy_core.routing import picker_name

    names = [name for name, _ in router.names()]
    for name in [*names, *({"default"} & settings.models.keys())]:
        route = router.route(name)
        first, *others = route.targets
        yield Row(
            name=name,
            picker_name=picker_name(name),
            target=first.name,
            fallbacks=tuple(target.name for target in others),
            why=route.why if name != "default" else "any other name takes the default",
            context_window=first.facts.context_window,
            max_output_tokens=first.max_output_tokens,
        )


def _cells(row: Row) -> tuple[str, ...]:
    chain = ", ".join((row.target, *row.fallbacks))
    return row.name, chain, _figure(row.context_window), _figure(row.max_output_tokens), row.why


def _figure(tokens: int | None) -> str:
    return f"{tokens:,}" if tokens is not None else "-"


# -- on a terminal -------------------------------------------------------------------------


def _group(row: Row) -> str:
    """The provider of a model that is asked for by its own name."""
    return row.target.partition("/")[0] if row.name == row.target else ""


def _show(rows: Sequence[Row]) -> None:
    """The names that stand for something, and why; then the models of each provider."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    table.add_column("name", overflow="fold", ratio=1)
    for figure in ("context", "output"):
        table.add_column(figure, justify="right", no_wrap=True)
    for provider, members in groupby(rows, _group):
        table.add_row(
            f"[bold]models of {provider}" if provider else "[bold]names that stand for a model"
        )
        for row in members:
            _add(table, row)
        table.add_row()
    console = Console(highlight=False)
    console.print(table)
    console.print(_FAMILIES, _PICKER, sep="\n\n", style="dim")


def _add(table: Table, row: Row) -> None:
    from rich.padding import Padding
    from rich.text import Text

    figures = _figure(row.context_window), _figure(row.max_output_tokens)
    if row.name == row.target:
        table.add_row(Text(f"  {row.name}"), *figures)
        return
    table.add_row(Text.assemble("  ", (row.name, "cyan"), f" → {row.target}"), *figures)
    for further in row.fallbacks:
        table.add_row(Padding(Text(f"then {further}"), (0, 0, 0, 4)))
    table.add_row(Padding(Text(row.why, style="dim"), (0, 0, 0, 4)))
