"""Counting input tokens by OpenAI's own call."""

from __future__ import annotations

import msgspec

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import CountCall, Target, Unsupported, UpstreamRequest
from proxy_core.dialects.counts import count_reader
from proxy_core.dialects.openai_chat import Quirks
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.dialects.openai_chat.requests.tool_names import ToolNames
from proxy_core.ledger import Ledger
from proxy_openai.responses.request import what_is_read

_read = count_reader("input_tokens")


def count_call(request: MessagesRequest, target: Target, quirks: Quirks) -> CountCall | None:
    """The call that counts what `target` would read; None for what it would not be sent."""
    scope = Scope(Ledger(), target, quirks, ToolNames(quirks.tool_name_pattern))
    try:
        body = msgspec.json.encode(what_is_read(request, scope))
    except Unsupported:
        return None
    upstream = UpstreamRequest(
        target=target, path="/responses/input_tokens", body=body, stream=False
    )
    return CountCall(upstream, _read)
