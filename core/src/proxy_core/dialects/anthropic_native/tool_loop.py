"""A tool loop that began without thinking, and is to go on under a thinking budget."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from proxy_core.anthropic.content import (
    Message,
    RedactedThinkingBlock,
    ThinkingBlock,
    ToolResultBlock,
)
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.dialects.anthropic_native.scope import Scope
from proxy_core.dialects.anthropic_native.spans import Splices, first_value, items, member, members
from proxy_core.ledger import Reason

Dropped = Mapping[int, Collection[int]]
"""The blocks that are left out, by the position of their message."""


def without_budget(body: bytes, scope: Scope, dropped: Dropped) -> bytes:
    """The body without a thinking budget that Anthropic would refuse here.

    Under `thinking: {type: enabled}` a turn that goes on after results of tools must begin with
    thinking: 400 "When `thinking` is enabled, a final `assistant` message must start with a
    thinking block [...] To avoid this requirement, disable `thinking`" (ai-sdk-provider 162,
    ai-dial-adapter-bedrock 290). Models that take budgets do not think unless they are told to.
    """
    start = first_value(body)
    if not _has_budget(body, start) or not _goes_on_unopened(scope.request, dropped):
        return body
    splices = Splices(body)
    top = members(body, start)
    gone = {index for index, one in enumerate(top) if one.key == "thinking"}
    scope.dropped("/thinking", Reason.FOREIGN_REASONING)
    for index, one in enumerate(top):
        if one.key == "context_management" and _forget_thinking(splices, one.value, scope):
            gone.add(index)
    splices.drop(top, gone)
    return splices.apply()


def _has_budget(body: bytes, start: int) -> bool:
    thinking = member(body, start, "thinking")
    kind = member(body, thinking.value, "type") if thinking is not None else None
    return kind is not None and body[kind.value : kind.end] == b'"enabled"'


def _goes_on_unopened(request: MessagesRequest, dropped: Dropped) -> bool:
    """Whether results of tools come last, in a turn that thinking has not opened.

    Claude need not think again between calls, so it may be any answer of the turn that bears it.
    """
    turn = list(_last_turn(request))
    if not turn or turn[0][1].role != "user":
        return False
    return not any(_is_opened(message, dropped.get(position, ())) for position, message in turn)


def _last_turn(request: MessagesRequest) -> Iterator[tuple[int, Message]]:
    """From the last message back to the one in which the user asked, which is not in it."""
    for position in reversed(range(len(request.messages))):
        message = request.messages[position]
        if message.role == "user" and not _has_results(message):
            return
        if message.role != "system":
            yield position, message


def _has_results(message: Message) -> bool:
    return any(isinstance(block, ToolResultBlock) for block in message.content)


def _is_opened(message: Message, dropped: Collection[int]) -> bool:
    left = (block for index, block in enumerate(message.content) if index not in dropped)
    return isinstance(next(left, None), ThinkingBlock | RedactedThinkingBlock)


def _forget_thinking(splices: Splices, management: int, scope: Scope) -> bool:
    """Leave out edits that clear thinking, which need it to be on; whether no edit is left."""
    edits = member(splices.body, management, "edits")
    spans = items(splices.body, edits.value) if edits is not None else []
    gone = {
        index
        for index, span in enumerate(spans)
        if splices.body[span.start : span.end].find(b'"clear_thinking_') >= 0
    }
    for index in sorted(gone):
        scope.dropped(f"/context_management/edits/{index}", Reason.FOREIGN_REASONING)
    splices.drop(spans, gone)
    return bool(gone) and len(gone) == len(spans)
