"""A Messages request as a request of Chat Completions."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.unserved import refuse_what_must_not_be_guessed
from proxy_core.contract import Target, Unsupported, UpstreamRequest
from proxy_core.dialects.openai_chat.context import ChatContext
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.dialects.openai_chat.requests.caching import cache_fields
from proxy_core.dialects.openai_chat.requests.conversation import Conversation
from proxy_core.dialects.openai_chat.requests.history import refuse_prefill, tell
from proxy_core.dialects.openai_chat.requests.identity import identity_fields, session_headers
from proxy_core.dialects.openai_chat.requests.reasoning import (
    depth_beside_tools,
    is_disabled,
    thinking_depth,
)
from proxy_core.dialects.openai_chat.requests.sampling import (
    limit_fields,
    sampling_fields,
    split_stops,
)
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.dialects.openai_chat.requests.structured import output_format
from proxy_core.dialects.openai_chat.requests.tool_choice import tool_fields
from proxy_core.dialects.openai_chat.requests.tool_names import ToolNames
from proxy_core.dialects.openai_chat.requests.tools import functions
from proxy_core.dialects.openai_chat.requests.top_level import note_what_is_left
from proxy_core.ledger import Ledger

_encode = msgspec.json.Encoder().encode


def translate_request(
    request: MessagesRequest, target: Target, ledger: Ledger, quirks: Quirks
) -> UpstreamRequest:
    """The request for `target`, whose server speaks the dialect as `quirks` say.

    Same input, same bytes. Raises `Unsupported` for what must not be guessed.
    """
    try:
        return _translate(request, target, ledger, quirks)
    except RecursionError:
        # How deep is too deep depends on the stack: the parser stood higher on it.
        raise Unsupported("", "the request is nested too deeply") from None


def _translate(
    request: MessagesRequest, target: Target, ledger: Ledger, quirks: Quirks
) -> UpstreamRequest:
    refuse_what_must_not_be_guessed(request)
    scope = Scope(ledger, target, quirks, ToolNames(quirks.tool_name_pattern))
    offered = functions(request, scope)
    may_think = not offered or quirks.tools_with_reasoning
    depth = (thinking_depth if may_think else depth_beside_tools)(request, scope)
    tools = tool_fields(request.tool_choice, offered, scope, thinks=not depth.off)
    wanted = output_format(request, bool(tools), scope)
    stops, stops_kept = split_stops(request, scope)
    body: dict[str, Any] = {
        "model": target.model,
        "messages": _messages(request, wanted.instruction, depth.off, scope),
        **tools,
        **limit_fields(request, scope),
        **sampling_fields(request, scope, beside_effort=bool(depth.fields) and not depth.off),
        **({"stop": stops} if stops else {}),
        **depth.fields,
        **wanted.fields,
        **identity_fields(request, scope),
        **cache_fields(request, scope),
        **_transport_fields(request, quirks),
        **quirks.extra_body,
        **(quirks.extra_body_while.get("thinking", {}) if not depth.off else {}),
        **(quirks.extra_body_while.get("streaming", {}) if request.stream else {}),
        **target.options.extra_body,
    }
    note_what_is_left(request, scope)
    context = ChatContext(
        tool_names=scope.names.renamed,
        thinking_disabled=is_disabled(request),
        tools=frozenset(
            tool["function"]["name"] for tool in tools.get("tools", ()) if "function" in tool
        ),
    )
    return UpstreamRequest(
        target=target,
        path="/chat/completions",
        body=_encode(body),
        stream=request.stream,
        headers=session_headers(request, scope),
        context=context,
        stop_sequences=stops_kept,
    )


def _transport_fields(request: MessagesRequest, quirks: Quirks) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if quirks.store_field:
        fields["store"] = False
    if request.stream:
        fields["stream"] = True
        if quirks.stream_usage:
            fields["stream_options"] = {"include_usage": True}
    return fields


def _messages(
    request: MessagesRequest, instruction: str, thinking_off: bool, scope: Scope
) -> list[dict[str, Any]]:
    """The conversation; a beginning that the server is to continue is marked, or refused."""
    takes_reasoning = scope.quirks.reasoning_history != "none" and not thinking_off
    messages = tell(request, instruction, Conversation(scope, takes_reasoning))
    asks_for_answer = request.max_tokens is not None  # a request to count has no limit
    if messages[-1]["role"] == "assistant" and asks_for_answer:
        if not scope.quirks.prefill_field:
            refuse_prefill(request)
        messages[-1][scope.quirks.prefill_field] = True
    return messages
