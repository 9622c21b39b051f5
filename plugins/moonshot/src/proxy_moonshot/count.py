"""Moonshot's own estimate of tokens, of a request in the language of its Chat Completions."""

from __future__ import annotations

import msgspec
from msgspec import Raw

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.tokens import estimate
from proxy_core.contract import CountCall, ProtocolError, UpstreamRequest
from proxy_moonshot.wire import path_on_host

_PATH = "/v1/tokenizers/estimate-token-count"


class _Chat(msgspec.Struct):
    model: str
    messages: Raw


class _Data(msgspec.Struct):
    total_tokens: int


class _Answer(msgspec.Struct):
    data: _Data


_chat = msgspec.json.Decoder(_Chat)
_answer = msgspec.json.Decoder(_Answer)


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


def _read(body: bytes) -> int:
    try:
        return _answer.decode(body).data.total_tokens
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProtocolError("the answer holds no total_tokens") from error
