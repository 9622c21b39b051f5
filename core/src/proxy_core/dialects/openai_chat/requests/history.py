"""The conversation as a whole: the instructions, then every message in its turn."""

from __future__ import annotations

from typing import Any, NoReturn

from proxy_core.anthropic.content import Message, ToolAdditionBlock, ToolRemovalBlock
from proxy_core.anthropic.expiry import is_expired, last_position
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import Unsupported
from proxy_core.dialects.openai_chat.requests.conversation import Conversation
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.dialects.openai_chat.requests.system import instructions, system_text
from proxy_core.ledger import Reason

_PREFILL = (
    "This model does not support assistant message prefill. The conversation must end with a "
    "user message."
)
"""Anthropic's own words, which clients know."""


def tell(
    request: MessagesRequest, instruction: str, conversation: Conversation
) -> list[dict[str, Any]]:
    """The messages for the upstream; `instruction` is added to the client's own.

    Raises `Unsupported` when nothing is left of them.
    """
    scope = conversation.scope
    leading = _leading_systems(request)
    texts = [instructions(request.system, scope)]
    last_user = last_position(request, "user")
    for position, message in enumerate(request.messages):
        path = f"/messages/{position}"
        if message.clear_at is not None:
            scope.dropped(f"{path}/clear_at", Reason.EXPIRED)
            if is_expired(message, position, last_user):
                _note_expired(message, path, scope)
                continue
        if position < leading:
            texts.append(system_text(message, path, scope))
            continue
        if position == leading:
            conversation.instruct(_joined(texts, instruction))
        conversation.read(message, path)
    if leading == len(request.messages):
        conversation.instruct(_joined(texts, instruction))
    messages = conversation.finish()
    if not messages:
        raise Unsupported("/messages", "there is no content left to send")
    return messages


def _note_expired(message: Message, path: str, scope: Scope) -> None:
    """Its words have had their time; what it says of tools and effort stays in force."""
    for index, block in enumerate(message.content):
        place = f"{path}/content/{index}"
        if isinstance(block, ToolAdditionBlock | ToolRemovalBlock):
            scope.reshaped(place, Reason.DEFERRED_TOOL)
        else:
            scope.dropped(place, Reason.EXPIRED)


def refuse_prefill(request: MessagesRequest) -> NoReturn:
    """Refuse the beginning of an answer: a server would take it for a finished turn."""
    raise Unsupported(f"/messages/{len(request.messages) - 1}", _PREFILL)


def _joined(texts: list[str], instruction: str) -> str:
    return "\n\n".join(text for text in (*texts, instruction) if text)


def _leading_systems(request: MessagesRequest) -> int:
    """How many system messages stand before the conversation: they belong to its instructions."""
    for position, message in enumerate(request.messages):
        if message.role != "system":
            return position
    return len(request.messages)
