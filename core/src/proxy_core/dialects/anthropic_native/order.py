"""Results of tools right after their calls, where system messages become a user's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import msgspec

from proxy_core.anthropic.content import ToolResultBlock
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.dialects.anthropic_native.scope import Scope
from proxy_core.dialects.anthropic_native.spans import first_value, items, member
from proxy_core.ledger import Reason


class _Message(msgspec.Struct):
    role: str = ""
    content: Any = None

    @property
    def has_results(self) -> bool:
        blocks = self.content if isinstance(self.content, list) else ()
        return any(block.get("type") == "tool_result" for block in blocks)


_message = msgspec.json.Decoder(_Message)


def results_first(body: bytes, scope: Scope) -> bytes:
    """The body in which nothing stands between calls and their results.

    The API wants results in the message after the calls. A system message is none of its turns,
    but a user's would be, and its calls then lack their results.
    """
    role = scope.quirks.rewrite.get("/messages/*/role", {}).get("system")
    between = list(_between(scope.request)) if role == "user" else []
    messages = member(body, first_value(body), "messages") if between else None
    if messages is None:
        return body
    for position in between:
        scope.reshaped(f"/messages/{position}", Reason.ROLE_UNSUPPORTED)
    written = [body[span.start : span.end] for span in items(body, messages.value)]
    ordered = b",".join(_ordered(written))
    return b"%b[%b]%b" % (body[: messages.value], ordered, body[messages.end :])


def _between(request: MessagesRequest) -> Iterator[int]:
    """The positions of system messages that results of tools still follow in the same turn."""
    waiting: list[int] = []
    for position, message in enumerate(request.messages):
        if message.role == "assistant":
            waiting = []
        elif message.role == "system":
            waiting.append(position)
        elif any(isinstance(block, ToolResultBlock) for block in message.content):
            yield from waiting
            waiting = []


def _ordered(messages: list[bytes]) -> Iterator[bytes]:
    """Turn by turn; in what is not the assistant's, results come first."""
    read = ((_message.decode(message), message) for message in messages)
    for own, turn in groupby(read, key=lambda pair: pair[0].role == "assistant"):
        pairs = list(turn)
        if not own:
            pairs.sort(key=lambda pair: not pair[0].has_results)
        for _, message in pairs:
            yield message
