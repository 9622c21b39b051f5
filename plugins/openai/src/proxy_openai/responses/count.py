"""Counting input tokens by OpenAI's own call."""

from __future__ import annotations

import msgspec

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import CountCall, ProtocolError, Target, Unsupported, UpstreamRequest
from proxy_core.dialects.openai_chat import Quirks
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.dialects.openai_chat.requests.tool_names import ToolNames
from proxy_core.ledger import Ledger
from proxy_openai.responses.request import what_is_read


class _Count(msgspec.Struct):
    input_tokens: int


_decode = msgspec.json.Decoder(_Count).decode


def count_call(request: MessagesRequest, target: Target, quirks: Quirks) -> CountCall | None:
    """The call that counts what `target` would read; None for what it would not be sent."""
    scope = Scope(target, quirks, Ledger(), ToolNames(quirks.tool_name_pattern))
    try:
        body = msgspec.json.encode(what_is_read(request, scope))
    except Unsupported:
        return None
    upstream = UpstreamRequest(
        target=target, path="/responses/input_tokens", body=body, stream=False
    )
    return CountCall(upstream, _read)


def _read(body: bytes) -> int:
    try:
        return _decode(body).input_tokens
    except (msgspec.DecodeError, RecursionError):
        raise ProtocolError("a count of tokens without the count") from None
