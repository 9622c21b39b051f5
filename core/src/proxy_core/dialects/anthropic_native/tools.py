"""Tools, for servers that take fewer kinds of them, or schemas of another dialect."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from proxy_core.anthropic.content import Tool, is_given
from proxy_core.anthropic.deferred_tools import Visibility
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.typed_tools import typed_tool
from proxy_core.contract import Unsupported
from proxy_core.dialects.anthropic_native.quirks import Quirks
from proxy_core.dialects.anthropic_native.spans import Member, Span, Splices, items, member
from proxy_core.dialects.moonshot_schema import fitted
from proxy_core.ledger import Ledger, LossKind, Reason

_FORCED = frozenset({"any", "tool"})


def mend_tools(
    request: MessagesRequest,
    splices: Splices,
    top: Sequence[Member],
    quirks: Quirks,
    ledger: Ledger,
) -> None:
    """Leave out what cannot be offered, write anew what is written otherwise.

    `top` are the members of the request. Raises `Unsupported` where a call is forced of a tool
    that cannot be offered.
    """
    tools = next(one for one in reversed(top) if one.key == "tools")
    mending = _Mending(request, splices, quirks, ledger)
    dropped = {
        index for index, tool in enumerate(request.tools) if mending.is_left_out(index, tool)
    }
    _refuse_missing(request, dropped)
    if dropped and len(dropped) == len(request.tools):
        gone = {index for index, one in enumerate(top) if one.key in ("tools", "tool_choice")}
        splices.drop(top, gone)
        return
    spans = items(splices.body, tools.value)
    splices.drop(spans, dropped)
    for index, tool in enumerate(request.tools):
        if index not in dropped:
            mending.mend(index, tool, spans[index])


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

    def __init__(
        self, request: MessagesRequest, splices: Splices, quirks: Quirks, ledger: Ledger
    ) -> None:
        self._splices = splices
        self._quirks = quirks
        self._ledger = ledger
        self._visibility = None if quirks.tool_search else Visibility(request)

    def is_left_out(self, index: int, tool: Tool) -> bool:
        """Whether the model is not to be told of the tool."""
        path = f"/tools/{index}"
        if not self._quirks.typed_tools and not _is_plain(tool) and not typed_tool(tool.type or ""):
            self._ledger.note(path, LossKind.DROPPED, Reason.SERVER_TOOL)
            return True
        if self._visibility is not None and self._visibility.hides(tool):
            self._ledger.note(path, LossKind.DEFERRED, Reason.DEFERRED_TOOL)
            return True
        return False

    def mend(self, index: int, tool: Tool, span: Span) -> None:
        path = f"/tools/{index}"
        known = None if self._quirks.typed_tools or _is_plain(tool) else typed_tool(tool.type or "")
        if known is not None:
            self._ledger.note(f"{path}/type", LossKind.RESHAPED, Reason.NO_EQUIVALENT)
            declared = {
                "name": tool.name,
                "description": tool.description or known.description,
                "input_schema": known.schema,
            }
            self._splices.replace(*span, msgspec.json.encode(declared))
        elif self._quirks.schema_dialect == "moonshot" and is_given(tool.input_schema):
            self._fit(tool.input_schema, f"{path}/input_schema", span)

    def _fit(self, schema: Raw, path: str, tool: Span) -> None:
        try:
            made = fitted(bytes(schema))
        except (msgspec.DecodeError, RecursionError):
            raise Unsupported(path, "the schema cannot be read") from None
        place = member(self._splices.body, tool.start, "input_schema")
        if made.changed and place is not None:
            self._splices.replace(place.value, place.end, made.schema)
            for pointer in made.changed:
                self._ledger.note(path + pointer, LossKind.RESHAPED, Reason.SCHEMA_KEYWORD)


def _is_plain(tool: Tool) -> bool:
    return tool.type in (None, "custom") or is_given(tool.input_schema)
