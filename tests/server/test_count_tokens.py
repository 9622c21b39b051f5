"""`count_tokens`: the plugin's count, the vendor's, or the estimate; never an inference."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import CountCall, ProtocolError, Target, TokenCount, UpstreamRequest
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.hookspecs import hookimpl
from proxy_core.plugins import Plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from tests.support.proxy import KEY_VARIABLE, QUESTION, Proxy, card, error_of
from tests.support.raw_upstream import RawExchange, RawUpstream, http_head
from tests.support.servers import serving

FRAGMENT = {"model": QUESTION["model"], "messages": QUESTION["messages"]}


def count(proxy: Proxy, **changes: Any) -> tuple[int, str]:
    response = proxy.post(json.dumps(FRAGMENT | changes).encode(), "/v1/messages/count_tokens")
    assert response.status_code == 200, response.text
    tokens: int = response.json()["input_tokens"]
    return tokens, response.headers["x-proxy-token-count"]


async def counts_42(exchange: RawExchange) -> None:
    await exchange.send(http_head("200 OK", "content-type: application/json") + b'{"tokens":42}')


async def refuses(exchange: RawExchange) -> None:
    await exchange.send(http_head("500 No"))


async def says_nonsense(exchange: RawExchange) -> None:
    await exchange.send(http_head("200 OK") + b"nonsense")


def read(body: bytes) -> int:
    try:
        tokens: int = msgspec.json.decode(body)["tokens"]
    except msgspec.DecodeError as error:
        raise ProtocolError("no count") from error
    return tokens


class Local(OpenAIChat):
    @hookimpl
    def proxy_count_tokens(self) -> TokenCount:
        return TokenCount(7, "local")


class Vendor(OpenAIChat):
    @hookimpl
    def proxy_count_tokens(self, request: MessagesRequest, target: Target) -> CountCall:
        body = msgspec.json.encode({"about": len(request.messages)})
        call = UpstreamRequest(target=target, path="/count", body=body, stream=False)
        return CountCall(call, read)


@pytest.mark.parametrize(
    ("plugin", "handler", "expected", "asked"),
    [
        (OpenAIChat, refuses, "estimate", 0),
        (Local, refuses, "local", 0),
        (Vendor, counts_42, "provider", 1),
        (Vendor, refuses, "estimate", 1),
        (Vendor, says_nonsense, "estimate", 1),
    ],
)
def test_who_counts(
    tmp_path: Path,
    plugin: type[OpenAIChat],
    handler: Callable[[RawExchange], Any],
    expected: str,
    asked: int,
) -> None:
    with RawUpstream(handler) as upstream:

        class Acme(plugin):  # type: ignore[misc, valid-type]
            providers = (card(f"{upstream.origin}/v1"),)

        settings = Settings.load({}, environ={KEY_VARIABLE: "sk-test"}, cwd=tmp_path)
        with serving(create_app(settings, Plugins.of({"acme": Acme()}))) as server:
            tokens, method = count(Proxy(server))
        assert method.split(";")[0] == expected
        assert tokens == {"local": 7, "provider": 42}.get(expected, tokens) > 0
        assert [exchange.head.split()[1] for exchange in upstream.exchanges] == [
            b"/v1/count"
        ] * asked


def test_a_fragment_without_a_conversation_is_counted(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]],
) -> None:
    proxy, upstream = proxy_to_raw(refuses)
    orphan = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "x" * 350}
    alone, _ = count(proxy, messages=[{"role": "user", "content": [orphan]}])
    with_tools, _ = count(proxy, tools=[{"name": "t", "description": "y" * 3500}])
    assert 100 <= alone <= 120
    assert with_tools > 1000
    assert upstream.exchanges == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"messages": []}, 400), ({"model": "nobody/knows"}, 404), ({"messages": "x"}, 400)],
)
def test_what_cannot_be_counted_is_refused(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]], changes: dict[str, Any], status: int
) -> None:
    proxy, _ = proxy_to_raw(refuses)
    body = json.dumps(FRAGMENT | changes).encode()
    response = proxy.post(body, "/v1/messages/count_tokens")
    assert response.status_code == status
    error_of(response)
