"""Tools that Anthropic ran in earlier turns, told to another vendor as text.

They are never sent as calls: the server does not know these tools. What they found stays
readable; what is encrypted for Anthropic is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from proxy_core.anthropic.content import ServerResultBlock
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import Reason

_READABLE = (
    "title",
    "url",
    "tool_name",
    "error_code",
    "text",
    "data",
    "stdout",
    "stderr",
    "content",
    "source",
    "tool_references",
)
"""Fields of results that say something to a reader, in the order they are told."""
_UNREADABLE_SOURCES = frozenset({"base64"})


def server_result_text(block: ServerResultBlock, name: str, path: str, scope: Scope) -> str:
    """The result of a call to the server tool `name` as text; empty if nothing is readable."""
    scope.reshaped(path, Reason.SERVER_HISTORY)
    try:
        found = "\n".join(_lines(msgspec.json.decode(block.content or b"null")))
    except (RecursionError, msgspec.ValidationError):  # too deep, or numbers beyond any type
        found = ""
    return f"Result of {name}:\n{found}" if found else ""


def _lines(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value:
            yield value
    elif isinstance(value, list):
        for item in value:
            yield from _lines(item)
    elif isinstance(value, dict) and value.get("type") not in _UNREADABLE_SOURCES:
        for field in _READABLE:
            if field in value:
                yield from _lines(value[field])
