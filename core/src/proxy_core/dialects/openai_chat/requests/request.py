"""A Messages request as a request of Chat Completions."""

from __future__ import annotations

from typing import Any

import msgspec

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import Target, Unsupported, UpstreamRequest
from proxy_core.dialects.openai_chat.context import ChatContext
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.dialects.openai_chat.requests.conversation import Conversation
from proxy_core.dialects.openai_chat.requests.reasoning import (
    depth_beside_tools,
    is_disabled,
    thinking_depth,
)
from proxy_core.dialects.openai_chat.requests.sampling import (
    identity_fields,
    limit_fields,
    sampling_fields,
    split_stops,
)
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.dialects.openai_chat.requests.structured import output_format
from proxy_core.dialects.openai_chat.requests.system import instructions, system_text
from proxy_core.dialects.openai_chat.requests.tool_choice import tool_fields
from proxy_core.dialects.openai_chat.requests.tool_names import ToolNames
from proxy_core.dialects.openai_chat.requests.tools import functions
from proxy_core.dialects.openai_chat.requests.top_level import (
    note_what_is_left,
    refuse_what_must_not_be_guessed,
)
from proxy_core.ledger import Ledger, Reason

_PREFILL = (
    "This model does not support assistant message prefill. The conversation must end with a "
    "user message."
)
"""Anthropic's own words, which clients know."""

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
    scope = Scope(target, quirks, ledger, ToolNames(quirks.tool_name_pattern))
    tools = tool_fields(request.tool_choice, functions(request, scope), scope)
    may_think = not tools or quirks.tools_with_reasoning
    depth = (thinking_depth if may_think else depth_beside_tools)(request, scope)
    wanted = output_format(request, bool(tools), scope)
    stops, stops_kept = split_stops(request, scope)
    body: dict[str, Any] = {
        "model": target.model,
        "messages": _messages(request, wanted.instruction, depth.off, scope),
        **tools,
        **limit_fields(request, scope),
        **sampling_fields(request, scope),
        **({"stop": stops} if stops else {}),
        **depth.fields,
        **wanted.fields,
        **identity_fields(request, scope),
        **_transport_fields(request, quirks),
        **target.options.extra_body,
    }
    note_what_is_left(request, scope)
    context = ChatContext(
        tool_names=scope.names.renamed,
        thinking_disabled=is_disabled(request),
        stop_sequences=stops_kept,
    )
    return UpstreamRequest(
        target=target,
        path="/chat/completions",
        body=_encode(body),
        stream=request.stream,
        context=context,
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
    """The instructions, then the conversation."""
    leading = _leading_systems(request)
    texts = [instructions(request.system, scope)]
    takes_reasoning = scope.quirks.reasoning_history != "none" and not thinking_off
    conversation = Conversation(scope, takes_reasoning)
    last_user = _last_user(request)
    for position, message in enumerate(request.messages):
        path = f"/messages/{position}"
        if message.clear_at is not None:
            scope.dropped(f"{path}/clear_at", Reason.EXPIRED)
            if message.clear_at == "next_user_message" and position < last_user:
                scope.dropped(path, Reason.EXPIRED)
                continue
        if position < leading:
            texts.append(system_text(message, path, scope))
            continue
        if position == leading:
            conversation.instruct(_joined(texts, instruction))
        conversation.read(message, path)
    if leading == len(request.messages):
        conversation.instruct(_joined(texts, instruction))
    return _complete(conversation.finish(), request, scope)


def _joined(texts: list[str], instruction: str) -> str:
    return "\n\n".join(text for text in (*texts, instruction) if text)


def _leading_systems(request: MessagesRequest) -> int:
    """How many system messages stand before the conversation: they belong to its instructions."""
    for position, message in enumerate(request.messages):
        if message.role != "system":
            return position
    return len(request.messages)


def _last_user(request: MessagesRequest) -> int:
    for position in range(len(request.messages) - 1, -1, -1):
        if request.messages[position].role == "user":
            return position
    return -1


def _complete(
    messages: list[dict[str, Any]], request: MessagesRequest, scope: Scope
) -> list[dict[str, Any]]:
    """Refuse what no server answers; mark a beginning that the server is to continue."""
    if not messages:
        raise Unsupported("/messages", "there is no content left to send")
    asks_for_answer = request.max_tokens is not None  # a request to count has no limit
    if messages[-1]["role"] == "assistant" and asks_for_answer:
        if not scope.quirks.prefill_field:
            raise Unsupported(f"/messages/{len(request.messages) - 1}", _PREFILL)
        messages[-1][scope.quirks.prefill_field] = True
    return messages
