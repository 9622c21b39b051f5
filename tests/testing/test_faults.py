"""Every fault at every fake vendor, over real HTTP: what a client of the proxy gets to see.

What a client sees depends on the fault, and in no row on the vendor.
"""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from proxy_core.testing.fakes import FakeUpstream, Fault
from proxy_core.testing.faults import PARTS, Part
from proxy_core.testing.script import Script
from tests.support.fake_vendors import LIMIT, QUESTION, VENDORS, Client, Seen, proxied

PIECES = ("It ", "rains ", "in ", "Lisbon, ", "and ", "not ", "a ", "little.")
SCRIPT = Script(text=PIECES)
ALL = Seen(200, "".join(PIECES))
HALF = "half"
"""Stands for some of the text and not all of it: how much depends on the vendor's frames."""
LOST = Seen(502, "", "api_error")
LOST_HALFWAY = Seen(200, HALF, "api_error")
TOO_LATE = Seen(504, "", "timeout_error")

SEEN: dict[Fault, tuple[Seen, Seen]] = {
    Fault.NO_ANSWER: (LOST, LOST),
    Fault.BYTEWISE: (ALL, ALL),
    Fault.CUT: (LOST_HALFWAY, LOST),
    Fault.RESET: (LOST_HALFWAY, LOST),
    Fault.ENDED: (LOST_HALFWAY, LOST),
    Fault.HALF_FRAME: (LOST_HALFWAY, LOST),
    Fault.GARBAGE: (LOST_HALFWAY, LOST),
    Fault.WRONG_TYPE: (ALL, ALL),
    Fault.WEB_PAGE: (LOST, LOST),
}
"""Each fault that comes by itself, streamed and whole."""
WORDS = {
    Fault.NO_ANSWER: "closed the connection",
    Fault.CUT: "closed the connection",
    Fault.RESET: "closed the connection",
    Fault.WEB_PAGE: "_BASE_URL",  # usually the address is wrong
}
"""What a person has to be told beside the type."""
NEVER: dict[Fault, tuple[Seen, Seen]] = {
    Fault.LATE: (TOO_LATE, TOO_LATE),
    Fault.HOLD: (Seen(200, HALF, "timeout_error"), TOO_LATE),
    Fault.OPEN: (ALL, TOO_LATE),
}
"""Each fault that lasts until it is released, where nobody does."""
HELD = (*NEVER, Fault.KEEP_ALIVE)

IMPATIENT = {
    Fault.LATE: {"first_byte_timeout": 0.5, "request_timeout": 0.5},
    Fault.HOLD: {"idle_timeout": 0.5},
    Fault.OPEN: {"idle_timeout": 0.5},
}
"""The one wait that the fault wears out; the others stay long."""

streamed_or_whole = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])


class Table(NamedTuple):
    """A vendor, a proxy and a client."""

    upstream: FakeUpstream
    url: str
    client: Client


Seats = Callable[..., Table]


@pytest.fixture(scope="module", params=VENDORS)
def seats(request: pytest.FixtureRequest) -> Iterator[Seats]:
    """Tables before one vendor, which stay for all tests, one for each set of settings."""
    vendor = VENDORS[request.param]
    laid: dict[str, Table] = {}
    with ExitStack() as stack:

        def seat(**settings: Any) -> Table:
            if repr(settings) not in laid:
                upstream = stack.enter_context(FakeUpstream(vendor.wire))
                url = stack.enter_context(proxied(vendor, upstream, **settings))
                laid[repr(settings)] = Table(
                    upstream, url, stack.enter_context(closing(Client(url)))
                )
            table = laid[repr(settings)]
            table.upstream.received.clear()
            return table

        yield seat


def alike(seen: Seen) -> Seen:
    """What was seen, without words that differ; `HALF` stands for a beginning of the text."""
    begun = seen.text not in ("", ALL.text) and ALL.text.startswith(seen.text)
    return seen._replace(text=HALF if begun else seen.text, message="")


def test_every_fault_is_in_a_table() -> None:
    assert {*SEEN, *HELD, Fault.ERROR} == {*Fault}
    assert {f for f in Fault if {Part.HOLD, Part.KEEP_ALIVE} & {*f.parts}} == {*HELD}
    assert len({fault.parts for fault in Fault} | {PARTS}) == len(Fault) + 1


