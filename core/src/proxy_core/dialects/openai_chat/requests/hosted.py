"""Searching the web where the server does it by itself."""

from __future__ import annotations

from typing import Any

from msgspec import Raw

from proxy_core.anthropic.content import Tool, is_given
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import Reason

_PREFIX = "web_search_"
_SAID = frozenset({"type", "name"})
_WISHES = {
    "cache_control": Reason.CACHE_HINT,
    "caching": Reason.CACHE_HINT,
    "allowed_callers": Reason.EMULATED,
    "defer_loading": Reason.DEFERRED_TOOL,
    "eager_input_streaming": Reason.EMULATED,
    **dict.fromkeys(("strict", "response_inclusion", "max_uses", "user_location"), Reason.ADVISORY),
}
"""Settings that change little, each with the reason to note; the others have no equivalent."""


def is_hosted(tool: Tool, scope: Scope) -> bool:
    """Whether the server has a tool of its own in this one's place."""
    return bool(scope.quirks.web_search) and (tool.type or "").startswith(_PREFIX)


def hosted(tool: Tool, path: str, scope: Scope) -> dict[str, Any]:
    """The server's own tool by its type, with the client's name for it and settings it knows."""
    for name in ("type", "name"):
        scope.reshaped(f"{path}/{name}", Reason.HOSTED_TOOL)
    known: dict[str, Any] = {name: getattr(tool, name) for name in scope.quirks.web_search_settings}
    for name in tool.__struct_fields__:
        if _is_set(getattr(tool, name)) and name not in _SAID and name not in known:
            scope.dropped(f"{path}/{name}", _WISHES.get(name, Reason.NO_EQUIVALENT))
    settings = {name: value for name, value in known.items() if value is not None}
    return {"type": scope.quirks.web_search, "name": tool.name, **settings}


def _is_set(value: object) -> bool:
    return is_given(value) if isinstance(value, Raw) else value is not None and value is not False


def name_of(tool: dict[str, Any], scope: Scope) -> str:
    """The name by which a tool is chosen; a server's own is chosen by the client's name for it."""
    name: str = tool["function"]["name"] if "function" in tool else scope.names.sent(tool["name"])
    return name
