"""What the answer side must know of the request it answers."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class ChatContext(Struct, frozen=True, kw_only=True):
    """Made by the request side, carried in `UpstreamRequest.context`."""

    tool_names: Mapping[str, str] = {}
    """The client's name of each tool that was sent under another, by the name it was sent as."""
    thinking_disabled: bool = False
    """The client said that it wants no thinking: reasoning that comes anyway is not shown."""
    tools: frozenset[str] = frozenset()
    """The tools that were offered, by the names under which they were sent."""
