"""What a person or a tool says: content blocks as text and parts of a user message.

A block becomes pieces: a string for text, a dict for an image or a file. Blocks that the
server cannot take become a short text in their place and a note in the ledger; a refusal
would brick the session, because the block stays in the history.
"""

from __future__ import annotations

from typing import Any

from proxy_core.anthropic import in_words
from proxy_core.anthropic.content import (
    Block,
    BrowserStateBlock,
    ContainerUploadBlock,
    ImageBlock,
    SearchResultBlock,
    TextBlock,
    ToolReferenceBlock,
    UnknownBlock,
)
from proxy_core.contract import Unsupported
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import Reason

Part = dict[str, Any]
Piece = str | Part


def content_of(pieces: list[Piece]) -> str | list[Part]:
    """A message's content: text alone is a string, because some servers take no part lists."""
    texts = [piece for piece in pieces if isinstance(piece, str)]
    if len(texts) == len(pieces):
        return "\n\n".join(texts)
    return [{"type": "text", "text": p} if isinstance(p, str) else p for p in pieces]


def note_common(block: Any, path: str, scope: Scope) -> None:
    """Note what most blocks may carry and no other vendor knows."""
    if getattr(block, "cache_control", None) is not None:
        scope.dropped(f"{path}/cache_control", Reason.CACHE_HINT)
    if citations := getattr(block, "citations", None):
        wanted = isinstance(citations, dict) and citations.get("enabled") is True
        reason = Reason.CITATIONS_UNSUPPORTED if wanted else Reason.CITATIONS
        scope.dropped(f"{path}/citations", reason)


def text_pieces(block: TextBlock, path: str, scope: Scope) -> list[Piece]:
    note_common(block, path, scope)
    if block.text:
        return [block.text]
    scope.dropped(path, Reason.EMPTY)
    return []


def image_pieces(block: ImageBlock, path: str, scope: Scope) -> list[Piece]:
    """An image part, or words in its place."""
    note_common(block, path, scope)
    if block.transformations is not None:
        scope.dropped(f"{path}/transformations", Reason.ADVISORY)
    source = block.source
    if source.type == "file":
        raise Unsupported(f"{path}/source", "a file id cannot be resolved; send base64 or a URL")
    if scope.target.facts.vision is False:
        scope.dropped(path, Reason.IMAGE_UNSUPPORTED)
        return ["[image omitted: this model has no vision]"]
    if source.type == "url" and source.url:
        if scope.quirks.image_urls:
            return [_image_part(source.url)]
        scope.reshaped(path, Reason.IMAGE_UNSUPPORTED)
        return [f"[image omitted: it is at {source.url}, which this model cannot fetch]"]
    if source.type == "base64" and source.data:
        return [_image_part(f"data:{source.media_type or 'image/png'};base64,{source.data}")]
    scope.dropped(path, Reason.IMAGE_UNSUPPORTED)
    return ["[image omitted: its source cannot be read]"]


def _image_part(url: str) -> Part:
    return {"type": "image_url", "image_url": {"url": url}}


def search_result_pieces(block: SearchResultBlock, path: str, scope: Scope) -> list[Piece]:
    note_common(block, path, scope)
    lines = [block.title, block.source]
    for index, inner in enumerate(block.content):
        note_common(inner, f"{path}/content/{index}", scope)
        lines.append(inner.text)
    return ["\n".join(line for line in lines if line)]


def browser_pieces(block: BrowserStateBlock, path: str, scope: Scope) -> list[Piece]:
    note_common(block, path, scope)
    return [in_words.browser_text(block)]


def reference_pieces(block: ToolReferenceBlock, path: str, scope: Scope) -> list[Piece]:
    note_common(block, path, scope)
    return [f"Tool available: {scope.tool_name(block.tool_name, f'{path}/tool_name')}"]


def upload_pieces(_block: ContainerUploadBlock, path: str, _scope: Scope) -> list[Piece]:
    raise Unsupported(path, "there is no container to upload into; send the content itself")


def unknown_text(block: UnknownBlock, path: str, scope: Scope) -> str:
    """The text of a block that this version does not know, or nothing."""
    text = in_words.unknown_text(block)
    note = scope.reshaped if text else scope.dropped
    note(path, Reason.UNKNOWN_BLOCK)
    return text


def unknown_pieces(block: UnknownBlock, path: str, scope: Scope) -> list[Piece]:
    text = unknown_text(block, path, scope)
    return [text or f"[content of type {block.type} omitted]"]


def misplaced_pieces(_block: Block, path: str, scope: Scope) -> list[Piece]:
    """A known block where it cannot stand, for example a tool call in a user message."""
    scope.dropped(path, Reason.UNKNOWN_BLOCK)
    return []
