"""Results of tool calls: one text per call, and what must stand beside it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from proxy_core.anthropic.content import Block, ToolResultBlock
from proxy_core.dialects.openai_chat.requests.blocks import pieces_of
from proxy_core.dialects.openai_chat.requests.pieces import Piece
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import LossKind, Reason

BlockReader = Callable[[Block, str, Scope], list[Piece]]

_SAYS_SO = ("error", "<tool_use_error>")
"""How a text begins that tells of a failure by itself; the second is Claude Code's own."""
_STUB = "[see the attachment that follows]"


class Result(Struct, frozen=True):
    """What a tool gave back."""

    text: str
    attachments: list[Piece]
    """What a tool message cannot hold, in order; it goes into the user message after it."""


def read_result(block: ToolResultBlock, call: str, path: str, scope: Scope) -> Result:
    """The result of the call that `call` names in words."""
    pieces = result_pieces(block, path, scope)
    texts = [piece if isinstance(piece, str) else _STUB for piece in pieces]
    attachments: list[Piece] = [piece for piece in pieces if not isinstance(piece, str)]
    if attachments:
        scope.reshaped(f"{path}/content", Reason.IMAGE_MOVED)
        attachments.insert(0, f"Attached to the result of {call}:")
    return Result(told_result("\n".join(texts), block, path, scope), attachments)


def result_pieces(
    block: ToolResultBlock, path: str, scope: Scope, read: BlockReader = pieces_of
) -> list[Piece]:
    """What the tool gave back, in its order, each block as `read` has it."""
    if block.cache_control is not None:
        scope.dropped(f"{path}/cache_control", Reason.CACHE_HINT)
    if block.toolset_name is not None:
        scope.dropped(f"{path}/toolset_name", Reason.ADVISORY)
    if isinstance(block.content, str):
        return [block.content]
    pieces: list[Piece] = []
    for index, inner in enumerate(block.content or ()):
        pieces += read(inner, f"{path}/content/{index}", scope)
    return pieces


def told_result(text: str, block: ToolResultBlock, path: str, scope: Scope) -> str:
    """The text marked as a failure where it is one, and never empty where that is refused."""
    if block.is_error:
        text = _as_failure(text)
        scope.reshaped(f"{path}/is_error", Reason.TOOL_ERROR_AS_TEXT)
    if not text and scope.quirks.empty_tool_result:
        text = scope.quirks.empty_tool_result
        scope.ledger.note(f"{path}/content", LossKind.INVENTED, Reason.PLACEHOLDER)
    return text


def _as_failure(text: str) -> str:
    """Chat has no field for a failed call."""
    if text.lstrip()[:20].lower().startswith(_SAYS_SO):
        return text
    return f"Error: {text}" if text else "Error"
