"""The explanation as plain text, whole."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from proxy_core.cli.explain.explanation import Explanation
from proxy_core.server.redact import visible


def print_page(told: Explanation) -> None:
    """All of it on stdout, for a pipe or a file."""
    sys.stdout.writelines(f"{line}\n" for line in _lines(told))


def head(told: Explanation) -> Iterator[tuple[str, str]]:
    """Where the request goes and why: titles and texts."""
    yield "model", f"{told.requested} -> {told.target}"
    yield "why", told.why
    if told.fallbacks:
        yield "then", ", ".join(told.fallbacks)
    if told.refused is None:
        yield "request", f"{told.method} {told.url}"
        yield from (("", f"{name}: {value}") for name, value in told.headers.items())


def _lines(told: Explanation) -> Iterator[str]:
    yield from (f"{title:<9}{visible(text)}" for title, text in head(told))
    if told.refused is not None:
        return
    yield json.dumps(told.body, indent=2, ensure_ascii=False)
    if not told.losses:
        yield f"{'losses':<9}none"
    for number, loss in enumerate(told.losses):
        title = "" if number else "losses"
        place = visible(loss.path)
        yield f"{title:<9}{place}: {loss.kind} ({loss.reason}): {loss.explanation}"
