"""`proxy explain`: what would be sent upstream for a request, and what is lost. Offline."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

import click
import msgspec

from proxy_core.cli.output import Failed, print_json
from proxy_core.cli.start import config_option, load_settings, plugins_option


@click.command("explain")
@click.argument("file", type=click.File("rb"))
@click.option("--model", help="Ask for this model instead of the request's.")
@plugins_option
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    file: BinaryIO,
    model: str | None,
    plugins: list[str] | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Show what would be sent upstream for a request, and what is lost on the way.

    FILE holds the body of a POST to /v1/messages; `-` reads it from stdin. Nothing is sent.
    A terminal shows both bodies side by side, cut to its width; a pipe gets all of what would
    be sent.
    """
    from proxy_core.assembly import make_router
    from proxy_core.cli.explain.explanation import explain
    from proxy_core.cli.explain.page import print_page
    from proxy_core.cli.explain.screen import show
    from proxy_core.plugins import load_allowed

    settings = load_settings(config, {"plugins": plugins})
    raw = file.read()
    if not raw.strip():
        raise Failed(f"{_source(file)} is empty; it should hold the body of a request")
    told = explain(raw, model, make_router(load_allowed(settings), settings), settings)
    if as_json:
        print_json(msgspec.to_builtins(told))
    elif sys.stdout.isatty():
        show(told, raw)
    else:
        print_page(told)
    if told.refused is not None:
        why = "; ".join(filter(None, (told.refused.why.rstrip("."), told.refused.advice)))
        raise Failed(f"the request would be refused: {told.refused.path}: {why}")


def _source(file: BinaryIO) -> str:
    return "stdin" if file.name in {"<stdin>", "-", 0} else str(file.name)
