"""`GET /v1/models`: the names a client may ask for, in Anthropic's and OpenAI's shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from proxy_core.anthropic.request import InvalidRequest
from proxy_core.contract import Target

_UNKNOWN_DATE = "1970-01-01T00:00:00Z"
"""The API's way to say that a model's date is not known."""
_LARGEST_PAGE = 1000
_FAMILIES = ("haiku", "sonnet", "opus", "fable", "mythos")


def anthropic_model(name: str, target: Target) -> dict[str, Any]:
    """One model as `ModelInfo`."""
    return {
        "type": "model",
        "id": name,
        "display_name": name if name == target.name else f"{name} ({target.name})",
        "created_at": _UNKNOWN_DATE,
        "lifecycle": "active",
        "line": next((family for family in _FAMILIES if family in name), None),
        "max_input_tokens": target.facts.context_window,
        "max_tokens": target.facts.max_output_tokens,
        "deprecated_at": None,
        "retires_at": None,
        "capabilities": None,
    }


def anthropic_page(names: Sequence[tuple[str, Target]], query: Mapping[str, str]) -> dict[str, Any]:
    """One page of the list. Raises `InvalidRequest` for a wrong cursor or limit."""
    limit = _limit(query.get("limit", "20"))
    ids = [name for name, _ in names]
    start, stop = 0, len(ids)
    if "after_id" in query:
        start = _position(ids, query["after_id"], "after_id") + 1
    if "before_id" in query:
        stop = _position(ids, query["before_id"], "before_id")
        start = max(start, stop - limit)
    page = names[start:stop][:limit]
    backwards = "before_id" in query
    return {
        "data": [anthropic_model(name, target) for name, target in page],
        "has_more": start > 0 if backwards else start + len(page) < stop,
        "first_id": page[0][0] if page else None,
        "last_id": page[-1][0] if page else None,
    }


def openai_list(names: Sequence[tuple[str, Target]]) -> dict[str, Any]:
    """The list in OpenAI's shape."""
    return {"object": "list", "data": [openai_model(name, target) for name, target in names]}


def openai_model(name: str, target: Target) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": target.provider.name}


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= _LARGEST_PAGE:
        raise InvalidRequest(f"limit: Input should be between 1 and {_LARGEST_PAGE}")
    return int(text)


def _position(ids: Sequence[str], cursor: str, parameter: str) -> int:
    try:
        return ids.index(cursor)
    except ValueError:
        raise InvalidRequest(f"{parameter}: no such model") from None
