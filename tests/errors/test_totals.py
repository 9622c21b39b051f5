"""Whatever goes wrong, with whichever provider, is told as an error that Anthropic could send."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import anthropic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.errors import TYPE_OF_STATUS, default_verdict
from proxy_core.contract import ErrorVerdict, FailureKind, UpstreamFailure
from proxy_core.plugins import load_plugins
from proxy_core.server.app import create_app
from proxy_core.server.headers import error_headers
from proxy_core.server.wording import worded
from proxy_core.settings import Settings
from tests.support.error_rows import CLOUDFLARE, google, openai
from tests.support.error_rows import anthropic as told_natively
from tests.support.error_vendors import RAISED, VENDORS, ErrorVendor
from tests.support.native import request
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, RawUpstream, http_head
from tests.support.servers import serving
from tests.support.shipped import Shipped, shipped

ALL = list(shipped())
ASKED = request()
BODIES = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b"\xff\xfe",
    CLOUDFLARE,
    openai("no"),
    openai("no", "rate_limit_exceeded"),
    google("no", "INTERNAL", 500),
    told_natively("no", "api_error"),
    told_natively("no", "a_type_of_tomorrow"),
]


def verdict_of(one: Shipped, failure: UpstreamFailure) -> ErrorVerdict:
    read = one.plugin.proxy_classify_error(failure, one.target)
    read = read or default_verdict(failure, one.target.provider)
    return worded(read, ASKED, one.target, (), own_account=True)


def is_legal(verdict: ErrorVerdict) -> None:
    """Anthropic's own error, relayed, may be of any type and any status of an error."""
    if verdict.body:
        assert 400 <= verdict.status <= 599
    else:
        assert verdict.status in RAISED
        assert verdict.type == TYPE_OF_STATUS[verdict.status]
    assert verdict.message
    assert "\n" not in verdict.message
    for name, text in error_headers(verdict):
        assert re.fullmatch(r"retry-after|x-should-retry", name)
        assert re.fullmatch(r"\d+|true|false", text)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_every_status_is_told_as_one_of_anthropics(one: Shipped) -> None:
    for status in range(100, 600):
        for body in (b"", CLOUDFLARE, BODIES[-1]):
            failure = UpstreamFailure(kind=FailureKind.STATUS, status=status, body=body)
            verdict = verdict_of(one, failure)
            is_legal(verdict)
            if status >= 500:
                # A 400 costs six requests, and the vendor has not blamed this one.
                assert verdict.status != 400, (status, body)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
@pytest.mark.parametrize("kind", FailureKind)
def test_every_fault_is_told_as_one_of_anthropics(one: Shipped, kind: FailureKind) -> None:
    for body in BODIES:
        is_legal(verdict_of(one, UpstreamFailure(kind=kind, body=body, detail="why")))


@pytest.mark.proof
@given(
    one=st.sampled_from(ALL),
    kind=st.sampled_from(FailureKind),
    status=st.none() | st.integers(-1, 1000),
    body=st.binary() | st.sampled_from(BODIES),
    wait=st.text(max_size=12) | st.floats().map(str),
)
def test_whatever_comes_is_told_as_one_of_anthropics(
    one: Shipped, kind: FailureKind, status: int | None, body: bytes, wait: str
) -> None:
    headers = {"retry-after": wait}
    told = UpstreamFailure(kind=kind, status=status, body=body, headers=headers)
    verdict = verdict_of(one, told)
    if not verdict.body:
        is_legal(verdict)


# -- over HTTP, before the official client -----------------------------------------------------


async def hangs_up(exchange: RawExchange) -> None:
    exchange.writer.transport.abort()


async def stays_silent(exchange: RawExchange) -> None:
    await exchange.until_hung_up()


def says(*pieces: bytes) -> Callable[[RawExchange], Awaitable[None]]:
    async def handler(exchange: RawExchange) -> None:
        for piece in pieces:
            await exchange.send(piece)

    return handler


JSON = http_head("200 OK", "content-type: application/json")
FAULTS = {
    "hangs up": (hangs_up, 502),
    "stays silent": (stays_silent, 504),
    "no HTTP": (says(b"SSH-2.0-OpenSSH_9.9\r\n"), 502),
    "a stream of nothing": (says(EVENT_STREAM), 502),
    "a stream of noise": (says(EVENT_STREAM + b"data: {]\n\n"), 502),
    "no JSON": (says(JSON + b"<"), 502),
    "an empty success": (says(JSON), 502),
    "a success of another kind": (says(JSON + b'{"object": "list"}'), 502),
    "a web page": (says(http_head("200 OK", "content-type: text/html") + CLOUDFLARE), 502),
    "words": (says(http_head("200 OK", "content-type: text/plain") + b"hello"), 502),
    "compressed": (says(http_head("200 OK", "content-encoding: gzip") + b"\x1f\x8b"), 502),
    "a redirect": (says(http_head("301 Moved", "location: http://127.0.0.1:1/")), 502),
    "an endless error": (says(http_head("500 No") + b"x" * (1 << 20)), 500),
}


@contextmanager
def before(vendor: ErrorVendor, base_url: str) -> Iterator[anthropic.Anthropic]:
    """The official client before a proxy before `base_url`."""
    flags = {
        "plugins": vendor.plugin,
        "max_retries": 0,
        "first_byte_timeout": 0.5,
        "request_timeout": 0.5,
        "providers": {vendor.provider: {"base_url": base_url}},
    }
    settings = Settings.load(flags, environ=vendor.environment, cwd=Path("/"))
    with ExitStack() as stack:
        proxy = stack.enter_context(serving(create_app(settings, load_plugins([vendor.plugin]))))
        yield stack.enter_context(
            anthropic.Anthropic(base_url=proxy.url, api_key="none", max_retries=0)
        )


def raised_by(client: anthropic.Anthropic, *, stream: bool) -> anthropic.APIStatusError:
    with pytest.raises(anthropic.APIStatusError) as raised:
        list(ask(client, stream=stream))
    return raised.value


def ask(client: anthropic.Anthropic, *, stream: bool) -> Iterator[object]:
    answer = client.messages.create(
        model="claude-opus-5-5",
        max_tokens=9,
        messages=[{"role": "user", "content": "x"}],
        stream=stream,
    )
    yield from answer if isinstance(answer, anthropic.Stream) else [answer]


@pytest.mark.parametrize("vendor", VENDORS, ids=str)
def test_what_the_official_client_raises_of_broken_transports(vendor: ErrorVendor) -> None:
    now: list[Callable[[RawExchange], Awaitable[None]]] = []

    async def handler(exchange: RawExchange) -> None:
        await now[0](exchange)

    with RawUpstream(handler) as upstream, before(vendor, upstream.origin) as client:
        for name, (fault, status) in FAULTS.items():
            now[:] = [fault]
            for stream in (False, True):
                error = raised_by(client, stream=stream)
                told = (name, stream, error.message)
                assert error.status_code == status, told
                assert type(error) is RAISED[status], told
                assert error.type == TYPE_OF_STATUS[status], told
                assert json.dumps(error.body).count("K3Y") == 0, told


@pytest.mark.parametrize("vendor", VENDORS, ids=str)
def test_nobody_there(vendor: ErrorVendor) -> None:
    with before(vendor, "http://127.0.0.1:1") as client:
        error = raised_by(client, stream=True)
    assert type(error) is anthropic.InternalServerError
    assert "http://127.0.0.1:1" in error.message
    assert "_BASE_URL" in error.message
