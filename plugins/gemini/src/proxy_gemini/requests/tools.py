"""The tools of a request as function declarations, and which of them is to be called."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from proxy_core.anthropic.content import Tool
from proxy_core.anthropic.deferred_tools import added_tools
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import Unsupported
from proxy_core.dialects.openai_chat.requests.hosted import is_hosted
from proxy_core.dialects.openai_chat.requests.tool_choice import tool_fields
from proxy_core.dialects.openai_chat.requests.tools import functions
from proxy_core.ledger import Ledger, Reason
from proxy_gemini.requests.scope import SEARCH, Scope
from proxy_gemini.schemas import Unreadable, clean_schema

_MODES = {"auto": "AUTO", "required": "ANY", "none": "NONE"}


def tools_of(request: MessagesRequest, scope: Scope) -> dict[str, Any]:
    """`tools` and `toolConfig`, as far as the request calls for them."""
    paths = _paths(request)
    strict = _strict_paths(request)
    plain = _without_strict(request)
    offered = functions(plain, _without_search_beside_others(plain, scope))
    chosen = tool_fields(request.tool_choice, offered, scope)
    if "tools" not in chosen:
        return {}
    if not _is_function(chosen["tools"][0]):
        return _search(chosen.get("tool_choice"), scope)
    declared = [_declaration(tool["function"], paths, scope) for tool in chosen["tools"]]
    mode = _mode(chosen.get("tool_choice"), bool(strict))
    for path in strict:
        if mode.get("mode") == "VALIDATED":
            scope.reshaped(path, Reason.EMULATED)
        else:
            scope.dropped(path, Reason.NO_EQUIVALENT)
    fields: dict[str, Any] = {"tools": [{"functionDeclarations": declared}]}
    if mode:
        fields["toolConfig"] = {"functionCallingConfig": mode}
    return fields


def _is_function(tool: dict[str, Any]) -> bool:
    return "function" in tool


def _without_search_beside_others(request: MessagesRequest, scope: Scope) -> Scope:
    """The scope as it is, or without the search, which Google has only where no function is."""
    if not any(is_hosted(tool, scope) for tool in request.tools):
        return scope
    without = msgspec.structs.replace(scope, quirks=replace(scope.quirks, web_search=""))
    tried = msgspec.structs.replace(without, ledger=Ledger())
    return without if functions(request, tried) else scope


def _search(choice: Any, scope: Scope) -> dict[str, Any]:
    """Google's search alone: NONE does not turn it off, and nothing forces it."""
    if choice == "none":
        scope.dropped("/tools", Reason.EMULATED)
        return {}
    if choice not in (None, "auto"):
        scope.dropped("/tool_choice", Reason.UNSUPPORTED_BY_MODEL)
    return {"tools": [{SEARCH: {}}]}


def _strict_paths(request: MessagesRequest) -> list[str]:
    return [f"/tools/{index}/strict" for index, tool in enumerate(request.tools) if tool.strict]


def _without_strict(request: MessagesRequest) -> MessagesRequest:
    """Strictness is Gemini's to keep, but for the whole request: VALIDATED calls fit schemas."""
    tools: tuple[Tool, ...] = tuple(
        msgspec.structs.replace(tool, strict=None) if tool.strict else tool
        for tool in request.tools
    )
    return msgspec.structs.replace(request, tools=tools)


def _paths(request: MessagesRequest) -> dict[str, str]:
    """Where each tool stands that is offered: the first of a name counts."""
    listed = ((f"/tools/{index}", tool) for index, tool in enumerate(request.tools))
    paths: dict[str, str] = {}
    for path, tool in (*listed, *added_tools(request)):
        paths.setdefault(tool.name, path)
    return paths


def _declaration(function: dict[str, Any], paths: dict[str, str], scope: Scope) -> dict[str, Any]:
    name = function["name"]
    place = f"{paths[scope.names.renamed.get(name, name)]}/input_schema"
    try:
        made = clean_schema(bytes(function["parameters"]), scope.gemini.schema_lane)
    except Unreadable as error:
        raise Unsupported(place, str(error)) from None
    for pointer in made.changed:
        scope.reshaped(place + pointer, Reason.SCHEMA_KEYWORD)
    declared = {"name": name, "description": function["description"]}
    if scope.gemini.schema_lane == "json_schema":
        return {**declared, "parametersJsonSchema": made.schema}
    # An object without properties is refused here; no parameters is the way to say it.
    return {**declared, "parameters": made.schema} if made.has_properties else declared


def _mode(choice: Any, strict: bool) -> dict[str, Any]:
    """Chat's `tool_choice` in Gemini's words."""
    if isinstance(choice, dict):
        return {"mode": "ANY", "allowedFunctionNames": [choice["function"]["name"]]}
    mode = _MODES.get(choice, "")
    if strict and mode in ("", "AUTO"):
        return {"mode": "VALIDATED"}
    return {"mode": mode} if mode else {}
