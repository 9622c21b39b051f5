"""How deep the model is to think: Anthropic's forms as the server's own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import Unsupported
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import LossKind, Reason

_DEPTHS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
_COMMON = ("low", "medium", "high")
"""What every server with the field knows, where the model's own efforts are not known."""
_LOW_BUDGET = 4096
_MEDIUM_BUDGET = 16384


class Wish(Struct, frozen=True):
    """What is asked for, and the place in the request where it is said."""

    effort: str
    path: str


def is_disabled(request: MessagesRequest) -> bool:
    """Whether the client wants no thinking."""
    return request.thinking is not None and request.thinking.type == "disabled"


class Depth(Struct, frozen=True):
    """The body's fields that say how deep to think; none where the server's default is meant."""

    fields: dict[str, Any] = {}
    off: bool = False
    """The server was told not to think."""
    path: str = ""
    """The place in the request that they follow."""


_SWITCHED_OFF: dict[str, dict[str, Any]] = {
    "thinking": {"thinking": {"type": "disabled"}},
    "enable_thinking": {"enable_thinking": False},
    "reasoning_enabled": {"reasoning": {"enabled": False}},
    "template": {"chat_template_kwargs": {"enable_thinking": False}},
}
"""Controls that have a switch beside the effort, and how it is turned."""


def thinking_depth(request: MessagesRequest, scope: Scope) -> Depth:
    """How deep the server is told to think."""
    wish = _wish(request, scope)
    if wish is None:
        return Depth()
    control = scope.quirks.reasoning_control
    if wish.effort == "none" and control in _SWITCHED_OFF:
        return Depth(_SWITCHED_OFF[control], off=True, path=wish.path)
    effort = _accepted(wish, scope)
    if effort is None:
        return Depth()
    fields = (
        {"reasoning": {"effort": effort}}
        if control == "reasoning"
        else {"reasoning_effort": effort}
    )
    return Depth(fields, off=effort == "none", path=wish.path)


def depth_beside_tools(request: MessagesRequest, scope: Scope) -> Depth:
    """No thinking, because the server takes tools only without.

    Raises `Unsupported` for a model that cannot do without thinking.
    """
    efforts = scope.target.facts.efforts
    if efforts is not None and "none" not in efforts:
        raise Unsupported(
            "/tools",
            f"{scope.target.name} cannot use tools over Chat Completions, where it takes them only "
            "without reasoning; choose a model that can answer without, or send no tools",
        )
    wish = _wish(request, scope)
    if wish is not None and wish.effort != "none":
        scope.dropped(wish.path, Reason.UNSUPPORTED_BY_MODEL)
    return Depth({"reasoning_effort": "none"}, off=True)


def _wish(request: MessagesRequest, scope: Scope) -> Wish | None:
    """The user's model table first; a client that wants no thinking before its own effort."""
    said = list(_said(request, scope))
    decisive = None
    if scope.target.options.reasoning_effort is not None:
        decisive = Wish(scope.target.options.reasoning_effort, "/output_config/effort")
    elif is_disabled(request):
        # Claude Code's sub-agents send an effort beside it; strict servers refuse the two.
        decisive = Wish("none", "/thinking/type")
    elif said:
        decisive = said.pop()
    for other in said:
        if decisive is not None:
            same = other.effort == decisive.effort
            kind = LossKind.MERGED if same else LossKind.DROPPED
            scope.ledger.note(other.path, kind, Reason.EFFORT)
    return decisive


def _said(request: MessagesRequest, scope: Scope) -> Iterator[Wish]:
    """What the client says of effort; the later it says it, the more it counts."""
    if request.thinking is not None and request.thinking.budget_tokens:
        path = "/thinking/budget_tokens"
        scope.reshaped(path, Reason.EFFORT)
        yield Wish(_of_budget(request.thinking.budget_tokens), path)
    yield from efforts_asked_for(request)


def efforts_asked_for(request: MessagesRequest) -> Iterator[Wish]:
    """The efforts that the request names, the one that counts last."""
    if request.output_config is not None and request.output_config.effort is not None:
        yield Wish(request.output_config.effort, "/output_config/effort")
    for position, message in enumerate(request.messages):
        if isinstance(message.output_config, dict):
            effort = message.output_config.get("effort")
            if isinstance(effort, str):
                yield Wish(effort, f"/messages/{position}/output_config/effort")


def _of_budget(tokens: int) -> str:
    if tokens < _LOW_BUDGET:
        return "low"
    return "medium" if tokens < _MEDIUM_BUDGET else "high"


def _accepted(wish: Wish, scope: Scope) -> str | None:
    """The nearest effort that the model takes; None to send nothing."""
    efforts = scope.target.facts.efforts
    if efforts == () and wish.effort == "none":
        scope.dropped(wish.path, Reason.EMULATED)  # if it thinks after all, it is not shown
        return None
    if efforts == () or not _is_controlled(scope):
        scope.dropped(wish.path, Reason.EFFORT)
        return None
    spelled = scope.quirks.effort_map.get(wish.effort, wish.effort)
    nearest = _nearest(spelled, _COMMON if efforts is None else efforts)
    if nearest is None or (efforts is None and spelled == "none"):
        scope.dropped(wish.path, Reason.EFFORT)
        return None
    if nearest != wish.effort:
        scope.reshaped(wish.path, Reason.EFFORT)
    return nearest


def _is_controlled(scope: Scope) -> bool:
    """Whether the server takes an effort at all; a user who sets one knows that it does."""
    control = scope.quirks.reasoning_control
    if control == "known_effort":
        told = scope.target.options.reasoning_effort is not None
        return told or scope.target.facts.efforts is not None
    return control != "none"


def _nearest(effort: str, efforts: tuple[str, ...]) -> str | None:
    """The effort itself, else the nearest below, else the nearest above.

    Thinking is not turned off for someone who asked for a little.
    """
    if effort in efforts:
        return effort
    if effort not in _DEPTHS:
        return None
    depth = _DEPTHS.index(effort)
    known = sorted(_DEPTHS.index(name) for name in efforts if name in _DEPTHS and name != "none")
    below = [candidate for candidate in known if candidate <= depth]
    if below:
        return _DEPTHS[below[-1]]
    return _DEPTHS[known[0]] if known else None
