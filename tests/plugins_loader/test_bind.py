"""Bound hooks: one plugin answers for its own, and what it may not answer is named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from proxy_core import hookimpl
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import CountCall, ModelFacts, Provider, Target, TokenCount, UpstreamRequest
from proxy_core.ledger import Ledger
from proxy_core.plugins import PluginError, PluginFault, Plugins
from tests.plugins_loader.objects import CARD, Complete, card
from tests.plugins_loader.programmable import (
    HOOKS,
    REQUEST,
    TARGET,
    UPSTREAM,
    VERDICT,
    fault,
    result,
)


@pytest.mark.parametrize(
    ("hook", "value"),
    [
        ("proxy_map_model", None),
        ("proxy_map_model", TARGET),
        ("proxy_translate_request", UPSTREAM),
        ("proxy_translate_response", None),
        ("proxy_classify_error", None),
        ("proxy_classify_error", VERDICT),
        ("proxy_count_tokens", None),
        ("proxy_count_tokens", TokenCount(3, "counted")),
    ],
)
def test_right_answers_pass_unchanged(hook: str, value: object) -> None:
    assert result(hook, value) is value


def test_a_vendors_count_is_asked_and_read_as_the_plugin_says() -> None:
    call = result("proxy_count_tokens", CountCall(UPSTREAM, len))
    assert isinstance(call, CountCall)
    assert call.request is UPSTREAM
    assert call.read(b"four") == 4


@pytest.mark.parametrize("read", [lambda _body: "4", lambda _body: None, lambda _body: 1 // 0])
def test_a_count_that_is_none_is_the_plugins_fault(read: Any) -> None:
    call = result("proxy_count_tokens", CountCall(UPSTREAM, read))
    assert isinstance(call, CountCall)
    with pytest.raises(PluginFault, match="proxy_count_tokens"):
        call.read(b"")


@pytest.mark.parametrize("junk", ["text", 3, {"a": 1}, [None], object()])
@pytest.mark.parametrize("hook", HOOKS)
def test_an_answer_of_the_wrong_type_is_the_plugins_fault(hook: str, junk: object) -> None:
    assert type(junk).__name__ in str(fault(hook, junk))


@pytest.mark.parametrize("hook", ["proxy_translate_request", "proxy_open_stream"])
def test_required_answers_are_required(hook: str) -> None:
    assert "NoneType" in str(fault(hook, None))


def test_a_target_at_another_provider_is_refused() -> None:
    other = msgspec.structs.replace(TARGET, provider=card("other"))
    assert "another provider" in str(fault("proxy_map_model", other))


def test_a_verdict_that_is_no_error_is_refused() -> None:
    fine = msgspec.structs.replace(VERDICT, status=200)
    assert "status 200" in str(fault("proxy_classify_error", fine))


def test_a_plugin_never_answers_for_another() -> None:
    class Greedy(Complete):
        @hookimpl(tryfirst=True)
        def proxy_map_model(self, provider: Provider) -> Target:
            return Target(provider=provider, model="mine", facts=ModelFacts(pattern="mine"))

        @hookimpl(tryfirst=True)
        def proxy_count_tokens(self) -> TokenCount:
            return TokenCount(1, "mine")

    plugins = Plugins.of({"plain": Complete(card("plain")), "greedy": Greedy(card("greedy"))})
    plain, greedy = plugins.providers
    assert plain.map_model("x", plain.provider, ()) is None
    assert plain.count_tokens(REQUEST, TARGET) is None
    assert greedy.count_tokens(REQUEST, TARGET) == TokenCount(1, "mine")


def test_hooks_receive_what_they_are_called_with() -> None:
    seen: list[tuple[object, ...]] = []

    class Curious(Complete):
        @hookimpl
        def proxy_map_model(
            self, requested: str, provider: Provider, models: Sequence[str]
        ) -> None:
            seen.append((requested, provider, models))

        @hookimpl
        def proxy_translate_request(
            self, request: MessagesRequest, target: Target, ledger: Ledger
        ) -> UpstreamRequest:
            seen.append((request, target, ledger))
            return UPSTREAM

    bound = Plugins.of({"acme": Curious()}).providers[0]
    ledger = Ledger()
    bound.map_model("asked", CARD, ("m1", "m2"))
    bound.translate_request(REQUEST, TARGET, ledger)
    assert seen == [("asked", CARD, ("m1", "m2")), (REQUEST, TARGET, ledger)]


def test_a_further_provider_is_served_by_the_plugin_it_is_like() -> None:
    plugins = Plugins.of(
        {"plain": Complete(card("plain")), "acme": Complete(card("acme", aliases=("a",)))}
    )
    office = card("office")
    bound = plugins.bind(office, like="A")
    assert bound.provider is office
    assert bound.plugin == "acme"


def test_a_further_provider_needs_a_pattern() -> None:
    plugins = Plugins.of({"acme": Complete()})
    with pytest.raises(PluginError, match=r"'office' is to be like 'nothing'.*there is: acme"):
        plugins.bind(card("office"), like="nothing")
