"""Content that other models do not know, as text that they can read.

What Anthropic's own tools did in earlier turns is never told as a call: other servers do not know
these tools. What they found stays readable; what is encrypted for Anthropic is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Raw

from proxy_core.anthropic.content import (
    BrowserStateBlock,
    McpToolUseBlock,
    ServerResultBlock,
    ServerToolUseBlock,
    UnknownBlock,
    is_given,
)

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


def call_text(block: ServerToolUseBlock | McpToolUseBlock) -> str:
    """What was asked of a tool that Anthropic ran."""
    return f"Asked {block.name}: {_text(block.input)}"


def result_text(block: ServerResultBlock, name: str) -> str:
    """What the tool `name` gave back; empty if nothing of it is readable."""
    try:
        found = "\n".join(_lines(msgspec.json.decode(block.content or b"null")))
    except (RecursionError, msgspec.ValidationError):  # too deep, or numbers beyond any type
        found = ""
    return f"Result of {name}:\n{found}" if found else ""


def browser_text(block: BrowserStateBlock) -> str:
    text = f"Browser tabs: {_text(block.tabs)}"
    if is_given(block.state_changes):
        text += f"\nChanges: {_text(block.state_changes)}"
    return text


class _Readable(msgspec.Struct, frozen=True):
    text: str = ""
    content: Any = None


_readable = msgspec.json.Decoder(_Readable)


def unknown_text(block: UnknownBlock) -> str:
    """The text of a block that this version does not know, or nothing."""
    try:
        found = _readable.decode(block.raw)
    except msgspec.ValidationError:
        return ""
    return found.text or (found.content if isinstance(found.content, str) else "")


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


def _text(raw: Raw) -> str:
    return bytes(raw).decode()
