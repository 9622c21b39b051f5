"""Documents: texts with their title and context, PDFs as file parts where the server has them."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from proxy_core.anthropic.content import (
    DocumentBlock,
    ImageBlock,
    Source,
    TextBlock,
    UnknownBlock,
)
from proxy_core.contract import Unsupported
from proxy_core.dialects.openai_chat.requests.pieces import (
    Part,
    Piece,
    image_pieces,
    note_common,
    text_pieces,
    unknown_text,
)
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import Reason

_content = msgspec.json.Decoder(str | tuple[Raw, ...])
_block = msgspec.json.Decoder(TextBlock | ImageBlock)
_PDF = "application/pdf"
_UNREADABLE = "[content omitted: it cannot be read]"


def document_pieces(block: DocumentBlock, path: str, scope: Scope) -> list[Piece]:
    """A heading with title and context, then what the document holds or words in its place."""
    note_common(block, path, scope)
    if block.source.type == "file":
        place = f"{path}/source"
        raise Unsupported(place, "a file id cannot be resolved; send the document itself")
    heading = _heading(block)
    match block.source.type:
        case "text":
            return _as_text(heading, [block.source.data or ""])
        case "content":
            return _as_text(heading, _blocks(block.source, path, scope))
        case _:
            return _binary(block, heading, path, scope)


def _heading(block: DocumentBlock) -> str:
    title = f"Document: {block.title}" if block.title else "Document:"
    return f"{title}\n{block.context}" if block.context else title


def _as_text(heading: str, inner: list[Piece]) -> list[Piece]:
    """Texts flow together under the heading; images stay parts of their own."""
    pieces: list[Piece] = [heading]
    for piece in inner:
        last = pieces[-1]
        if isinstance(piece, str) and isinstance(last, str):
            pieces[-1] = f"{last}\n{piece}"
        else:
            pieces.append(piece)
    return pieces


def _blocks(source: Source, path: str, scope: Scope) -> list[Piece]:
    place = f"{path}/source/content"
    try:
        content = _content.decode(source.content)
    except msgspec.DecodeError:
        scope.dropped(place, Reason.UNKNOWN_BLOCK)
        return [_UNREADABLE]
    if isinstance(content, str):
        return [content]
    pieces: list[Piece] = []
    for index, raw in enumerate(content):
        at = f"{place}/{index}"
        try:
            block = _block.decode(raw)
        except msgspec.ValidationError:
            pieces.append(unknown_text(UnknownBlock("", raw), at, scope) or _UNREADABLE)
            continue
        if isinstance(block, TextBlock):
            pieces += text_pieces(block, at, scope)
        else:
            pieces += image_pieces(block, at, scope)
    return pieces


def _binary(block: DocumentBlock, heading: str, path: str, scope: Scope) -> list[Piece]:
    source = block.source
    if source.type == "base64" and source.data and scope.quirks.pdf_parts:
        return [heading, _file_part(block, source.media_type or _PDF, source.data)]
    if source.type == "url" and source.url and scope.quirks.document_urls:
        return [heading, {"type": "file", "file": {"file_url": source.url}}]
    note = scope.reshaped if source.url else scope.dropped
    note(f"{path}/source", Reason.DOCUMENT_UNSUPPORTED)
    kind = (
        f"{source.media_type or 'a document'} at {source.url}"
        if source.url
        else (source.media_type or "this kind of document")
    )
    return [f"{heading}\n[content omitted: this model cannot read {kind}]"]


def _file_part(block: DocumentBlock, media_type: str, data: str) -> Part:
    file: dict[str, Any] = {
        "filename": block.title or "document.pdf",
        "file_data": f"data:{media_type};base64,{data}",
    }
    return {"type": "file", "file": file}
