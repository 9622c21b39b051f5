"""Where log lines go: coloured on a terminal, plain elsewhere, JSON lines in a file."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from proxy_core.contract import ProxyError
from proxy_core.server.redact import JsonFormatter, RedactingFormatter, Redactor


class BadLogFile(ProxyError):
    """The log file cannot be written."""


def configure_logging(level: str, file: Path | None, secrets: Iterable[str]) -> None:
    """Make the one logging set-up of this process; nothing is written past its formatters."""
    redact = Redactor(secrets)
    handlers = [_console(redact)]
    if file is not None:
        handlers.append(_file(file, redact))
    # A library's own debug lines may hold headers and bodies; ours never do.
    logging.basicConfig(level=logging.WARNING, handlers=handlers, force=True)
    logging.getLogger("proxy_core").setLevel(level.upper())
    # A line that cannot be written would be printed raw, arguments and all.
    logging.raiseExceptions = False


def _console(redact: Redactor) -> logging.Handler:
    if not sys.stderr.isatty():
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(RedactingFormatter(redact))
        return handler
    from rich.console import Console
    from rich.highlighter import NullHighlighter
    from rich.logging import RichHandler

    handler = RichHandler(
        console=Console(stderr=True),
        show_path=False,
        highlighter=NullHighlighter(),
        log_time_format="%H:%M:%S",
        omit_repeated_times=False,
    )
    handler.setFormatter(RedactingFormatter(redact, "%(message)s"))
    return handler


def _file(path: Path, redact: Redactor) -> logging.Handler:
    """Appends to `path`; a file that is made here is for its owner alone."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600))
    except OSError as error:
        raise BadLogFile(
            f"cannot write the log file {path}: {error.strerror}; name another with --log-file"
        ) from error
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(JsonFormatter(redact))
    return handler
