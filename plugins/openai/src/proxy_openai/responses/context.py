"""What the answer side must know of the request it answers."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class ResponseContext(Struct, frozen=True, kw_only=True):
    """Made by the request side, carried in `UpstreamRequest.context`."""

    tool_names: Mapping[str, str] = {}
    """The client's name of each tool that was sent under another, by the name it was sent as."""
    hides_reasoning: bool = False
    """The client wants blocks of reasoning without their text."""
