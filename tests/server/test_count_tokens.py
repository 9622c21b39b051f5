"""`count_tokens`: the plugin's count, the vendor's, or the estimate; never an inference."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import CountCall, ProtocolError, Target, TokenCount, UpstreamRequest
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.hookspecs import hookimpl
from proxy_core.plugins import Plugins
from proxy_core.server import counting
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
    assert 70 <= alone <= 100
    assert with_tools > 700
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


@contextmanager
def vendor_behind(
    handler: Callable[[RawExchange], Any], folder: Path
) -> Iterator[tuple[Proxy, RawUpstream]]:
    """A proxy whose vendor counts by itself, with `handler` for the vendor."""
    with RawUpstream(handler) as upstream:

        class Acme(Vendor):
            providers = (card(f"{upstream.origin}/v1"),)

        settings = Settings.load({}, environ={KEY_VARIABLE: "sk-test"}, cwd=folder)
        with serving(create_app(settings, Plugins.of({"acme": Acme()}))) as server:
            yield Proxy(server), upstream


def thirty_counts(proxy: Proxy) -> list[str]:
    """The methods of thirty counts that are asked for at once."""
    url = f"{proxy.url}/v1/messages/count_tokens"
    with ThreadPoolExecutor(30) as pool, httpx.Client(timeout=60) as client:
        responses = pool.map(lambda _: client.post(url, json=FRAGMENT), range(30))
        return [response.headers["x-proxy-token-count"] for response in responses]


def test_thirty_counts_at_once_are_counted_by_the_vendor(tmp_path: Path) -> None:
    with vendor_behind(counts_42, tmp_path) as (proxy, upstream):
        assert thirty_counts(proxy) == ["provider"] * 30
    assert len(upstream.exchanges) == 30


def test_thirty_counts_do_not_wait_for_a_vendor_that_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "PATIENCE", 0.5)
    with vendor_behind(RawExchange.until_hung_up, tmp_path) as (proxy, upstream):
        methods = thirty_counts(proxy)
        asked = len(upstream.exchanges)
        count(proxy)
    assert {method.split(";")[0] for method in methods} == {"estimate"}
    assert 0 < asked <= counting.AT_ONCE
    assert len(upstream.exchanges) == asked
    assert all(exchange.hung_up.is_set() for exchange in upstream.exchanges)


@pytest.mark.parametrize(
    ("status", "asked"),
    [("404 No", 1), ("405 No", 1), ("429 Slow", 1), ("500 No", 1), ("400 No", 3)],
)
def test_a_vendor_that_cannot_count_is_not_asked_again(
    tmp_path: Path, status: str, asked: int
) -> None:
    async def refuses_so(exchange: RawExchange) -> None:
        await exchange.send(http_head(status))

    with vendor_behind(refuses_so, tmp_path) as (proxy, upstream):
        methods = [count(proxy)[1] for _ in range(3)]
    assert {method.split(";")[0] for method in methods} == {"estimate"}
    assert len(upstream.exchanges) == asked


COUNTERS = {
    "openai/gpt-6.1-sol": "/responses/input_tokens",
    "groq/openai/gpt-oss-120b": None,
    "gemini/gemini-4-carbon": ":countTokens",
    "moonshot/kimi-k3": "/v1/tokenizers/estimate-token-count",
    "anthropic/claude-opus-5-5": "/v1/messages/count_tokens",
}
ADDRESSES = {
    "OPENAI_BASE_URL": "OPENAI_API_KEY",
    "GROQ_BASE_URL": "GROQ_API_KEY",
    "GOOGLE_GEMINI_BASE_URL": "GEMINI_API_KEY",
    "MOONSHOT_BASE_URL": "MOONSHOT_API_KEY",
    "PASSTHROUGH_BASE_URL": "PASSTHROUGH_API_KEY",
}


@pytest.mark.parametrize("model", COUNTERS)
def test_no_provider_is_asked_for_an_inference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    monkeypatch.setattr("proxy_openai.wire.HOST", "127.0.0.1")  # who else has a counter?
    tool = {"name": "t", "description": "d", "input_schema": {"type": "object"}}
    with RawUpstream(refuses) as upstream:
        environ = dict.fromkeys(ADDRESSES.values(), "sk-test")
        environ |= dict.fromkeys(ADDRESSES, upstream.origin)
        settings = Settings.load({}, environ=environ, cwd=tmp_path)
        with serving(create_app(settings)) as server:
            proxy = Proxy(server)
            count(proxy, model=model)
            count(proxy, model=model, tools=[tool], system="Be brief.")
    paths = {exchange.head.split()[1].decode() for exchange in upstream.exchanges}
    ending = COUNTERS[model]
    assert all(path.partition("?")[0].endswith(ending or "\0") for path in paths)
    assert bool(paths) is bool(ending)


def test_answers_teach_how_to_count(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]],
) -> None:
    """This vendor's tokenizer makes half as many tokens again of each text."""

    async def answers(exchange: RawExchange) -> None:
        words = len(json.loads(exchange.body)["messages"][-1]["content"].split())
        usage = {"prompt_tokens": words * 3 // 2, "completion_tokens": 1, "total_tokens": words}
        choice = {"index": 0, "message": {"content": "Yes."}, "finish_reason": "stop"}
        body = json.dumps({"choices": [choice], "usage": usage}).encode()
        await exchange.send(http_head("200 OK", "content-type: application/json") + body)

    def asked(words: int) -> list[dict[str, str]]:
        return [{"role": "user", "content": "word " * words}]

    proxy, _ = proxy_to_raw(answers)
    before, _ = count(proxy, messages=asked(4000))
    for number in range(20):
        assert proxy.ask(messages=asked(300 + 100 * number)).status_code == 200
    after, method = count(proxy, messages=asked(4000))
    assert before < 4400
    assert 5700 <= after < 6300
    assert method.startswith("calibrated; n=20; within ")
    elsewhere, method = count(proxy, messages=asked(4000), model="acme/small-model")
    assert (elsewhere, method.split(";")[0]) == (before, "estimate")
