"""What the answer side must know of the request it answers."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class GeminiContext(Struct, frozen=True, kw_only=True):
    """Made by the request side, carried in `UpstreamRequest.context`."""

    tool_names: Mapping[str, str] = {}
    """The client's name of each declared tool, by the name it was sent as."""
    thinking_disabled: bool = False
    """The client said that it wants no thinking: thoughts that come anyway are not shown."""
    thinking_omitted: bool = False
    """The client does not want to see thoughts, only to carry them."""
    signature_era: str = ""
    """Generation of the signatures that the answer brings."""
