"""Which tool to call: the choice among the tools that are offered."""

from __future__ import annotations

from typing import Any

from proxy_core.anthropic.content import ToolChoice
from proxy_core.contract import Unsupported
from proxy_core.dialects.openai_chat.requests.hosted import name_of
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.dialects.openai_chat.requests.tools import Function
from proxy_core.ledger import Reason

_FORCED = frozenset({"any", "tool"})
_NOT_FORCED: dict[bool, tuple[bool | str, ...]] = {
    True: (False, "unless_thinking"),
    False: (False,),
}
"""Values of the quirk with which nothing is forced, by whether the model thinks."""


def tool_fields(
    choice: ToolChoice | None, offered: list[Function], scope: Scope, *, thinks: bool = True
) -> dict[str, Any]:
    """`tools`, `tool_choice` and `parallel_tool_calls`, as far as the request calls for them.

    `thinks`: the model was not told to answer without thinking.
    """
    if choice is None:
        return {"tools": offered} | _unvalidated({}, scope) if offered else {}
    if choice.type in _FORCED:
        _refuse_missing(choice, offered, scope)
    if not offered:
        scope.dropped("/tool_choice", Reason.NO_TOOLS)
        return {}
    if choice.type == "none" and not scope.quirks.tool_choice:
        # Where a call cannot be forbidden, no tool may be offered.
        scope.dropped("/tools", Reason.EMULATED)
        return {}
    chosen = _choice(choice, offered, scope, thinks)
    return {"tools": offered} | chosen | _parallel(choice, scope) | _unvalidated(chosen, scope)


def _unvalidated(chosen: dict[str, Any], scope: Scope) -> dict[str, Any]:
    """The request to check no call, which cannot stand beside a tool that is named."""
    one_tool = isinstance(chosen.get("tool_choice"), dict)
    wanted = scope.quirks.disable_tool_validation and not one_tool
    return {"disable_tool_validation": True} if wanted else {}


def _refuse_missing(choice: ToolChoice, offered: list[Function], scope: Scope) -> None:
    """A call that is forced but cannot be made must not quietly become an answer in words."""
    if choice.type == "any":
        if not offered:
            why = "a call is forced, but no tool of this request can be offered to this model"
            raise Unsupported("/tool_choice", why)
        return
    wanted = scope.names.sent(choice.name or "")
    if all(name_of(tool, scope) != wanted for tool in offered):
        why = f"the forced tool '{choice.name}' is not among the tools this model can be offered"
        raise Unsupported("/tool_choice/name", why)


def _choice(
    choice: ToolChoice, offered: list[Function], scope: Scope, thinks: bool
) -> dict[str, Any]:
    forced = choice.type in _FORCED
    if not scope.quirks.tool_choice:
        if forced:
            scope.dropped("/tool_choice", Reason.UNSUPPORTED_BY_MODEL)
        return {}
    if forced and scope.quirks.forced_tool_choice in _NOT_FORCED[thinks]:
        scope.reshaped("/tool_choice", Reason.UNSUPPORTED_BY_MODEL)
        return {"tool_choice": "auto"}
    if choice.type == "tool":
        name = scope.tool_name(choice.name or "", "/tool_choice/name")
        chosen = next(tool for tool in offered if name_of(tool, scope) == name)
        if "function" not in chosen:
            return {"tool_choice": {"type": chosen["type"]}}
        return {"tool_choice": {"type": "function", "function": {"name": name}}}
    return {"tool_choice": {"any": "required", "none": "none"}.get(choice.type, "auto")}


def _parallel(choice: ToolChoice, scope: Scope) -> dict[str, Any]:
    if not choice.disable_parallel_tool_use:
        return {}
    if not scope.quirks.parallel_tool_calls:
        scope.dropped("/tool_choice/disable_parallel_tool_use", Reason.UNSUPPORTED_BY_MODEL)
        return {}
    return {"parallel_tool_calls": False}
