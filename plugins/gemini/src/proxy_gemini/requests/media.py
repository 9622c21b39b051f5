"""Images and documents as inline data or files by URL, or as words where Gemini reads neither."""

from __future__ import annotations

from typing import Any

from proxy_core.anthropic.content import Block, DocumentBlock, ImageBlock, Source
from proxy_core.contract import Unsupported
from proxy_core.dialects.openai_chat.requests.blocks import pieces_of
from proxy_core.dialects.openai_chat.requests.pieces import Piece, note_common
from proxy_core.ledger import Reason
from proxy_gemini.requests.scope import Scope

Part = dict[str, Any]

_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"})
"""GIF, which Anthropic takes, is not among them (ai.google.dev, image understanding, 2026-11)."""
_PDF = "application/pdf"
_BY_SUFFIX = {
    **{kind: f"image/{kind}" for kind in ("png", "jpeg", "webp", "heic", "heif", "gif")},
    "jpg": "image/jpeg",
    "pdf": _PDF,
}
_READ = ("audio/", "video/", "text/")
_OFFICE = ("application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.")
_IN_RESULTS = frozenset({"image/png", "image/jpeg", "image/webp", _PDF, "text/plain"})
"""Media types that a function's response may hold (@ai-sdk/google 4.0.121)."""


def read_block(block: Block, path: str, scope: Scope) -> list[Piece]:
    """A block of a user message or of a tool result: texts, and media as Gemini's own parts."""
    match block:
        case ImageBlock():
            return [_image(block, path, scope)]
        case DocumentBlock() if block.source.type not in ("text", "content", "file"):
            return _document(block, path, scope)
        case _:
            # Texts, and what is told as such; a document's may have images among them.
            return [_of_chat(piece, path, scope) for piece in pieces_of(block, path, scope)]


def media_type(part: Part) -> str:
    media: Part = part.get("inlineData") or part["fileData"]
    return str(media["mimeType"])


def fits_in_result(part: Part, scope: Scope) -> bool:
    """Whether a function's response can hold the part itself."""
    return (
        scope.gemini.media_in_results and "inlineData" in part and media_type(part) in _IN_RESULTS
    )


def _image(block: ImageBlock, path: str, scope: Scope) -> Piece:
    note_common(block, path, scope)
    if block.transformations is not None:
        scope.dropped(f"{path}/transformations", Reason.ADVISORY)
    if block.source.type == "file":
        raise Unsupported(f"{path}/source", "a file id cannot be resolved; send base64 or a URL")
    part = _media_part(block.source, "image/png", scope)
    if part is None:
        _note_unread(block.source, path, Reason.IMAGE_UNSUPPORTED, scope)
        return f"[image omitted: this model cannot read {_kind(block.source)}]"
    return part


def _document(block: DocumentBlock, path: str, scope: Scope) -> list[Piece]:
    """A heading with title and context, then the document or words in its place."""
    note_common(block, path, scope)
    title = "\n".join(words for words in (block.title, block.context) if words)
    head: list[Piece] = [f"Document: {title}"] if title else []
    part = _media_part(block.source, _PDF, scope)
    if part is None:
        _note_unread(block.source, f"{path}/source", Reason.DOCUMENT_UNSUPPORTED, scope)
        return [*head, f"[document omitted: this model cannot read {_kind(block.source)}]"]
    return [*head, part]


def _note_unread(source: Source, path: str, reason: Reason, scope: Scope) -> None:
    """The words in its place tell an address, if that is what there is."""
    note = scope.reshaped if source.url else scope.dropped
    note(path, reason)


def _of_chat(piece: Piece, path: str, scope: Scope) -> Piece:
    """An image among a document's texts: Chat has it as a URL, of data or of an address."""
    if isinstance(piece, str):
        return piece
    url: str = piece["image_url"]["url"]
    source = Source(type="url", url=url)
    if url.startswith("data:"):
        kind, _, data = url.removeprefix("data:").partition(";base64,")
        source = Source(type="base64", media_type=kind, data=data)
    part = _media_part(source, "image/png", scope)
    if part is None:
        scope.reshaped(path, Reason.IMAGE_UNSUPPORTED)
        return f"[image omitted: this model cannot read {_kind(source)}]"
    return part


def _media_part(source: Source, assumed: str, scope: Scope) -> Part | None:
    """The bytes themselves or the address where Google finds them; None for what it cannot read.

    Addresses on the public web are fetched by Google since January 2026.
    """
    kind = source.media_type or _kind_of_url(source.url or "") or assumed
    if not _is_read(kind, scope):
        return None
    if source.type == "base64" and source.data:
        return {"inlineData": {"mimeType": kind, "data": source.data}}
    if source.type == "url" and source.url:
        return {"fileData": {"mimeType": kind, "fileUri": source.url}}
    return None


def _kind_of_url(url: str) -> str | None:
    """Google wants the type of what it fetches; Anthropic's clients do not tell it."""
    path = url.partition("#")[0].partition("?")[0]
    return _BY_SUFFIX.get(path.rpartition(".")[2].lower())


def _is_read(kind: str, scope: Scope) -> bool:
    if kind.startswith("image/"):
        return kind in _IMAGES and scope.target.facts.vision is not False
    office = scope.gemini.office_documents and kind.startswith(_OFFICE)
    return kind == _PDF or kind.startswith(_READ) or office


def _kind(source: Source) -> str:
    kind = source.media_type or "what its source says"
    return f"{kind} at {source.url}" if source.url else kind
