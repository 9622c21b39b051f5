"""Content that a server does not know, told in words where that can be, and named where not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from proxy_core.anthropic import events
from proxy_core.anthropic.content import (
    Block,
    DocumentBlock,
    ImageBlock,
    RedactedThinkingBlock,
    ResultBlock,
    SearchResultBlock,
    Source,
    TextBlock,
    ThinkingBlock,
    ToolReferenceBlock,
    ToolResultBlock,
    UnknownBlock,
)
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import Target
from proxy_core.dialects.anthropic_native.quirks import Quirks
from proxy_core.dialects.anthropic_native.spans import Span, Splices, items, member
from proxy_core.ledger import Ledger, LossKind, Reason

_UNREADABLE = "[content omitted: this model cannot read it]"


class _Unknown(Struct, frozen=True):
    """A block that cannot be sent, by the indices that lead to it."""

    way: tuple[int, ...]
    block: Block | ResultBlock

    @property
    def path(self) -> str:
        return "/messages/" + "/content/".join(map(str, self.way))


class _Words(NamedTuple):
    """What stands in a block's place."""

    text: str
    kind: LossKind
    reason: Reason


def spell_unknown_blocks(
    request: MessagesRequest,
    splices: Splices,
    messages: int,
    target: Target,
    quirks: Quirks,
    ledger: Ledger,
) -> None:
    """Put words in the place of blocks that the server would refuse."""
    unknown = [one for one in _blocks(request) if not _is_known(one.block, target, quirks)]
    spans = items(splices.body, messages) if unknown else []
    for one in unknown:
        span = _place(splices.body, spans[one.way[0]], one.way[1:])
        if span is not None:
            words = _words(one.block, target)
            ledger.note(one.path, words.kind, words.reason)
            text = b'{"type":"text","text":%b}' % events.quote(words.text)
            splices.replace(*span, text)


def _blocks(request: MessagesRequest) -> Iterator[_Unknown]:
    """All blocks, those in results of tools too."""
    for position, message in enumerate(request.messages):
        for index, block in enumerate(message.content):
            yield _Unknown((position, index), block)
            if isinstance(block, ToolResultBlock) and isinstance(block.content, tuple):
                for number, inner in enumerate(block.content):
                    yield _Unknown((position, index, number), inner)


def _is_known(block: Block | ResultBlock, target: Target, quirks: Quirks) -> bool:
    match block:
        case TextBlock() | ThinkingBlock() | RedactedThinkingBlock():
            return True  # thinking has rules of its own
        case ToolReferenceBlock() if not quirks.tool_search:
            return False
        case ImageBlock() if target.facts.vision is False:
            return False
        case ImageBlock(source=Source(type="url")) if not quirks.image_urls:
            return False
        case _:
            return not quirks.blocks or _type(block) in quirks.blocks


def _type(block: Block | ResultBlock) -> str:
    return block.type if isinstance(block, UnknownBlock) else str(block.__struct_config__.tag)


def _words(block: Block | ResultBlock, target: Target) -> _Words:
    match block:
        case ToolReferenceBlock():
            text = f"Tool available: {block.tool_name}"
            return _Words(text, LossKind.RESHAPED, Reason.DEFERRED_TOOL)
        case DocumentBlock(source=Source(type="text")):
            text = _lines(block.title, block.context, block.source.data)
            return _Words(text, LossKind.RESHAPED, Reason.DOCUMENT_AS_TEXT)
        case SearchResultBlock():
            text = _lines(block.title, block.source, *(part.text for part in block.content))
            return _Words(text, LossKind.RESHAPED, Reason.DOCUMENT_AS_TEXT)
        case DocumentBlock():
            title = f"Document: {block.title or ''}".strip()
            text = _lines(title, block.context, block.source.url, _UNREADABLE)
            return _Words(text, LossKind.RESHAPED, Reason.DOCUMENT_UNSUPPORTED)
        case ImageBlock() if target.facts.vision is False:
            text = "[image omitted: this model has no vision]"
            return _Words(text, LossKind.DROPPED, Reason.IMAGE_UNSUPPORTED)
        case ImageBlock():
            text = f"[image omitted: it is at {block.source.url}, which this model cannot fetch]"
            return _Words(text, LossKind.RESHAPED, Reason.IMAGE_UNSUPPORTED)
        case _:
            text = f"[{_type(block)} omitted: this model does not know it]"
            return _Words(text, LossKind.DROPPED, Reason.PLACEHOLDER)


def _lines(*parts: str | None) -> str:
    return "\n".join(part for part in parts if part)


def _place(body: bytes, message: Span, way: tuple[int, ...]) -> Span | None:
    """Where a block stands in a message."""
    place = message
    for step in way:
        content = member(body, place.start, "content")
        if content is None:
            return None
        place = items(body, content.value)[step]
    return place
