"""Content that a server does not know, told in words where that can be, and named where not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct

from proxy_core.anthropic import events
from proxy_core.anthropic.carrier import holds_envelope, is_envelope
from proxy_core.anthropic.content import (
    Block,
    BrowserStateBlock,
    CompactionBlock,
    ContainerUploadBlock,
    DocumentBlock,
    HostedBlock,
    ImageBlock,
    McpToolUseBlock,
    RedactedThinkingBlock,
    ResultBlock,
    SearchResultBlock,
    ServerResultBlock,
    ServerToolUseBlock,
    Source,
    TextBlock,
    ThinkingBlock,
    ToolAdditionBlock,
    ToolReferenceBlock,
    ToolRemovalBlock,
    ToolResultBlock,
    UnknownBlock,
    WebSearchToolResult,
)
from proxy_core.anthropic.in_words import browser_text, call_text, result_text, unknown_text
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import Target, Unsupported
from proxy_core.dialects.anthropic_native.quirks import Quirks
from proxy_core.dialects.anthropic_native.scope import Scope
from proxy_core.dialects.anthropic_native.spans import Span, Splices, items, member, members
from proxy_core.ledger import LossKind, Reason

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


def spell_unknown_blocks(scope: Scope, splices: Splices, messages: int) -> None:
    """Put words in the place of blocks that the server would refuse."""
    names = _names_of_calls(scope.request)
    own = _own_searches(scope.request)
    unknown = [one for one in _blocks(scope.request) if not _is_known(one.block, scope, own)]
    spans = items(splices.body, messages) if unknown else []
    for one in unknown:
        span = _place(splices.body, spans[one.way[0]], one.way[1:])
        if span is not None:
            if isinstance(one.block, TextBlock):
                _drop_citations(splices, span, one.path, scope)
                continue
            words = _words(one, scope.target, names)
            scope.ledger.note(one.path, words.kind, words.reason)
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


def _names_of_calls(request: MessagesRequest) -> dict[str, str]:
    """The tools that Anthropic ran, by the ids of their calls."""
    return {
        block.id: block.name
        for message in request.messages
        for block in message.content
        if isinstance(block, ServerToolUseBlock | McpToolUseBlock)
    }


def _own_searches(request: MessagesRequest) -> frozenset[str]:
    """Ids of searches that were not made at Anthropic: what they found bears an envelope, which
    no server can open."""
    return frozenset(
        block.tool_use_id
        for message in request.messages
        for block in message.content
        if isinstance(block, WebSearchToolResult) and holds_envelope(bytes(block.content))
    )


def _cites_own(block: TextBlock) -> bool:
    sources = block.citations if isinstance(block.citations, list) else ()
    marks = (one.get("encrypted_index") for one in sources if isinstance(one, dict))
    return any(isinstance(mark, str) and is_envelope(mark) for mark in marks)


def _drop_citations(splices: Splices, block: Span, path: str, scope: Scope) -> None:
    found = members(splices.body, block.start)
    splices.drop(found, {index for index, one in enumerate(found) if one.key == "citations"})
    scope.dropped(f"{path}/citations", Reason.CITATIONS)


def _is_known(block: Block | ResultBlock, scope: Scope, own: frozenset[str]) -> bool:
    quirks = scope.quirks
    match block:
        case TextBlock():
            return not _cites_own(block)
        case ThinkingBlock() | RedactedThinkingBlock():
            return True  # thinking has rules of its own
        case ServerToolUseBlock(id=id) | WebSearchToolResult(tool_use_id=id) if id in own:
            return False
        case ToolReferenceBlock() if not quirks.tool_search:
            return False
        case ImageBlock() if not _is_seen(block, scope):
            return False
        case DocumentBlock(source=Source(type="file")) if not quirks.hosted:
            return False
        case _ if isinstance(block, HostedBlock) and not quirks.hosted:
            return False
        case _:
            return _is_known_type(block, quirks)


def _is_known_type(block: Block | ResultBlock, quirks: Quirks) -> bool:
    if isinstance(block, UnknownBlock) and not quirks.unknown_fields:
        return False
    return not quirks.blocks or _type(block) in quirks.blocks


def _is_seen(image: ImageBlock, scope: Scope) -> bool:
    kinds = {"url": scope.quirks.image_urls, "file": scope.quirks.hosted}
    return scope.target.facts.vision is not False and kinds.get(image.source.type, True)


def _type(block: Block | ResultBlock) -> str:
    return block.type if isinstance(block, UnknownBlock) else str(block.__struct_config__.tag)


def _words(one: _Unknown, target: Target, names: Mapping[str, str]) -> _Words:
    block = one.block
    match block:
        case DocumentBlock(source=Source(type="file")) | ImageBlock(source=Source(type="file")):
            raise Unsupported(f"{one.path}/source", "a file id cannot be resolved; send the file")
        case ContainerUploadBlock():
            raise Unsupported(one.path, "there is no container to upload into; send the content")
        case ServerToolUseBlock() | McpToolUseBlock():
            return _Words(call_text(block), LossKind.RESHAPED, Reason.SERVER_HISTORY)
        case CompactionBlock() if block.content:
            return _Words(block.content, LossKind.RESHAPED, Reason.SERVER_HISTORY)
        case ToolAdditionBlock() | ToolRemovalBlock():
            text = "[the tools that can be called have changed]"
            return _Words(text, LossKind.RESHAPED, Reason.DEFERRED_TOOL)
        case BrowserStateBlock():
            return _Words(browser_text(block), LossKind.RESHAPED, Reason.DOCUMENT_AS_TEXT)
        case UnknownBlock() if text := unknown_text(block):
            return _Words(text, LossKind.RESHAPED, Reason.UNKNOWN_BLOCK)
        case _ if isinstance(block, ServerResultBlock):
            text = result_text(block, names.get(block.tool_use_id, "a server tool"))
            if text:
                return _Words(text, LossKind.RESHAPED, Reason.SERVER_HISTORY)
    return _plain_words(block, target)


def _plain_words(block: Block | ResultBlock, target: Target) -> _Words:
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
