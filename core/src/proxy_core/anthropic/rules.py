"""The rules of a conversation that every upstream relies on.

Only those whose breach no translation could mend; the wording is the API's own, because
clients repair their history on it.
"""

from __future__ import annotations

from proxy_core.anthropic.content import Message, ToolResultBlock, ToolUseBlock
from proxy_core.anthropic.request import InvalidRequest, MessagesRequest

_ROLES = frozenset({"user", "assistant", "system"})


def check_messages(request: MessagesRequest) -> None:
    """Refuse what is no conversation. Raises `InvalidRequest`."""
    if request.max_tokens is None:
        raise InvalidRequest("max_tokens: Field required")
    if request.max_tokens < 0:
        raise InvalidRequest("max_tokens: Input should be greater than or equal to 0")
    check_roles(request)
    _check_tool_pairs(request.messages)


def check_roles(request: MessagesRequest) -> None:
    """The part of the rules that also holds for a fragment given to `count_tokens`."""
    if not request.model:
        raise InvalidRequest("model: String should have at least 1 character")
    if not request.messages:
        raise InvalidRequest("messages: at least one message is required")
    for position, message in enumerate(request.messages):
        if message.role not in _ROLES:
            raise InvalidRequest(
                f"messages.{position}.role: Input should be 'user', 'assistant' or 'system'"
            )


def _check_tool_pairs(messages: tuple[Message, ...]) -> None:
    """Each tool call is answered once, in the turn after it; nothing else is answered."""
    asked: dict[str, int] = {}
    answered: set[str] = set()
    turn = ""
    for position, message in enumerate(messages):
        if message.role == "system":
            continue
        if message.role == "assistant":
            if turn != "assistant":
                _require_answers(asked, answered)
                asked, answered = {}, set()
            _note_calls(message, position, asked)
        else:
            _note_answers(message, position, asked, answered)
        turn = message.role
    _require_answers(asked, answered)


def _note_calls(message: Message, position: int, asked: dict[str, int]) -> None:
    for block in message.content:
        if isinstance(block, ToolUseBlock):
            if block.id in asked:
                raise InvalidRequest(f"messages.{position}: `tool_use` ids must be unique")
            asked[block.id] = position


def _note_answers(
    message: Message, position: int, asked: dict[str, int], answered: set[str]
) -> None:
    for index, block in enumerate(message.content):
        if not isinstance(block, ToolResultBlock):
            continue
        if block.tool_use_id not in asked:
            raise InvalidRequest(
                f"messages.{position}.content.{index}: unexpected `tool_use_id` found in "
                f"`tool_result` blocks: {block.tool_use_id}. Each `tool_result` block must have "
                "a corresponding `tool_use` block in the previous message."
            )
        if block.tool_use_id in answered:
            raise InvalidRequest(
                f"messages.{position}.content.{index}: each tool_use must have a single result. "
                f"Found multiple `tool_result` blocks with id: {block.tool_use_id}"
            )
        answered.add(block.tool_use_id)


def _require_answers(asked: dict[str, int], answered: set[str]) -> None:
    missing = [tool_id for tool_id in asked if tool_id not in answered]
    if missing:
        raise InvalidRequest(
            f"messages.{asked[missing[0]]}: `tool_use` ids were found without `tool_result` "
            f"blocks immediately after: {', '.join(missing)}. Each `tool_use` block must have "
            "a corresponding `tool_result` block in the next message."
        )
