"""Tools, for servers that take fewer kinds of them, or schemas of another dialect."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from proxy_core.anthropic.content import Tool, is_given
from proxy_core.anthropic.deferred_tools import Visibility
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.typed_tools import TypedTool, typed_tool
from proxy_core.anthropic.unserved import refuse_computer
from proxy_core.contract import Unsupported
from proxy_core.dialects.anthropic_native.repairs import reason_for
from proxy_core.dialects.anthropic_native.scope import Scope
from proxy_core.dialects.anthropic_native.spans import (
    Member,
    Span,
    Splices,
    first_value,
    items,
    member,
    members,
)
from proxy_core.dialects.moonshot_schema import fitted
from proxy_core.ledger import LossKind, Reason, escaped

_FORCED = frozenset({"any", "tool"})
_OF_ANY_TOOL = frozenset(
    {
        "allowed_callers",
        "cache_control",
        "defer_loading",
        "eager_input_streaming",
        "input_examples",
        "strict",
    }
)
"""What stands beside the schema of any tool."""


def mend_tools(scope: Scope, splices: Splices, top: Sequence[Member]) -> None:
    """Leave out what cannot be offered, write anew what is written otherwise.

    `top` are the members of the request. Raises `Unsupported` where a call is forced of a tool
    that cannot be offered.
    """
    request = scope.request
    tools = next(one for one in reversed(top) if one.key == "tools")
    mending = _Mending(scope, splices)
    dropped = {
        index for index, tool in enumerate(request.tools) if mending.is_left_out(index, tool)
    }
    _refuse_missing(request, dropped)
    if dropped and len(dropped) == len(request.tools):
        if request.tool_choice is not None:
            scope.dropped("/tool_choice", Reason.NO_TOOLS)
        gone = {index for index, one in enumerate(top) if one.key in ("tools", "tool_choice")}
        splices.drop(top, gone)
        return
    spans = items(splices.body, tools.value)
    splices.drop(spans, dropped)
    for index, tool in enumerate(request.tools):
        if index not in dropped:
            mending.mend(index, tool, spans[index])


def loaded_last(body: bytes, request: MessagesRequest) -> bytes:
    """The body with the tools that the client's search has found after all others."""
    visibility = Visibility(request)
    ranks = {tool.name: visibility.rank(tool) for tool in request.tools}
    tools = member(body, first_value(body), "tools")
    if tools is None or not any(ranks.values()):
        return body
    written = [(body[span.start : span.end], span) for span in items(body, tools.value)]
    ordered = sorted(written, key=lambda one: ranks.get(_name(body, one[1]), 0))
    splices = Splices(body)
    splices.replace(tools.value, tools.end, b"[%b]" % b",".join(one for one, _ in ordered))
    return splices.apply()


def _name(body: bytes, tool: Span) -> str:
    name = member(body, tool.start, "name")
    return msgspec.json.decode(body[name.value : name.end], type=str) if name is not None else ""


def _refuse_missing(request: MessagesRequest, dropped: set[int]) -> None:
    """A call that is forced but cannot be made must not quietly become an answer in words."""
    choice = request.tool_choice
    if choice is None or choice.type not in _FORCED or not dropped:
        return
    left = [tool.name for index, tool in enumerate(request.tools) if index not in dropped]
    if not left or (choice.type == "tool" and choice.name not in left):
        raise Unsupported("/tool_choice", "the tool whose call is forced cannot be offered here")


class _Mending:
    """Looks at one tool after the other."""

    def __init__(self, scope: Scope, splices: Splices) -> None:
        self._scope = scope
        self._splices = splices
        self._quirks = scope.quirks
        self._visibility = None if scope.quirks.tool_search else Visibility(scope.request)

    def is_left_out(self, index: int, tool: Tool) -> bool:
        """Whether the model is not to be told of the tool."""
        path = f"/tools/{index}"
        if not self._quirks.typed_tools and not _is_plain(tool) and not typed_tool(tool.type or ""):
            kind = tool.type or ""
            refuse_computer(tool, path)
            search = kind.startswith("tool_search_tool_")
            reason = Reason.EMULATED if search else Reason.SERVER_TOOL
            self._scope.dropped(path, reason)
            return True
        if self._visibility is not None and self._visibility.hides(tool):
            self._scope.ledger.note(path, LossKind.DEFERRED, Reason.DEFERRED_TOOL)
            return True
        return False

    def mend(self, index: int, tool: Tool, span: Span) -> None:
        path = f"/tools/{index}"
        known = None if self._quirks.typed_tools or _is_plain(tool) else typed_tool(tool.type or "")
        if known is not None:
            self._declare(known, tool, path, span)
        elif self._quirks.schema_dialect == "moonshot" and is_given(tool.input_schema):
            self._fit(tool.input_schema, f"{path}/input_schema", span)

    def _declare(self, known: TypedTool, tool: Tool, path: str, span: Span) -> None:
        """Declare a typed tool as one with a schema, with what any tool may have."""
        self._scope.reshaped(f"{path}/type", Reason.TYPED_TOOL)
        body = self._splices.body
        declared: dict[str, object] = {
            "name": tool.name,
            "description": tool.description or known.description,
            "input_schema": known.schema,
        }
        for one in members(body, span.start):
            if one.key in _OF_ANY_TOOL:
                declared[one.key] = Raw(body[one.value : one.end])
            elif one.key != "type" and one.key not in declared:
                place = f"{path}/{escaped(one.key)}"
                self._scope.dropped(place, reason_for(one.key))
        self._splices.replace(*span, msgspec.json.encode(declared))

    def _fit(self, schema: Raw, path: str, tool: Span) -> None:
        try:
            made = fitted(bytes(schema))
        except (msgspec.DecodeError, RecursionError):
            raise Unsupported(path, "the schema cannot be read") from None
        place = member(self._splices.body, tool.start, "input_schema")
        if made.changed and place is not None:
            self._splices.replace(place.value, place.end, made.schema)
            for pointer in made.changed:
                self._scope.reshaped(path + pointer, Reason.SCHEMA_KEYWORD)


def _is_plain(tool: Tool) -> bool:
    return tool.type in (None, "custom") or is_given(tool.input_schema)
