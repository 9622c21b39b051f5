"""Deferred tools: which of them the model has found by now.

A tool with `defer_loading` stays hidden until a `tool_reference` in the history names it.
Where the client searches itself (Claude Code does, against any server) only the tools that
were found are offered; its placeholder, which must never be called, is never found.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from proxy_core.anthropic.content import (
    Block,
    TextBlock,
    Tool,
    ToolAdditionBlock,
    ToolReferenceBlock,
    ToolRemovalBlock,
    ToolResultBlock,
    ToolSearchToolResult,
    ToolUseBlock,
    is_given,
)
from proxy_core.anthropic.request import MessagesRequest

_SERVER_SEARCH = "tool_search_tool_"


class ToolChange(msgspec.Struct, frozen=True):
    """What a `tool_addition` or `tool_removal` speaks of: a tool's name, or a whole tool."""

    name: str = ""
    tool_name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: msgspec.Raw = msgspec.Raw(b"")

    @property
    def subject(self) -> str:
        return self.tool_name or self.name


class _Found(msgspec.Struct, frozen=True):
    tool_name: str = ""


class _SearchResult(msgspec.Struct, frozen=True):
    tool_references: tuple[_Found, ...] = ()


_search_result = msgspec.json.Decoder(_SearchResult)
_change = msgspec.json.Decoder(ToolChange)


class Visibility:
    """Says which tools of a request are still, or again, hidden from the model."""

    def __init__(self, request: MessagesRequest) -> None:
        self._deferred = any(tool.defer_loading for tool in request.tools)
        self._removed: set[str] = set()
        self._found: dict[str, int] = {}
        self._read_history(request)
        if request.tool_choice is not None and request.tool_choice.name:
            self._find(request.tool_choice.name)
        # A search that Anthropic would run cannot be run here, and with every tool deferred
        # there is none to search with: then all of them are offered.
        self._shows_all = not self._deferred or _cannot_search(request)

    def hides(self, tool: Tool) -> bool:
        if tool.name in self._removed:
            return True
        return bool(tool.defer_loading) and not self._shows_all and tool.name not in self._found

    def rank(self, tool: Tool, *, added: bool = False) -> int:
        """Where the tool stands among those that are offered: as it was found, after all others.

        Clients list a tool that they have loaded in the midst of the rest. In its place there it
        would move the tools behind it, and a server's cache could begin anew.
        """
        late = added or (bool(tool.defer_loading) and not self._shows_all)
        return 1 + self._found.get(tool.name, len(self._found)) if late else 0

    def _find(self, name: str) -> None:
        self._found.setdefault(name, len(self._found))

    def _read_history(self, request: MessagesRequest) -> None:
        for message in request.messages:
            if not self._deferred and message.role != "system":
                continue  # nothing in it can hide or show a tool
            for block in message.content:
                if not isinstance(block, TextBlock):
                    self._see(block)

    def _see(self, block: Block) -> None:
        match block:
            case ToolUseBlock():
                self._find(block.name)
            case ToolResultBlock():
                if isinstance(block.content, tuple):
                    for inner in block.content:
                        self._see(inner)
            case ToolReferenceBlock():
                self._find(block.tool_name)
            case ToolSearchToolResult():
                for name in _search_names(block):
                    self._find(name)
            case ToolAdditionBlock():
                self._find(read_change(block).subject)
                self._removed.discard(read_change(block).subject)
            case ToolRemovalBlock():
                self._removed.add(read_change(block).subject)


def read_change(block: ToolAdditionBlock | ToolRemovalBlock) -> ToolChange:
    """The change a block asks for; an empty one if it cannot be read."""
    try:
        return _change.decode(block.tool)
    except msgspec.ValidationError:
        return ToolChange()


def added_tools(request: MessagesRequest) -> Iterator[tuple[str, Tool]]:
    """The tools that system messages define whole, each with the place where it stands."""
    for position, message in enumerate(request.messages):
        if message.role != "system":
            continue
        for index, block in enumerate(message.content):
            if isinstance(block, ToolAdditionBlock):
                change = read_change(block)
                if is_given(change.input_schema):
                    path = f"/messages/{position}/content/{index}/tool"
                    yield path, _defined(change)


def _defined(change: ToolChange) -> Tool:
    return Tool(name=change.name, description=change.description, input_schema=change.input_schema)


def _cannot_search(request: MessagesRequest) -> bool:
    if any((tool.type or "").startswith(_SERVER_SEARCH) for tool in request.tools):
        return True
    return not any(_may_search(tool) for tool in request.tools)


def _may_search(tool: Tool) -> bool:
    return not tool.defer_loading and (tool.type in (None, "custom") or is_given(tool.input_schema))


def _search_names(block: ToolSearchToolResult) -> Iterator[str]:
    try:
        for reference in _search_result.decode(block.content).tool_references:
            yield reference.tool_name
    except msgspec.DecodeError:
        return
