"""Core's estimate of a request's input tokens, where no better count is to be had.

Everything that reaches a model is counted: system, messages, tools with their schemas,
images, thinking. Text is weighed by its characters (`text_tokens`), images by a flat figure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from msgspec import Raw, Struct

from proxy_core.anthropic.content import (
    Block,
    DocumentBlock,
    ImageBlock,
    RedactedThinkingBlock,
    Source,
    Tool,
    ToolResultBlock,
    is_given,
)
from proxy_core.anthropic.deferred_tools import Visibility
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.text_tokens import text_tokens
from proxy_core.anthropic.typed_tools import typed_tool

IMAGE_TOKENS = 1600
"""An image of full size at Anthropic's rate of one token per 750 pixels."""
PDF_BYTES_PER_TOKEN = 30
"""Base64 of a PDF is mostly layout and fonts."""
MESSAGE_TOKENS = 4
"""Role and separators of one message."""
TOOL_TOKENS = 8
"""Frame of one tool's declaration."""
SERVER_TOOL_TOKENS = 350
"""What a tool that its vendor runs adds, unseen: a guess at its schema and instructions."""

_UNREAD = frozenset({"id", "tool_use_id", "signature", "encrypted_content", "type"})
"""Fields of blocks that models do not read."""


class Estimate(Struct, frozen=True):
    """Tokens of what a model reads as text, and of what no text tells: images, files, tools that
    the vendor declares itself."""

    text: float
    other: float = 0

    @property
    def tokens(self) -> int:
        """All of them; never zero."""
        return self.times(1)

    def times(self, factor: float) -> int:
        """All of them, where the text is known to be `factor` times what was thought."""
        return max(1, math.ceil(self.text * factor + self.other))


def estimate(request: MessagesRequest) -> Estimate:
    """Input tokens of a request, estimated, and rather too many than too few: clients decide by
    the count when to compact."""
    visible = Visibility(request)
    tools = [tool for tool in request.tools if not visible.hides(tool)]
    parts = list(_texts(request, tools))
    text = b"\n".join(part.encode() if isinstance(part, str) else part for part in parts)
    frames = MESSAGE_TOKENS * len(request.messages) + TOOL_TOKENS * len(tools)
    other = sum(_media(block) for message in request.messages for block in message.content)
    other += SERVER_TOOL_TOKENS * sum(map(_is_vendors, tools))
    return Estimate(text_tokens(text) + frames, other)


def _texts(request: MessagesRequest, tools: list[Tool]) -> Iterator[str | Raw]:
    for block in request.system:
        yield block.text
    for message in request.messages:
        for content in message.content:
            yield from _texts_of_block(content)
    for tool in tools:
        yield from _texts_of_tool(tool)


def _texts_of_block(block: Block) -> Iterator[str | Raw]:
    match block:
        case ImageBlock() | RedactedThinkingBlock():
            return
        case DocumentBlock(source=Source(type="base64")):
            return
        case ToolResultBlock(content=tuple(parts)):
            for part in parts:
                yield from _texts_of_block(part)
        case _:
            yield from _texts_of_fields(block)


def _texts_of_tool(tool: Tool) -> Iterator[str | Raw]:
    typed = typed_tool(tool.type or "")
    yield tool.name
    yield tool.description or (typed.description if typed else "")
    yield tool.input_schema if typed is None or is_given(tool.input_schema) else typed.schema


def _is_vendors(tool: Tool) -> bool:
    """Whether the client names a tool, and the vendor knows the rest of it."""
    kind = tool.type or "custom"
    return kind != "custom" and typed_tool(kind) is None and not is_given(tool.input_schema)


def _texts_of_fields(struct: Struct) -> Iterator[str | Raw]:
    """The text and raw JSON that a block holds for the model to read."""
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        if name in _UNREAD:
            continue
        if isinstance(value, str | Raw):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                yield from _texts_of_fields(item)
        elif isinstance(value, Struct):
            yield from _texts_of_fields(value)


def _media(block: Block) -> float:
    match block:
        case ImageBlock():
            return IMAGE_TOKENS
        case DocumentBlock(source=Source(type="base64", data=str(data))):
            return len(data) / PDF_BYTES_PER_TOKEN
        case ToolResultBlock(content=tuple(parts)):
            return sum(_media(part) for part in parts)
        case _:
            return 0
