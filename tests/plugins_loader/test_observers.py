"""Observers hear of every exchange."""

from __future__ import annotations

from proxy_core import hookimpl
from proxy_core.contract import Exchange, Usage
from proxy_core.plugins import Plugins
from tests.plugins_loader.objects import Complete

EXCHANGE = Exchange(
    request_id="req_1",
    upstream_request_id=None,
    requested_model="m",
    target="acme/m",
    fallbacks=(),
    stream=True,
    status=200,
    outcome="ok",
    stop_reason="end_turn",
    usage=Usage(),
    losses=(),
    request_bytes=1,
    response_bytes=1,
    first_byte_seconds=0.1,
    total_seconds=0.2,
)


class Observer:
    def __init__(self, seen: list[Exchange], error: Exception | None = None) -> None:
        self.seen = seen
        self.error = error

    @hookimpl
    def proxy_exchange_finished(self, exchange: Exchange) -> None:
        if self.error is not None:
            raise self.error
        self.seen.append(exchange)


def test_every_observer_hears_and_one_failing_stops_no_other() -> None:
    seen: list[Exchange] = []
    error = OSError("disk full")
    plugins = Plugins.of(
        {
            "one": Observer(seen),
            "bad": Observer(seen, error),
            "x": Complete(),
            "two": Observer(seen),
        }
    )
    faults = plugins.finished(EXCHANGE)
    assert seen == [EXCHANGE, EXCHANGE]
    assert [(fault.plugin, fault.original) for fault in faults] == [("bad", error)]


def test_without_observers_nothing_happens() -> None:
    assert Plugins.of({"acme": Complete()}).finished(EXCHANGE) == []
