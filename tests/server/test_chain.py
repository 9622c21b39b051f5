"""A chain of targets: who is asked next, and what the client is told when nobody answers."""

from typing import Any

import pytest

from tests.e2e.upstream_script import Refuse, in_order
from tests.server.observed import observed
from tests.server.story import STORY, Start, scripted
from tests.support.proxy import error_of

CHAIN = {"chain": ["acme/big-model", "other/big-model", "acme/small-model"]}
STRANGERS: dict[str, dict[str, Any]] = {
    "invalid_request_error": {"base_url": "http://127.0.0.1:9", "quirks": {"sampling": False}},
    "authentication_error": {"base_url": "http://127.0.0.1:9", "api_key_env": "NOT_SET"},
}
"""Targets that cannot be asked, by the reason: a request that cannot be said, and no key."""


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("reason", STRANGERS)
def test_the_record_is_of_the_target_whose_failure_is_told(reason: str, stream: bool) -> None:
    settings: dict[str, Any] = {
        "models": {"chain": ["acme/big-model", "other/big-model"]},
        "providers": {"other": {"like": "acme", **STRANGERS[reason]}},
        "strict": True,
        "max_retries": 0,
    }
    with observed(in_order(Refuse(529, "")), **settings) as (proxy, _, seen):
        proxy.ask(model="chain", temperature=0.5, stream=stream)
    [exchange] = seen
    assert (exchange.target, exchange.status) == ("acme/big-model", 529)
    assert exchange.fallbacks == (
        "acme/big-model=overloaded_error",
        f"other/big-model={reason}",
    )


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("other", STRANGERS.values(), ids=STRANGERS)
def test_a_request_that_the_next_target_cannot_take_is_no_worse_for_it(
    proxy_to: Start, other: dict[str, Any], stream: bool
) -> None:
    turns = in_order(Refuse(529, ""), STORY, *[Refuse(529, "")] * 2)
    with scripted(turns) as upstream:
        proxy = proxy_to(
            upstream.base_url,
            models=CHAIN,
            providers={"other": {"like": "acme", **other}},
            strict=True,
            max_retries=0,
        )
        answered = proxy.ask(model="chain", temperature=0.5, stream=stream)
        failed = proxy.ask(model="chain", temperature=0.5, stream=stream)
    assert answered.status_code == 200
    assert answered.headers["x-proxy-target"] == "acme/small-model"
    given_up = answered.headers["x-proxy-fallback"].split(", ")
    assert [entry.partition("=")[0] for entry in given_up] == ["acme/big-model", "other/big-model"]
    assert (failed.status_code, error_of(failed)["type"]) == (529, "overloaded_error")
