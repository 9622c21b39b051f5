"""Every row of every vendor's table of errors, over real HTTP: what the client is told.

Each is asked for whole and streamed, once with the status and once, where it comes so too,
inside a stream that began as a success.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import anthropic
import httpx
import pytest

from proxy_core.anthropic.errors import TYPE_OF_STATUS
from proxy_core.plugins import load_plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from tests.support.error_rows import Row
from tests.support.error_vendors import ALL_ROWS, RAISED, VENDORS, ErrorVendor
from tests.support.passing import Mirror
from tests.support.proxy import Proxy, error_of
from tests.support.raw_upstream import EVENT_STREAM, RawUpstream, http_head
from tests.support.servers import serving

Reach = Callable[[ErrorVendor], tuple[Proxy, Mirror]]


@pytest.fixture(scope="module")
def reach() -> Iterator[Reach]:
    """A proxy before each vendor, started when it is first wanted."""
    started: dict[str, tuple[Proxy, Mirror]] = {}
    with ExitStack() as stack:

        def start(vendor: ErrorVendor) -> tuple[Proxy, Mirror]:
            if str(vendor) not in started:
                mirror = Mirror()
                upstream = stack.enter_context(RawUpstream(mirror))
                flags = {
                    "plugins": vendor.plugin,
                    "max_retries": 0,
                    "providers": {vendor.provider: {"base_url": upstream.origin}},
                }
                settings = Settings.load(flags, environ=vendor.environment, cwd=Path("/"))
                app = create_app(settings, load_plugins([vendor.plugin]))
                started[str(vendor)] = Proxy(stack.enter_context(serving(app))), mirror
            return started[str(vendor)]

        yield start


def ask(proxy: Proxy, *, stream: bool) -> httpx.Response:
    return proxy.ask(model="claude-opus-5-5", stream=stream)


def is_as_expected(response: httpx.Response, row: Row) -> None:
    assert response.status_code == row.shown, response.text
    error = error_of(response) if "request_id" in response.json() else response.json()["error"]
    assert error["type"] == TYPE_OF_STATUS[row.shown]
    assert row.says in error["message"]
    assert "K3Y" not in response.text
    assert response.headers.get("retry-after") == (None if row.wait is None else str(row.wait))
    assert response.headers.get("x-should-retry") == ("false" if row.stop else None)


def head(row: Row) -> bytes:
    headers = {"content-type": "application/json", **row.headers}
    return http_head(f"{row.status} Told", *(f"{name}: {text}" for name, text in headers.items()))


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize(
    ("vendor", "row"), ALL_ROWS, ids=[f"{vendor} {row.id}" for vendor, row in ALL_ROWS]
)
def test_a_row(reach: Reach, vendor: ErrorVendor, row: Row, stream: bool) -> None:
    proxy, mirror = reach(vendor)
    mirror.answer = (head(row) + row.body,)
    is_as_expected(ask(proxy, stream=stream), row)
    if stream and row.in_stream:
        mirror.answer = (EVENT_STREAM + vendor.frame(row.body),)
        is_as_expected(ask(proxy, stream=True), row)


@pytest.mark.parametrize("status", sorted(RAISED))
@pytest.mark.parametrize("vendor", VENDORS, ids=str)
def test_the_official_client_raises(reach: Reach, vendor: ErrorVendor, status: int) -> None:
    rows = [row for of, row in ALL_ROWS if of is vendor and row.shown == status]
    proxy, mirror = reach(vendor)
    with anthropic.Anthropic(base_url=proxy.url, api_key="none", max_retries=0) as client:
        for row in rows:
            mirror.answer = (head(row) + row.body,)
            with pytest.raises(RAISED[status]) as raised:
                client.messages.create(
                    model="claude-opus-5-5",
                    max_tokens=9,
                    messages=[{"role": "user", "content": "x"}],
                )
            assert type(raised.value) is RAISED[status]
            assert raised.value.type == TYPE_OF_STATUS[status]


def test_every_vendor_tells_every_kind() -> None:
    """No table has lost what matters to clients."""
    for vendor in VENDORS:
        kinds = {row.about.name for row in vendor.rows}
        assert {"CONTEXT_OVERFLOW", "KEY", "MODEL", "RATE_LIMIT"} <= kinds, str(vendor)
