"""Tool search for servers that do not know it: what the model has not found is not offered, and
what it has found is told in words.
"""

from __future__ import annotations

from proxy_core.anthropic import events
from proxy_core.anthropic.content import ToolReferenceBlock, ToolResultBlock
from proxy_core.anthropic.deferred_tools import Visibility
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import Unsupported
from proxy_core.dialects.anthropic_native.spans import Splices, items, member
from proxy_core.ledger import Ledger, LossKind, Reason


def drop_hidden_tools(
    request: MessagesRequest, splices: Splices, tools: int, ledger: Ledger
) -> None:
    """Leave out of the array `tools` those that the model has yet to search for."""
    visibility = Visibility(request)
    hidden = {index for index, tool in enumerate(request.tools) if visibility.hides(tool)}
    if hidden and len(hidden) == len(request.tools):
        raise Unsupported("/tools", "all tools wait to be searched for, and none can search")
    for index in sorted(hidden):
        ledger.note(f"/tools/{index}", LossKind.DEFERRED, Reason.DEFERRED_TOOL)
    if hidden:
        splices.drop(items(splices.body, tools), hidden)


def spell_references(
    request: MessagesRequest, splices: Splices, messages: int, ledger: Ledger
) -> None:
    """Tell in words which tools a search has found."""
    found = [
        (position, index, number, block.tool_name)
        for position, message in enumerate(request.messages)
        for index, result in enumerate(message.content)
        if isinstance(result, ToolResultBlock) and isinstance(result.content, tuple)
        for number, block in enumerate(result.content)
        if isinstance(block, ToolReferenceBlock)
    ]
    spans = items(splices.body, messages) if found else []
    for position, index, number, name in found:
        place = spans[position].start
        for step in (index, number):
            content = member(splices.body, place, "content")
            if content is None:
                break
            part = items(splices.body, content.value)[step]
            place = part.start
        else:
            words = events.quote(f"Tool available: {name}")
            splices.replace(part.start, part.end, b'{"type":"text","text":%b}' % words)
            path = f"/messages/{position}/content/{index}/content/{number}"
            ledger.note(path, LossKind.RESHAPED, Reason.DEFERRED_TOOL)
