"""Thinking in the client's history: to whom it may be shown, and in which form; what is empty.

What this server signed goes back to it as it was. What another one signed is left out, and so
are this proxy's own envelopes. Anthropic's signatures come bare, and only Anthropic gets them.
"""

from __future__ import annotations

from msgspec import Struct

from proxy_core.anthropic import events
from proxy_core.anthropic.carrier import Envelope, is_envelope, unseal
from proxy_core.anthropic.content import (
    Block,
    Message,
    RedactedThinkingBlock,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
)
from proxy_core.anthropic.expiry import is_expired, last_position
from proxy_core.contract import Unsupported
from proxy_core.dialects.anthropic_native.scope import Scope
from proxy_core.dialects.anthropic_native.spans import Member, Span, Splices, items, member, members
from proxy_core.ledger import Reason

_FILLER = b'{"type":"thinking","thinking":" ","signature":""}'


class _Turn(Struct):
    """What is to be changed of one message."""

    dropped: set[int]
    restored: dict[int, Envelope]
    filler: bool

    @property
    def is_changed(self) -> bool:
        return bool(self.dropped or self.restored or self.filler)


def mend_thinking(scope: Scope, splices: Splices, messages: int) -> dict[int, set[int]]:
    """Note in `splices` what must be changed of the array `messages`. Raises `Unsupported`.

    Messages of which nothing is left are left out, and so are those that have had their time.
    Gives the blocks that are left out, by the position of their message.
    """
    conversation = scope.request.messages
    gone = _gone(scope)
    turns = {
        position: turn
        for position, message in enumerate(conversation)
        if position not in gone and (turn := _judge(message, scope)).is_changed
    }
    dropped = {position: turn.dropped for position, turn in turns.items()}
    if not turns and not gone:
        return dropped
    spans = items(splices.body, messages)
    for position, turn in turns.items():
        content = conversation[position].content
        for index in sorted(turn.dropped):
            empty = isinstance(content[index], TextBlock)
            reason = Reason.EMPTY if empty else Reason.FOREIGN_REASONING
            scope.dropped(f"/messages/{position}/content/{index}", reason)
        if len(turn.dropped) == len(content):
            gone[position] = Reason.EMPTY
        else:
            _change(turn, splices, spans[position])
    if len(gone) == len(spans):
        raise Unsupported("/messages", "there is no content left to send")
    for position in sorted(gone):
        scope.dropped(f"/messages/{position}", gone[position])
    splices.drop(spans, gone)
    return dropped


def _gone(scope: Scope) -> dict[int, Reason]:
    """The messages that are left out whole: those without content, and those that were to be
    seen until the user's next."""
    last_user = last_position(scope.request, "user")
    gone = {}
    for index, message in enumerate(scope.request.messages):
        if not message.content and not scope.quirks.empty_text:
            gone[index] = Reason.EMPTY
        elif not scope.quirks.betas and is_expired(message, index, last_user):
            gone[index] = Reason.EXPIRED
    return gone


def _judge(message: Message, scope: Scope) -> _Turn:
    quirks = scope.quirks
    turn = _Turn(set(), {}, filler=False)
    if not quirks.empty_text:
        turn.dropped |= {
            index
            for index, block in enumerate(message.content)
            if isinstance(block, TextBlock) and not block.text
        }
    if message.role != "assistant":
        return turn
    for index, block in enumerate(message.content):
        signature = _signature(block)
        if signature is None:
            continue
        envelope = unseal(signature)
        if envelope is not None and envelope.is_from(scope.target) and quirks.seal_signatures:
            turn.restored[index] = envelope
        elif quirks.seal_signatures or is_envelope(signature):
            turn.dropped.add(index)
    turn.filler = _wants_filler(message, turn, scope)
    return turn


def _signature(block: Block) -> str | None:
    match block:
        case ThinkingBlock():
            return block.signature
        case RedactedThinkingBlock():
            return block.data
        case _:
            return None


def _wants_filler(message: Message, turn: _Turn, scope: Scope) -> bool:
    if scope.quirks.thinking_filler == "none" or is_off(scope) or turn.restored:
        return False
    if len(turn.dropped) == len(message.content):
        return False
    calls = any(isinstance(block, ToolUseBlock) for block in message.content)
    return calls or scope.quirks.thinking_filler == "all"


def is_off(scope: Scope) -> bool:
    """Whether the server is told not to think: some models always do, and are not told."""
    thinking = scope.request.thinking
    if thinking is None or thinking.type != "disabled":
        return False
    words = scope.quirks.rewrite.get("/thinking/type", {})
    return "/thinking" not in scope.quirks.drop and "disabled" not in words


def _change(turn: _Turn, splices: Splices, message: Span) -> None:
    body = splices.body
    content = member(body, message.start, "content")
    if content is None:
        return
    blocks = items(body, content.value)
    for index, envelope in turn.restored.items():
        _restore(envelope, splices, blocks[index])
    splices.drop(blocks, turn.dropped)
    if turn.filler:
        _fill(splices, content)


def _restore(envelope: Envelope, splices: Splices, block: Span) -> None:
    """Put what the server itself had said back into the block."""
    for one in members(splices.body, block.start):
        if one.key in ("signature", "data"):
            signature = events.quote(envelope.state.decode("utf-8", "replace"))
            splices.replace(one.value, one.end, signature)
        elif one.key == "thinking" and envelope.reasoning:
            splices.replace(one.value, one.end, events.quote(envelope.reasoning))


def _fill(splices: Splices, content: Member) -> None:
    """Begin the content with the filler; a plain string becomes a list with one text."""
    if splices.body[content.value : content.value + 1] == b"[":
        splices.insert(content.value + 1, _FILLER + b",")
        return
    splices.insert(content.value, b"[" + _FILLER + b',{"type":"text","text":')
    splices.insert(content.end, b"}]")
