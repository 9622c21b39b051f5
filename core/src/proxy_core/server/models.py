"""`GET /v1/models`: the names a client may ask for, in Anthropic's and OpenAI's shapes."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Raw

from proxy_core.anthropic.capabilities import capabilities
from proxy_core.anthropic.request import InvalidRequest
from proxy_core.contract import ModelOptions, Target
from proxy_core.routing import Router, meant_by, picker_name

_UNKNOWN_DATE = "1970-01-01T00:00:00Z"
"""The API's way to say that a model's date is not known."""
_LARGEST_PAGE = 1000
_FIGURE = re.compile("[0-9]{1,6}")
_LINES = ("haiku", "sonnet", "opus", "fable", "mythos")
_LIFECYCLES = frozenset({"active", "deprecated", "retired"})
_MOST = 4096
"""Models whose words are kept: clients may ask for names that no list holds."""

Query = Sequence[tuple[str, str]]


class Catalogue:
    """The models that a router serves, each put into words once. Nobody else is asked for them."""

    def __init__(self, router: Router) -> None:
        self._router = router
        names = [name for name, _ in router.names()]
        self._names = names
        # Claude Code's picker takes the names it likes; those come first, and once.
        self._ids = list(dict.fromkeys([*map(picker_name, names), *names]))
        self._told = lru_cache(_MOST)(self._anthropic)
        self._can: dict[str, dict[str, Any] | None] = {}

    def anthropic_page(self, query: Query) -> bytes:
        """One page of the list. Raises `InvalidRequest` for a wrong cursor, limit or lifecycle."""
        return msgspec.json.encode(page(self._ids, query, self._told))

    def anthropic_model(self, name: str) -> bytes:
        """One model as `ModelInfo`, whatever name it is asked for by. Raises `UnknownModel`."""
        return bytes(self._told(name))

    def openai_list(self) -> bytes:
        """All of them in OpenAI's shape, by their own names."""
        models = [self._openai(name) for name in self._names]
        return msgspec.json.encode({"object": "list", "data": models})

    def openai_model(self, name: str) -> bytes:
        """One model in OpenAI's shape. Raises `UnknownModel`."""
        return msgspec.json.encode(self._openai(name))

    def _openai(self, name: str) -> dict[str, Any]:
        provider = self._router.route(name).targets[0].provider
        return {"id": name, "object": "model", "created": 0, "owned_by": provider.name}

    def _anthropic(self, name: str) -> Raw:
        target = self._router.route(name).targets[0]
        own = meant_by(name) or name
        model = {
            "type": "model",
            "id": name,
            "display_name": own if own == target.name else f"{own} ({target.name})",
            "created_at": _UNKNOWN_DATE,
            "lifecycle": "active",
            "line": next((line for line in _LINES if line in own), None),
            "max_input_tokens": target.facts.context_window,
            "max_tokens": target.max_output_tokens,
            "deprecated_at": None,
            "retires_at": None,
            "capabilities": self._capabilities(target),
        }
        return Raw(msgspec.json.encode(model))

    def _capabilities(self, target: Target) -> dict[str, Any] | None:
        """Those of the model itself, whatever options the name it was asked for by brings."""
        known = self._can
        if target.name in known:
            return known[target.name]
        if len(known) >= _MOST:
            known = self._can = {}  # anew, as other threads may be looking into the old one
        model = msgspec.structs.replace(target, options=ModelOptions())
        can = known[target.name] = capabilities(self._router.bound_for(target), model)
        return can


def page(ids: Sequence[str], query: Query, told: Callable[[str], Raw]) -> dict[str, Any]:
    """The part of `ids` that is asked for, each in words. Raises `InvalidRequest`."""
    said = dict(query)
    limit = _limit(said.get("limit", "20"))
    start, stop = 0, len(ids)
    if "after_id" in said:
        start = _position(ids, said["after_id"], "after_id") + 1
    if "before_id" in said:
        stop = _position(ids, said["before_id"], "before_id")
        start = max(start, stop - limit)
    if not _wants_active(query):
        start = stop = 0
    shown = ids[start:stop][:limit]
    backwards = "before_id" in said
    return {
        "data": [told(name) for name in shown],
        "has_more": start > 0 if backwards else start + len(shown) < stop,
        "first_id": shown[0] if shown else None,
        "last_id": shown[-1] if shown else None,
    }


def _wants_active(query: Query) -> bool:
    """Nothing is known of models on their way out, so all of them are active."""
    wanted = {value for name, value in query if name in {"lifecycle[]", "lifecycle"}}
    if not wanted <= _LIFECYCLES:
        raise InvalidRequest("lifecycle: Input should be 'active', 'deprecated' or 'retired'")
    return not wanted or "active" in wanted


def _limit(text: str) -> int:
    if not _FIGURE.fullmatch(text) or not 1 <= int(text) <= _LARGEST_PAGE:
        raise InvalidRequest(f"limit: Input should be between 1 and {_LARGEST_PAGE}")
    return int(text)


def _position(ids: Sequence[str], cursor: str, parameter: str) -> int:
    try:
        return ids.index(cursor)
    except ValueError:
        raise InvalidRequest(f"{parameter}: no such model") from None
