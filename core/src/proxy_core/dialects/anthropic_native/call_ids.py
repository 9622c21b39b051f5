"""Ids of tool calls, brought back to what the server gave out.

Some servers begin to count anew with every answer, but a client needs ids that are unique in the
whole conversation: a repeated one was wrapped on its way to the client.
"""

from __future__ import annotations

import re

from proxy_core.anthropic import events
from proxy_core.anthropic.content import ToolResultBlock, ToolUseBlock
from proxy_core.anthropic.ids import unwrap_tool_id
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.dialects.anthropic_native.scope import Scope
from proxy_core.dialects.anthropic_native.spans import Splices, items, member


def bring_back_ids(scope: Scope, splices: Splices, messages: int) -> None:
    """Note in `splices` the server's own ids, as far as none is there twice and each fits."""
    changed = {
        (position, index): sent
        for position, index, own, sent in _ids(scope.request, scope.quirks.tool_id_pattern)
        if sent != own
    }
    spans = items(splices.body, messages) if changed else []
    for (position, index), sent in changed.items():
        content = member(splices.body, spans[position].start, "content")
        if content is None:
            continue
        block = items(splices.body, content.value)[index]
        for key in ("id", "tool_use_id"):
            place = member(splices.body, block.start, key)
            if place is not None:
                splices.replace(place.value, place.end, events.quote(sent))


def _ids(request: MessagesRequest, pattern: str) -> list[tuple[int, int, str, str]]:
    """Each call and each result: where it is, the client's id, and the id to send."""
    fits = re.compile(pattern).fullmatch
    used: set[str] = set()
    of_client: dict[str, str] = {}
    found = []
    for position, message in enumerate(request.messages):
        for index, block in enumerate(message.content):
            if isinstance(block, ToolUseBlock):
                native = unwrap_tool_id(block.id)
                free = (one for one in (native, block.id) if one not in used and fits(one))
                sent = next(free, f"toolu_{position}_{index}")
                used.add(sent)
                of_client[block.id] = sent
                found.append((position, index, block.id, sent))
            elif isinstance(block, ToolResultBlock):
                own = block.tool_use_id
                found.append((position, index, own, of_client.get(own, own)))
    return found
