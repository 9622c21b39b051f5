"""Which reader turns which content block into pieces."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proxy_core.anthropic.content import (
    Block,
    BrowserStateBlock,
    ContainerUploadBlock,
    DocumentBlock,
    ImageBlock,
    SearchResultBlock,
    TextBlock,
    ToolReferenceBlock,
    UnknownBlock,
)
from proxy_core.dialects.openai_chat.requests.documents import document_pieces
from proxy_core.dialects.openai_chat.requests.pieces import (
    Piece,
    browser_pieces,
    image_pieces,
    misplaced_pieces,
    reference_pieces,
    search_result_pieces,
    text_pieces,
    unknown_pieces,
    upload_pieces,
)
from proxy_core.dialects.openai_chat.requests.scope import Scope

_READERS: dict[type[Block], Callable[[Any, str, Scope], list[Piece]]] = {
    TextBlock: text_pieces,
    ImageBlock: image_pieces,
    DocumentBlock: document_pieces,
    SearchResultBlock: search_result_pieces,
    ToolReferenceBlock: reference_pieces,
    BrowserStateBlock: browser_pieces,
    ContainerUploadBlock: upload_pieces,
    UnknownBlock: unknown_pieces,
}


def pieces_of(block: Block, path: str, scope: Scope) -> list[Piece]:
    """What a block of a user message or of a tool result becomes."""
    return _READERS.get(type(block), misplaced_pieces)(block, path, scope)
