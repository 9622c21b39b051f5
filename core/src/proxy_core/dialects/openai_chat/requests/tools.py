"""The tools of a request as functions."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Raw

from proxy_core.anthropic.content import Tool, is_given
from proxy_core.anthropic.deferred_tools import Visibility, added_tools
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.typed_tools import TypedTool, typed_tool
from proxy_core.anthropic.unserved import refuse_computer
from proxy_core.contract import Unsupported
from proxy_core.dialects.moonshot_schema import Fitted, fitted
from proxy_core.dialects.openai_chat.requests.hosted import hosted, is_hosted
from proxy_core.dialects.openai_chat.requests.schema import (
    NotAnObjectError,
    can_be_strict,
    parameters,
)
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import LossKind, Reason

Function = dict[str, Any]

_NO_SCHEMA = TypedTool("", Raw(b'{"type":"object","properties":{}}'))
_CARRIED = frozenset(
    {"name", "type", "description", "input_schema", "strict", "input_examples", "allowed_callers"}
)
_HARMLESS = {
    "cache_control": Reason.CACHE_HINT,
    "eager_input_streaming": Reason.EMULATED,
    "defer_loading": Reason.DEFERRED_TOOL,
}
_REST = tuple(
    (field.name, _HARMLESS.get(field.name, Reason.NO_EQUIVALENT))
    for field in msgspec.structs.fields(Tool)
    if field.name not in _CARRIED
)
"""Fields that say nothing to another vendor, each with the reason to note."""


def functions(request: MessagesRequest, scope: Scope) -> list[Function]:
    """The tools as the server is to know them, in the client's order; then those that came later,
    as they came.

    What the server does by itself stands among them as it is, without a `function`.
    """
    visibility = Visibility(request)
    listed = [
        (visibility.rank(tool), f"/tools/{index}", tool) for index, tool in enumerate(request.tools)
    ]
    added = [(visibility.rank(tool, added=True), path, tool) for path, tool in added_tools(request)]
    declared: dict[str, Function] = {}
    for _, path, tool in sorted((*listed, *added), key=lambda one: one[0]):
        if not _is_offered(tool, path, scope):
            continue
        if tool.name in declared:
            scope.dropped(path, Reason.DUPLICATE)
        elif visibility.hides(tool):
            scope.ledger.note(path, LossKind.DEFERRED, Reason.DEFERRED_TOOL)
        elif is_hosted(tool, scope):
            declared[tool.name] = hosted(tool, path, scope)
        else:
            declared[tool.name] = _function(tool, path, scope)
    _refuse_too_many(declared, scope)
    return list(declared.values())


def _is_offered(tool: Tool, path: str, scope: Scope) -> bool:
    """Whether the model may be told of the tool at all."""
    if tool.allowed_callers is not None and "direct" not in tool.allowed_callers:
        scope.dropped(path, Reason.NO_EQUIVALENT)  # only Anthropic's code execution may call it
        return False
    kind = tool.type
    if is_hosted(tool, scope):
        return True
    if kind in (None, "custom") or is_given(tool.input_schema) or typed_tool(kind):
        return True
    refuse_computer(tool, path)
    if kind.startswith("tool_search_tool_"):
        scope.dropped(path, Reason.EMULATED)  # what it would find is offered at once
        return False
    toolset = kind.partition("_")[2].startswith("toolset_")
    scope.dropped(path, Reason.NO_EQUIVALENT if toolset else Reason.SERVER_TOOL)
    return False


def _function(tool: Tool, path: str, scope: Scope) -> Function:
    known = (typed_tool(tool.type) if tool.type else None) or _NO_SCHEMA
    schema = tool.input_schema if is_given(tool.input_schema) else known.schema
    if tool.type and typed_tool(tool.type):
        scope.reshaped(f"{path}/type", Reason.TYPED_TOOL)
    function: Function = {
        "name": scope.tool_name(tool.name, f"{path}/name"),
        "description": _description(tool, known),
        "parameters": _parameters(schema, path, scope),
    }
    if tool.allowed_callers is not None:
        plain = tool.allowed_callers == ("direct",)
        reason = Reason.EMULATED if plain else Reason.NO_EQUIVALENT
        scope.dropped(f"{path}/allowed_callers", reason)
    function |= _strictness(tool, function["parameters"], path, scope)
    for field, reason in _REST:
        if _is_set(getattr(tool, field)):
            scope.dropped(f"{path}/{field}", reason)
    return {"type": "function", "function": function}


def _strictness(tool: Tool, schema: Raw, path: str, scope: Scope) -> Function:
    """Whether calls are held to the schema, which OpenAI does only where all of it is closed."""
    if tool.strict and scope.quirks.strict_tools and can_be_strict(schema):
        return {"strict": True}
    if tool.strict:
        scope.dropped(f"{path}/strict", Reason.NO_EQUIVALENT)
    return {"strict": False} if scope.quirks.tool_strict == "false" else {}


def _is_set(value: object) -> bool:
    return value is not None and value is not False


def _description(tool: Tool, known: TypedTool) -> str:
    description = tool.description if tool.description is not None else known.description
    if not is_given(tool.input_examples):
        return description
    examples = bytes(tool.input_examples).decode()
    return f"{description}\n\nExamples of input: {examples}".lstrip()


def _parameters(schema: Raw, path: str, scope: Scope) -> Raw:
    place = f"{path}/input_schema"
    try:
        made = parameters(schema, scope.quirks.dropped_schema_keywords)
        fit = _fit(made.schema, scope)
    except NotAnObjectError:
        raise Unsupported(place, "a tool's schema must be a JSON object") from None
    except RecursionError:
        raise Unsupported(place, "the schema is nested too deeply") from None
    except msgspec.ValidationError:
        raise Unsupported(place, "a number in the schema is too large") from None
    for pointer in made.removed:
        scope.dropped(place + pointer, Reason.SCHEMA_KEYWORD)
    for pointer in fit.changed:
        scope.reshaped(place + pointer, Reason.SCHEMA_KEYWORD)
    return Raw(fit.schema)


def _fit(schema: Raw, scope: Scope) -> Fitted:
    if scope.quirks.schema_dialect == "moonshot":
        return fitted(bytes(schema))
    return Fitted(bytes(schema), ())


def _refuse_too_many(declared: dict[str, Function], scope: Scope) -> None:
    """Which tools to leave out would be a guess."""
    most = scope.quirks.max_tools
    if declared and not most:
        raise Unsupported("/tools", f"{scope.target.name} takes no tools; choose another model")
    if len(declared) > most:
        raise Unsupported(
            f"/tools/{most}",
            f"{scope.target.name} takes at most {most} tools and this request has "
            f"{len(declared)}; disable some, for example an MCP server",
        )
