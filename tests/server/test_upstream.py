"""The upstream's side: keys, redirects, encodings, bounds, faults."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from pydantic import SecretStr

from proxy_core.contract import FailureKind, ModelFacts, Provider, Target, UpstreamRequest
from proxy_core.server.upstream import Patience, Upstream, UpstreamFault
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, RawUpstream, http_head

KEY = {"authorization": SecretStr("Bearer key-canary-1234567890")}
CANARY = "key-canary-1234567890"
SHORT = Patience(connect=0.3, first_byte=0.3, whole_answer=0.3, idle=0.3)


def request(origin: str, *, stream: bool = False, **card: object) -> UpstreamRequest:
    provider = Provider.model_validate({"name": "acme", "base_url": f"{origin}/v1", **card})
    target = Target(provider=provider, model="m", facts=ModelFacts(pattern="m"))
    return UpstreamRequest(target=target, path="/chat?x=1", body=b'{"a":1}', stream=stream)


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream(Patience()) as opened:
        yield opened


@pytest.fixture
async def impatient() -> AsyncIterator[Upstream]:
    async with Upstream(SHORT) as opened:
        yield opened


def sends(*pieces: bytes) -> Callable[[RawExchange], Awaitable[None]]:
    async def handler(exchange: RawExchange) -> None:
        for piece in pieces:
            await exchange.send(piece)

    return handler


async def fails(upstream: Upstream, asked: UpstreamRequest) -> UpstreamFault:
    """The fault in which an exchange ends, at whatever stage."""
    with pytest.raises(UpstreamFault) as caught:
        async with upstream.send(asked, KEY) as answer:
            await answer.read_all()
    assert CANARY not in f"{caught.value!r}{caught.value.failure!r}"
    return caught.value


async def test_secrets_go_in_last_and_only_when_given(upstream: Upstream) -> None:
    with RawUpstream(sends(http_head("200 OK"), b"{}")) as server:
        card = request(server.origin, headers={"X-A": "b"})
        async with upstream.send(card, KEY) as answer:
            assert await answer.read_all() == b"{}"
        async with upstream.send(card, {"x-api-key": SecretStr("bare"), "x-a": SecretStr("c")}):
            pass
        async with upstream.send(card, {}):
            pass
    with_bearer, with_bare_key, without = (exchange.headers for exchange in server.exchanges)
    assert with_bearer["authorization"] == f"Bearer {CANARY}"
    assert with_bearer["x-a"] == "b"
    assert (with_bare_key["x-api-key"], with_bare_key["x-a"]) == ("bare", "c")
    assert not {"authorization", "x-api-key"} & set(without)


async def test_the_request_goes_out_as_it_was_translated(upstream: Upstream) -> None:
    with RawUpstream(sends(http_head("200 OK"), b"{}")) as server:
        async with upstream.send(request(server.origin), KEY):
            pass
    [exchange] = server.exchanges
    assert exchange.head.startswith(b"POST /v1/chat?x=1 HTTP/1.1\r\n")
    assert exchange.body == b'{"a":1}'
    assert exchange.headers["content-type"] == "application/json"
    assert exchange.headers["accept-encoding"] == "identity"
    assert exchange.headers["user-agent"] == "proxy-core"
    assert "cookie" not in exchange.headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_not_followed(upstream: Upstream, status: int) -> None:
    with RawUpstream(sends(http_head("200 OK"), b"{}")) as other:
        head = http_head(f"{status} Elsewhere", f"location: {other.origin}/v1/chat")
        with RawUpstream(sends(head)) as server:
            fault = await fails(upstream, request(server.origin))
    assert (fault.failure.kind, fault.failure.status) == (FailureKind.STATUS, status)
    assert other.exchanges == []


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "gzip, gzip", "x-new"])
async def test_a_compressed_answer_is_refused_unread(upstream: Upstream, coding: str) -> None:
    head = http_head("200 OK", f"content-encoding: {coding}")
    with RawUpstream(sends(head, b"\x1f\x8b" + b"x" * 1000)) as server:
        fault = await fails(upstream, request(server.origin))
    assert fault.failure.kind is FailureKind.PROTOCOL


async def test_an_answer_that_nobody_asked_for_is_not_the_next_ones(upstream: Upstream) -> None:
    head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 7\r\n\r\n"

    async def handler(exchange: RawExchange) -> None:
        await exchange.send(head.encode() + b'"asked"')
        await exchange.until_hung_up()

    with RawUpstream(handler) as server:
        for number in range(3):
            async with upstream.send(request(server.origin), KEY) as answer:
                assert await answer.read_all() == b'"asked"'
            assert len(server.exchanges) == number + 1
            server.send(server.exchanges[-1], head.encode() + b'"not!!"')
            for _ in range(3):  # what is in the socket is read in the loop's next turn
                await asyncio.sleep(0)


async def test_cookies_are_not_kept(upstream: Upstream) -> None:
    head = http_head("200 OK", "set-cookie: session=canary; path=/")
    with RawUpstream(sends(head, b"{}")) as server:
        for _ in range(2):
            async with upstream.send(request(server.origin), KEY) as answer:
                await answer.read_all()
    assert all("cookie" not in exchange.headers for exchange in server.exchanges)


async def test_proxies_of_the_environment_see_nothing(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawUpstream(sends(http_head("502 No"))) as hostile:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, hostile.origin)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name)
        with RawUpstream(sends(http_head("200 OK"), b"{}")) as server:
            async with upstream.send(request(server.origin), KEY) as answer:
                assert await answer.read_all() == b"{}"
    assert hostile.exchanges == []


async def test_a_status_is_told_with_its_body_and_the_headers_that_matter(
    upstream: Upstream,
) -> None:
    error = json.dumps({"error": {"message": "slow down"}}).encode()
    head = http_head(
        "429 Too Many", "Retry-After: 7", "x-ratelimit-limit-tokens: 5", "Set-Cookie: a=b"
    )
    with RawUpstream(sends(head, error)) as server:
        failure = (await fails(upstream, request(server.origin))).failure
    assert (failure.status, failure.body) == (429, error)
    assert failure.headers == {"retry-after": "7", "x-ratelimit-limit-tokens": "5"}


async def test_an_error_body_is_read_within_bounds(upstream: Upstream) -> None:
    with RawUpstream(sends(http_head("500 No"), *[b"x" * 65536] * 20)) as server:
        failure = (await fails(upstream, request(server.origin))).failure
    assert (failure.status, len(failure.body)) == (500, 64 << 10)


async def test_a_packed_error_is_not_shown(upstream: Upstream) -> None:
    head = http_head("429 No", "content-encoding: gzip", "retry-after: 7")
    with RawUpstream(sends(head, gzip.compress(b"slow down"))) as server:
        failure = (await fails(upstream, request(server.origin))).failure
    assert (failure.status, failure.body) == (429, b"")
    assert failure.headers == {"retry-after": "7"}


async def test_an_answer_is_read_within_bounds(upstream: Upstream) -> None:
    with RawUpstream(sends(http_head("200 OK"), *[b"x" * 65536] * 4)) as server:
        async with upstream.send(request(server.origin), KEY) as answer:
            with pytest.raises(UpstreamFault, match="larger than 100000 bytes"):
                await answer.read_all(limit=100_000)


async def test_refused_connections_are_told_by_origin(upstream: Upstream) -> None:
    with RawUpstream(sends()) as server:
        origin = server.origin
    failure = (await fails(upstream, request(origin))).failure
    assert failure.kind is FailureKind.CONNECT
    assert failure.detail.startswith(origin)


async def test_an_unknown_name_is_told(upstream: Upstream) -> None:
    failure = (await fails(upstream, request("http://nowhere.invalid"))).failure
    assert failure.kind is FailureKind.CONNECT
    assert "nowhere.invalid" in failure.detail


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ((), FailureKind.RESET),
        ((b"nonsense\r\n\r\n",), FailureKind.RESET),
        ((b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", b"{}"), FailureKind.RESET),
    ],
    ids=["closed", "not http", "shorter than promised"],
)
async def test_a_lost_connection_is_a_reset(
    upstream: Upstream, pieces: tuple[bytes, ...], kind: FailureKind
) -> None:
    with RawUpstream(sends(*pieces)) as server:
        assert (await fails(upstream, request(server.origin))).failure.kind is kind


async def silent(exchange: RawExchange) -> None:
    await exchange.until_hung_up()


async def silent_after_head(exchange: RawExchange) -> None:
    await exchange.send(EVENT_STREAM + b"data: {}\n\n")
    await exchange.until_hung_up()


@pytest.mark.parametrize("handler", [silent, silent_after_head])
@pytest.mark.parametrize("stream", [False, True])
async def test_silence_is_a_timeout_and_ends_the_connection(
    impatient: Upstream, handler: Callable[[RawExchange], Awaitable[None]], stream: bool
) -> None:
    with RawUpstream(handler) as server:
        failure = (await fails(impatient, request(server.origin, stream=stream))).failure
        assert failure.kind is FailureKind.TIMEOUT
        assert "0.3 s" in failure.detail
        assert await asyncio.to_thread(server.exchanges[0].hung_up.wait, 10)


async def test_broken_framing_is_told_at_once(upstream: Upstream) -> None:
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )

    async def handler(exchange: RawExchange) -> None:
        await exchange.send(head + b"5\r\nhello\r\n")
        await exchange.until_hung_up()

    with RawUpstream(handler) as server:
        async with upstream.send(request(server.origin, stream=True), KEY) as answer:
            assert await answer.read() == b"hello"
            server.send(server.exchanges[0], b"ZZZ\r\n")
            async with asyncio.timeout(20):
                with pytest.raises(UpstreamFault, match="ClientPayloadError"):
                    await answer.read()


async def test_leaving_early_ends_the_connection(upstream: Upstream) -> None:
    with RawUpstream(silent_after_head) as server:
        async with upstream.send(request(server.origin, stream=True), KEY) as answer:
            assert await answer.is_event_stream()
            assert await answer.read() == b"data: {}\n\n"
        assert await asyncio.to_thread(server.exchanges[0].hung_up.wait, 10)
