"""What commands print: one line per error, tables, JSON. Never a secret."""

from __future__ import annotations

import json
import os
import re
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

from proxy_core.contract import ProxyError
from proxy_core.server.redact import Redactor

_SECRET_NAMES = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL|^CUSTOM_HEADER_")
_NOT_SECRET = re.compile(r"_FILE$|_LIMIT$|_TOKENS$|^MAX_|^MIN_")


ANY_WORD = "any-key-will-do"
"""Stands for a token where the proxy asks for none; clients insist on having one."""


class Failed(ProxyError):
    """What was asked for was understood and did not work: exit status 1."""


def secrets_of(environ: Mapping[str, str]) -> list[str]:
    """The values of an environment that are secrets by the names they have."""
    return [
        value
        for name, value in environ.items()
        if _SECRET_NAMES.search(name.upper()) and not _NOT_SECRET.search(name.upper())
    ]


def tell(text: str) -> None:
    """One line about an error, on stderr."""
    sys.stderr.write(f"proxy: {_hidden(' '.join(text.split()))}\n")


def tell_traceback(error: BaseException) -> None:
    """All of an error, for `--debug`."""
    sys.stderr.write(_hidden("".join(traceback.format_exception(error))))


def tell_crash(error: BaseException, *, debug: bool) -> None:
    """An error that nobody foresaw. Its own words are shown with `--debug` only: they may
    quote anything, save for the system's word for what it could not do."""
    if debug:
        tell_traceback(error)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    why = f" ({os.strerror(error.errno)})" if isinstance(error, OSError) and error.errno else ""
    tell(f"unexpected {type(error).__name__}{why}{place}; run again with --debug to see all of it")


def print_json(value: Any) -> None:
    """A value as JSON on stdout, for programs."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def exports(url: str, token: str) -> list[str]:
    """What to paste into a shell so that Claude Code uses the proxy."""
    return [
        "  for Claude Code, in another terminal:",
        f"    export ANTHROPIC_BASE_URL={url}",
        f"    export ANTHROPIC_AUTH_TOKEN={token}",
    ]


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on stdout: ruled and coloured on a terminal, aligned plain text elsewhere.

    Long words go on in the next line on a narrow terminal: addresses and variables are copied.
    """
    if not sys.stdout.isatty():
        _print_plain(columns, rows)
        return
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    table = Table(*(Column(name, overflow="fold") for name in columns), header_style="bold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _print_plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = [columns, *rows]
    widths = [max(len(row[at]) for row in table) for at in range(len(columns))]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def _hidden(text: str) -> str:
    return Redactor(secrets_of(os.environ))(text)
