"""Nothing vanishes in silence: each leaf of a request is sent, or the ledger names it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from proxy_core.ledger import Loss

Json = dict[str, Any]

GRAMMAR = {"type", "role", "model", "media_type"}
"""Fields whose values are words of the API, said by the form of what is sent."""
SAID_BY_FORM = {"/thinking/display", "/stream", "/tool_choice/disable_parallel_tool_use"}
"""Settings of the answer that the proxy itself carries out."""


def unexplained(asked: Json, body: Json, losses: Iterable[Loss]) -> Iterator[str]:
    """The leaves of a request that are neither in the body that is sent nor in the ledger."""
    noted = [loss.path for loss in losses]
    words = list(_words(body))
    for path, name, value in _leaves(asked, "", ""):
        if name in GRAMMAR or path in SAID_BY_FORM or value in ("", None, True, False):
            continue
        if any(path == place or path.startswith(f"{place}/") for place in noted):
            continue
        if not any(str(value) in word for word in words):
            yield path


def _leaves(value: Any, path: str, name: str) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}/{key}", key)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, f"{path}/{index}", name)
    else:
        yield path, name, value


def _words(value: Any) -> Iterator[str]:
    """Every key and leaf of the body, and of JSON written inside its strings."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _words(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner)
    else:
        yield str(value)
        if isinstance(value, str) and value.startswith("{"):
            try:
                yield from _words(json.loads(value))
            except ValueError:
                return  # a text that merely begins like JSON
