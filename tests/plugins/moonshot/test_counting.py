"""Moonshot's own estimate of tokens, as core asks for it."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from proxy_core.anthropic.request import parse
from proxy_core.anthropic.tokens import estimate
from proxy_core.contract import CountCall, ProtocolError, Target
from tests.support.moonshot import MOONSHOT, TOOL, target


def counted(to: Target, **fields: Any) -> tuple[CountCall | None, int]:
    body = {"model": "x", "messages": [{"role": "user", "content": "hi"}], **fields}
    request = parse(json.dumps(body).encode())
    call = MOONSHOT.count_tokens(request, to)
    assert call is None or isinstance(call, CountCall)
    only_tools = msgspec.structs.replace(request, messages=(), system=())
    return call, estimate(only_tools).tokens if request.tools else 0


@pytest.mark.parametrize("wire", ["chat", "anthropic"])
def test_moonshots_own_estimate_and_the_tools_it_does_not_know(wire: str) -> None:
    call, tools = counted(target(wire=wire), system="be good", tools=[TOOL])
    assert call is not None
    assert call.request.path == "/v1/tokenizers/estimate-token-count"
    body = json.loads(call.request.body)
    assert set(body) == {"model", "messages"}
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert call.read(b'{"data": {"total_tokens": 80}}') == 80 + tools
    assert tools > 0
    for wrong in (b"", b"{}", b'{"data": {}}', b'{"data": {"total_tokens": "8"}}'):
        with pytest.raises(ProtocolError):
            call.read(wrong)


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("https://a.example/v1", "/tokenizers/estimate-token-count"),
        ("https://a.example/anthropic", None),
    ],
)
def test_where_the_estimate_is_asked_for(base: str, path: str | None) -> None:
    call, _ = counted(target(base=base))
    assert (call.request.path if call else None) == path


def test_a_users_quirks_of_the_messages_api_are_none_of_the_estimates() -> None:
    call, _ = counted(target(wire="anthropic", thinking_filler="all", stop_limit=1))
    assert call is not None
