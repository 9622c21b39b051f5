"""Requests as Anthropic's documentation has them."""

import json
from pathlib import Path
from typing import Any

from proxy_core.anthropic.content import ToolResultBlock, UnknownBlock
from proxy_core.anthropic.request import MessagesRequest, parse
from tests.support.anthropic_streams import FIXTURES

DOCUMENTED = [path for path in sorted(FIXTURES.glob("r*.json")) if "_forms" not in path.name]
"""All but the forms of single settings."""


def in_file(path: Path) -> list[bytes]:
    """The bodies in a fixture: one as it stands, or several in a list."""
    raw = path.read_bytes()
    return [json.dumps(one).encode() for one in json.loads(raw)] if raw[:1] == b"[" else [raw]


def bodies(path: Path) -> list[Any]:
    """The same, decoded."""
    return [json.loads(body) for body in in_file(path)]


def read(body: Any) -> MessagesRequest:
    return parse(json.dumps(body).encode())


def unknown_blocks(request: MessagesRequest) -> list[UnknownBlock]:
    """Those of the messages, and of results in them."""
    blocks = [block for message in request.messages for block in message.content]
    blocks += [
        inner
        for block in blocks
        if isinstance(block, ToolResultBlock) and isinstance(block.content, tuple)
        for inner in block.content
    ]
    return [block for block in blocks if isinstance(block, UnknownBlock)]
