"""A Messages request as a request of the Responses API."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.unserved import refuse_what_must_not_be_guessed
from proxy_core.contract import Target, Unsupported, UpstreamRequest
from proxy_core.dialects.openai_chat import Quirks
from proxy_core.dialects.openai_chat.requests.history import refuse_prefill, tell
from proxy_core.dialects.openai_chat.requests.hosted import is_hosted
from proxy_core.dialects.openai_chat.requests.identity import identity_fields
from proxy_core.dialects.openai_chat.requests.reasoning import is_disabled, thinking_depth
from proxy_core.dialects.openai_chat.requests.sampling import (
    allowed_tokens,
    sampling_fields,
    split_stops,
)
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.dialects.openai_chat.requests.structured import output_format
from proxy_core.dialects.openai_chat.requests.tool_choice import tool_fields
from proxy_core.dialects.openai_chat.requests.tool_names import ToolNames
from proxy_core.dialects.openai_chat.requests.tools import functions
from proxy_core.dialects.openai_chat.requests.top_level import note_what_is_left
from proxy_core.ledger import Ledger, LossKind, Reason
from proxy_openai.responses.context import ResponseContext
from proxy_openai.responses.items import Items

LEAST_TOKENS = 16
"""Fewer are refused."""

_encode = msgspec.json.Encoder().encode


def translate_request(
    request: MessagesRequest, target: Target, ledger: Ledger, quirks: Quirks
) -> UpstreamRequest:
    """The request for `target`. Same input, same bytes.

    Raises `Unsupported` for what must not be guessed.
    """
    scope = Scope(ledger, target, quirks, ToolNames(quirks.tool_name_pattern))
    _, stops = split_stops(request, scope)
    body = {
        **what_is_read(request, scope),
        **_limit(request, scope),
        **sampling_fields(request, scope),
        **_included(request, scope),
        **identity_fields(request, scope),
        **({"stream": True} if request.stream else {}),
        "store": False,
        **quirks.extra_body,
        **target.options.extra_body,
    }
    note_what_is_left(request, scope)
    thinking = request.thinking
    context = ResponseContext(
        tool_names=scope.names.renamed,
        hides_reasoning=thinking is not None and thinking.display == "omitted",
    )
    return UpstreamRequest(
        target=target,
        path="/responses",
        body=_encode(body),
        stream=request.stream,
        context=context,
        stop_sequences=stops,
    )


def what_is_read(request: MessagesRequest, scope: Scope) -> dict[str, Any]:
    """The fields that the model reads, or that say how: those that are counted as input."""
    try:
        return _what_is_read(request, scope)
    except RecursionError:
        raise Unsupported("", "the request is nested too deeply") from None


def _what_is_read(request: MessagesRequest, scope: Scope) -> dict[str, Any]:
    refuse_what_must_not_be_guessed(request)
    tools = tool_fields(request.tool_choice, functions(request, scope), scope)
    wanted = output_format(request, bool(tools), scope)
    items = Items(scope)
    told = tell(request, wanted.instruction, items)
    if told[-1].get("role") == "assistant" and request.max_tokens is not None:
        refuse_prefill(request)
    return {
        "model": scope.target.model,
        **({"instructions": items.instructions} if items.instructions else {}),
        "input": told,
        **_flat(tools),
        **_reasoning(request, scope),
        **_text(wanted.fields),
    }


def _flat(tools: dict[str, Any]) -> dict[str, Any]:
    """Chat's fields of tools, without the object that it wraps functions in."""
    fields = dict(tools)
    if "tools" in fields:
        fields |= _own_tools(fields["tools"])
    choice = fields.get("tool_choice")
    if isinstance(choice, dict):
        fields["tool_choice"] = _flat_choice(choice)
    return fields


def _own_tools(tools: list[dict[str, Any]]) -> dict[str, Any]:
    """`tools`, and how often the server may use its own of them."""
    fields: dict[str, Any] = {"tools": []}
    for tool in tools:
        if "function" in tool:
            fields["tools"].append({"type": "function", **tool["function"]})
            continue
        search = {"type": tool["type"]}
        if tool.get("allowed_domains"):
            search["filters"] = {"allowed_domains": tool["allowed_domains"]}
        if tool.get("user_location"):
            search["user_location"] = tool["user_location"]
        if tool.get("max_uses"):
            fields["max_tool_calls"] = tool["max_uses"]
        fields["tools"].append(search)
    return fields


def _flat_choice(choice: dict[str, Any]) -> dict[str, Any]:
    """A tool of the server's own cannot be named alone, but as all that is allowed."""
    if "function" in choice:
        return {"type": "function", **choice["function"]}
    return {"type": "allowed_tools", "mode": "required", "tools": [choice]}


def _text(fields: dict[str, Any]) -> dict[str, Any]:
    """Chat's `response_format` as the format of the text."""
    if "response_format" not in fields:
        return {}
    schema = fields["response_format"]["json_schema"]
    return {"text": {"format": {"type": "json_schema", **schema}}}


# -- reasoning -----------------------------------------------------------------------------


def _reasons(scope: Scope) -> bool:
    """Whether the model is known to reason; others refuse to be asked about it."""
    efforts = scope.target.facts.efforts
    return bool(efforts) if efforts is not None else not scope.quirks.sampling


def _reasoning(request: MessagesRequest, scope: Scope) -> dict[str, Any]:
    """How deep to think, and whether to tell of it: unasked, no text of it comes at all."""
    depth = thinking_depth(request, scope)
    shown = request.thinking is None or request.thinking.display != "omitted"
    if not _reasons(scope) or is_disabled(request) or depth.off or not shown:
        return depth.fields
    if not scope.quirks.reasoning_summaries:
        if request.thinking is not None:
            scope.dropped("/thinking", Reason.HIDDEN_REASONING)
        return depth.fields
    told = depth.fields.get("reasoning", {})
    return {**depth.fields, "reasoning": {**told, "summary": "auto"}}


def _included(request: MessagesRequest, scope: Scope) -> dict[str, Any]:
    """What the answer is to hold beside the answer."""
    included = ["reasoning.encrypted_content"] if _reasons(scope) else []
    if any(is_hosted(tool, scope) for tool in request.tools):
        included.append("web_search_call.action.sources")
    return {"include": included} if included else {}


def _limit(request: MessagesRequest, scope: Scope) -> dict[str, Any]:
    allowed = allowed_tokens(request, scope)
    if allowed is None:
        return {}
    if allowed < LEAST_TOKENS:
        scope.ledger.note("/max_tokens", LossKind.CLAMPED, Reason.DECLARED_LIMIT)
    return {"max_output_tokens": max(allowed, LEAST_TOKENS)}