@streamed_or_whole
@pytest.mark.parametrize("fault", SEEN, ids=lambda fault: fault.name)
def test_what_a_client_sees(seats: Seats, fault: Fault, stream: bool) -> None:
    table = seats()
    halfway = stream and SEEN[fault][0] == LOST_HALFWAY
    reply = table.upstream.says(SCRIPT, fault, on_release=halfway)
    if halfway:
        # The client has seen the first half before the fault comes: from then on it has a 200.
        seen = table.client.stream(on_text=reply.release)
    else:
        seen = table.client.ask(stream=stream)
    assert alike(seen) == SEEN[fault][0 if stream else 1]
    assert WORDS.get(fault, "") in seen.message
    assert len(table.upstream.received) == 1


@streamed_or_whole
def test_an_error_in_an_answer_is_told_in_the_vendors_words(seats: Seats, stream: bool) -> None:
    table = seats()
    reply = table.upstream.says(SCRIPT, Fault.ERROR, on_release=stream)
    client = table.client
    seen = client.stream(on_text=reply.release) if stream else client.whole()
    assert "the server gave up" in seen.message
    # Which of the two, and which status, is for each vendor to say.
    assert seen.error in ("api_error", "overloaded_error")
    assert alike(seen)[:2] == (200, HALF) if stream else seen.status >= 500


@streamed_or_whole
@pytest.mark.parametrize("fault", HELD, ids=lambda fault: fault.name)
def test_what_is_held_goes_on_when_it_is_released(seats: Seats, fault: Fault, stream: bool) -> None:
    table = seats()
    reply = table.upstream.says(SCRIPT, fault)
    with ThreadPoolExecutor(1) as thread:
        asked = thread.submit(table.client.ask, stream=stream)
        assert reply.held.wait(LIMIT)
        if fault is not Fault.OPEN:  # in which all was told already
            assert not asked.done()
        reply.release()
        assert asked.result(LIMIT) == ALL


@streamed_or_whole
@pytest.mark.parametrize("fault", NEVER, ids=lambda fault: fault.name)
def test_what_is_never_released_is_left(seats: Seats, fault: Fault, stream: bool) -> None:
    table = seats(**IMPATIENT[fault])
    reply = table.upstream.says(SCRIPT, fault)
    seen = table.client.ask(stream=stream)
    assert alike(seen) == NEVER[fault][0 if stream else 1]
    assert reply.left.wait(LIMIT)


@streamed_or_whole
@pytest.mark.parametrize("fault", HELD, ids=lambda fault: fault.name)
def test_a_client_that_leaves_takes_the_proxy_along(
    seats: Seats, fault: Fault, stream: bool
) -> None:
    table = seats()
    reply = table.upstream.says(SCRIPT, fault)
    # By hand, as the SDK gives no hold on a request that has not been answered.
    connection = http.client.HTTPConnection(urlsplit(table.url).netloc, timeout=LIMIT)
    with closing(connection):
        connection.request("POST", "/v1/messages", json.dumps(QUESTION | {"stream": stream}))
        assert reply.held.wait(LIMIT)
        assert not reply.left.is_set() or (stream and fault is Fault.OPEN)
    assert reply.left.wait(LIMIT)


REFUSALS = {
    400: Seen(400, "", "invalid_request_error"),
    401: Seen(401, "", "authentication_error"),
    403: Seen(403, "", "permission_error"),
    429: Seen(429, "", "rate_limit_error"),
    500: Seen(500, "", "api_error"),
    503: Seen(503, "", "api_error"),
}


@streamed_or_whole
@pytest.mark.parametrize("status", REFUSALS)
def test_a_refusal_has_its_status(seats: Seats, status: int, stream: bool) -> None:
    table = seats()
    table.upstream.refuses(status, "No.")
    assert alike(table.client.ask(stream=stream)) == REFUSALS[status]


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.ENDED, Fault.WRONG_TYPE, Fault.WEB_PAGE])
def test_a_refusal_that_is_lost_on_the_way_has_its_status(seats: Seats, fault: Fault) -> None:
    table = seats()
    table.upstream.refuses(503, "No.", fault=fault)
    assert alike(table.client.whole()) == REFUSALS[503]


@streamed_or_whole
@pytest.mark.parametrize("name", VENDORS)
def test_where_nobody_is_there_is_no_connection(name: str, stream: bool) -> None:
    vendor = VENDORS[name]
    with FakeUpstream(vendor.wire) as gone:
        pass
    with proxied(vendor, gone) as url, closing(Client(url)) as client:
        assert alike(client.ask(stream=stream)) == LOST
