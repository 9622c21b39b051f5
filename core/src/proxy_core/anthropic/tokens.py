"""Core's estimate of a request's input tokens, where no better count is to be had.

Everything that reaches a model is counted: system, messages, tools with their schemas,
images, thinking. Text counts by its UTF-8 bytes, which follows both English (about four
letters a token) and scripts with about a token a character; images by a flat figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from msgspec import Raw, Struct

from proxy_core.anthropic.content import (
    Block,
    DocumentBlock,
    ImageBlock,
    Source,
    ToolResultBlock,
)
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import TokenCount

BYTES_PER_TOKEN = 3.5
"""English prose has about 4.2, code and JSON about 3.3; counting too many is the safe side,
because clients decide by the count when to compact."""
IMAGE_TOKENS = 1600
"""An image of full size at Anthropic's rate of one token per 750 pixels."""
PDF_BYTES_PER_TOKEN = 30
"""Base64 of a PDF is mostly layout and fonts."""
MESSAGE_TOKENS = 4
"""Role and separators of one message."""
TOOL_TOKENS = 8
"""Frame of one tool's declaration."""

_UNREAD = frozenset({"id", "tool_use_id", "signature", "encrypted_content", "type"})
"""Fields of blocks that models do not read."""

METHOD = f"estimate; utf8-bytes/{BYTES_PER_TOKEN}; image={IMAGE_TOKENS}"


def estimate(request: MessagesRequest) -> TokenCount:
    """Input tokens of a request, estimated; never zero."""
    tokens = _text_tokens(block.text for block in request.system)
    for message in request.messages:
        tokens += MESSAGE_TOKENS + sum(_block_tokens(block) for block in message.content)
    for tool in request.tools:
        size = _size(tool.name) + _size(tool.description or "") + _raw_size(tool.input_schema)
        tokens += TOOL_TOKENS + size / BYTES_PER_TOKEN
    return TokenCount(max(1, math.ceil(tokens)), METHOD)


def _block_tokens(block: Block) -> float:
    match block:
        case ImageBlock():
            return IMAGE_TOKENS
        case DocumentBlock(source=Source(type="base64", data=str(data))):
            return len(data) / PDF_BYTES_PER_TOKEN
        case ToolResultBlock(content=tuple(parts)):
            return sum(_block_tokens(part) for part in parts)
        case _:
            return _struct_size(block) / BYTES_PER_TOKEN


def _struct_size(block: Struct) -> int:
    """Bytes of the text and raw JSON that a block holds for the model to read."""
    size = 0
    for name in block.__struct_fields__:
        value = getattr(block, name)
        if name in _UNREAD:
            continue
        if isinstance(value, str):
            size += _size(value)
        elif isinstance(value, Raw):
            size += _raw_size(value)
        elif isinstance(value, tuple):
            size += sum(_struct_size(item) for item in value)
        elif isinstance(value, Struct):
            size += _struct_size(value)
    return size


def _text_tokens(texts: Iterable[str]) -> float:
    return sum(_size(text) for text in texts) / BYTES_PER_TOKEN


def _size(text: str) -> int:
    """Bytes in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def _raw_size(raw: Raw) -> int:
    return memoryview(raw).nbytes
