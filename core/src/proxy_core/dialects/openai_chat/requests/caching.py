"""Marks for a cache, where the server takes Anthropic's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proxy_core.anthropic.content import is_given
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.dialects.openai_chat.requests.scope import Scope


def cache_fields(request: MessagesRequest, scope: Scope) -> dict[str, Any]:
    """One mark for the whole request, which the server puts at its end.

    There a client's last mark stands, too. Marks inside messages wander from turn to turn, so
    that no message would stay as it was.
    """
    if not scope.quirks.cache_control:
        return {}
    if is_given(request.cache_control):
        return {"cache_control": request.cache_control}
    mark = next(_marks(request), None)
    return {"cache_control": mark} if mark is not None else {}


def _marks(request: MessagesRequest) -> Iterator[Any]:
    """The marks of the request, the last one first."""
    messages = (message.content for message in reversed(request.messages))
    for content in (*messages, request.system):
        for block in reversed(content):
            mark = getattr(block, "cache_control", None)
            if mark is not None:
                yield mark
