"""What a model can do, as the object that `GET /v1/models` gives of it.

Nothing is written down twice: small requests are translated for the model, and what their ledgers
say is lost is what it cannot do. The object is given only of models whose sight and efforts are
known, because programs take it for the truth.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from proxy_core.anthropic.request import parse
from proxy_core.bound import BoundProvider
from proxy_core.contract import ProxyError, Target, Unsupported
from proxy_core.ledger import Ledger, Loss, LossKind, Reason

_EFFORTS = ("low", "medium", "high", "xhigh", "max")
_EDITS = ("clear_thinking_20251015", "clear_tool_uses_20250919", "compact_20260112")
_SERVER_TOOLS = {"code_execution": "code_execution_20250825", "web_search": "web_search_20250305"}
_THINKING: dict[str, dict[str, Any]] = {
    "adaptive": {},
    "between_tools": {},
    "disabled": {},
    "enabled": {"budget_tokens": 2048},
}
_FORMAT = {
    "type": "json_schema",
    "schema": {
        "type": "object",
        "properties": {"said": {"type": "string"}},
        "required": ["said"],
        "additionalProperties": False,
    },
}


def _source(media_type: str, data: str, kind: str = "base64") -> dict[str, Any]:
    return {"source": {"type": kind, "media_type": media_type, "data": data}}


_PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR42mNgAAAAAgAB5Sfe/AAAAABJRU5ErkJggg=="
)
_IMAGE = {"type": "image", **_source("image/png", _PIXEL)}
_PDF = {"type": "document", **_source("application/pdf", "JVBERi0xLjQKJSVFT0YK")}
_CITED = {
    "type": "document",
    **_source("text/plain", "Said.", "text"),
    "citations": {"enabled": True},
}


def capabilities(bound: BoundProvider, target: Target) -> dict[str, Any] | None:
    """The object for one model; None where too little is known of it."""
    efforts = target.facts.efforts
    if target.facts.vision is None or efforts is None:
        return None
    model = _Model(bound, target)
    try:
        return {
            "batch": _is(False),  # the proxy has no batches
            "citations": _is(model.reads(_CITED)),
            "code_execution": _is(False),  # calling the client's tools from code: Anthropic's alone
            "context_management": _each((edit, model.edits(edit)) for edit in _EDITS),
            "effort": _each((level, level in efforts) for level in _EFFORTS),
            "image_input": _is(model.reads(_IMAGE)),
            "pdf_input": _is(model.reads(_PDF)),
            "server_tools": _each((name, model.runs(name)) for name in _SERVER_TOOLS),
            "structured_outputs": _is(model.keeps("/output_config", {"format": _FORMAT})),
            "thinking": _thinking(model, bool(efforts)),
        }
    except ProxyError:
        return None  # its plugin cannot translate for it, and will say so when it is asked


def _thinking(model: _Model, has_efforts: bool) -> dict[str, Any]:
    types = {kind: model.takes_thinking(kind) for kind in _THINKING}
    thinks = has_efforts or types["enabled"]
    types["adaptive"] = thinks
    types["disabled"] |= not thinks
    return {**_is(thinks), "types": {kind: _is(taken) for kind, taken in types.items()}}


class _Model:
    """One model, asked by translating for it."""

    def __init__(self, bound: BoundProvider, target: Target) -> None:
        self._bound = bound
        self._target = target

    def reads(self, block: Any) -> bool:
        path = "/messages/0/content"
        return self.keeps(path, [{"type": "text", "text": "Read it."}, block])

    def edits(self, edit: str) -> bool:
        return self.keeps("/context_management", {"edits": [{"type": edit}]})

    def runs(self, tool: str) -> bool:
        return self.keeps("/tools", [{"type": _SERVER_TOOLS[tool], "name": tool}])

    def takes_thinking(self, kind: str) -> bool:
        """Whether it is done as asked; a budget may become an effort."""
        losses = self._losses("/thinking", {"type": kind, **_THINKING[kind]})
        return losses is not None and not any(
            loss.kind is LossKind.DROPPED or kind == "disabled" for loss in losses
        )

    def keeps(self, path: str, value: Any) -> bool:
        """Whether nothing is lost of it but what the proxy makes up for."""
        losses = self._losses(path, value)
        return losses is not None and all(loss.reason is Reason.EMULATED for loss in losses)

    def _losses(self, path: str, value: Any) -> list[Loss] | None:
        """What is lost of a value at this place of a request; None where it is refused."""
        said = value if path.startswith("/messages") else "Say it."
        question = {
            "model": self._target.model,
            "max_tokens": 4096,
            "messages": [{"role": "user", "content": said}],
        }
        if said is not value:
            question[path[1:]] = value
        ledger = Ledger()
        try:
            request = parse(msgspec.json.encode(question))
            self._bound.translate_request(request, self._target, ledger)
        except Unsupported:
            return None
        return [loss for loss in ledger if loss.path.startswith(path)]


def _is(supported: bool) -> dict[str, Any]:
    return {"supported": supported}


def _each(parts: Iterable[tuple[str, bool]]) -> dict[str, Any]:
    """A capability with parts: it is supported where any of them is."""
    taken = dict(parts)
    return {**_is(any(taken.values())), **{name: _is(taken[name]) for name in taken}}
