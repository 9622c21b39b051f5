"""Moonshot's own estimate of tokens, of a request in the language of its Chat Completions."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.tokens import estimate
from proxy_core.contract import CountCall, UpstreamRequest
from proxy_core.dialects.counts import count_reader
from proxy_moonshot.wire import path_on_host

_PATH = "/v1/tokenizers/estimate-token-count"


class _Chat(msgspec.Struct):
    model: str
    messages: Raw


_chat = msgspec.json.Decoder(_Chat)
_read = count_reader("data", "total_tokens")


def count_call(request: MessagesRequest, chat: UpstreamRequest) -> CountCall | None:
    """The call for a request and for what it is in Chat Completions; None where the address of
    the provider does not reach to the call.

    It knows no tools (OpenAPI, 2026-08), so core's estimate of theirs is added.
    """
    provider = chat.target.provider
    if provider.base_url.rstrip("/").endswith("/anthropic"):
        return None
    tools = _tokens_of_tools(request)
    counting = UpstreamRequest(
        target=chat.target,
        path=path_on_host(provider, _PATH),
        body=msgspec.json.encode(_chat.decode(chat.body)),
        stream=False,
    )
    return CountCall(counting, lambda body: _read(body) + tools)


def _tokens_of_tools(request: MessagesRequest) -> int:
    if not request.tools:
        return 0
    return estimate(msgspec.structs.replace(request, system=(), messages=())).tokens
