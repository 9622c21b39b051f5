"""The system's words: instructions before the conversation, and messages in the midst of it."""

from __future__ import annotations

from proxy_core.anthropic.attribution import without_attribution
from proxy_core.anthropic.content import (
    Message,
    TextBlock,
    ToolAdditionBlock,
    ToolRemovalBlock,
    UnknownBlock,
)
from proxy_core.dialects.openai_chat.requests.pieces import (
    misplaced_pieces,
    note_common,
    unknown_text,
)
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import Reason

_PARAGRAPH = "\n\n"


def instructions(blocks: tuple[TextBlock, ...], scope: Scope) -> str:
    """The blocks of `system` as one text, without the client's billing line."""
    texts = []
    for index, block in enumerate(blocks):
        path = f"/system/{index}"
        note_common(block, path, scope)
        text = without_attribution(block.text)
        if text != block.text:
            scope.dropped(f"{path}/text", Reason.ATTRIBUTION)
        if text:
            texts.append(text)
    return _PARAGRAPH.join(texts)


def system_text(message: Message, path: str, scope: Scope) -> str:
    """The text of a system message; changes to the tools are told by the list of tools."""
    texts = []
    for index, block in enumerate(message.content):
        place = f"{path}/content/{index}"
        match block:
            case TextBlock():
                note_common(block, place, scope)
                texts.append(block.text)
            case ToolAdditionBlock() | ToolRemovalBlock():
                scope.reshaped(place, Reason.DEFERRED_TOOL)
            case UnknownBlock():
                texts.append(unknown_text(block, place, scope))
            case _:
                misplaced_pieces(block, place, scope)
    return _PARAGRAPH.join(text for text in texts if text)
