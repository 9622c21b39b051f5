"""pluggy's traps: each is an error at start that names the plugin and the way out."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from proxy_core import hookimpl
from proxy_core.contract import Provider
from proxy_core.plugins import PluginError, Plugins
from tests.plugins_loader.objects import CARD, Complete, card


def refusal(plugin: object, name: str = "acme") -> str:
    with pytest.raises(PluginError) as caught:
        Plugins.of({name: plugin})
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(f"plugin {name!r}")
    return message


def test_the_complete_plugin_is_taken() -> None:
    assert [bound.provider for bound in Plugins.of({"acme": Complete()}).providers] == [CARD]


# -- hooks that are none -------------------------------------------------------------------


class Undecorated(Complete):
    def proxy_translate_response(self, body: bytes, writer: object) -> None:
        """Hides the base's hook and is none itself."""


class UndecoratedOptional(Complete):
    def proxy_count_tokens(self, request: object) -> None:
        """Nobody would ever call this."""


class StaticUndecorated(Complete):
    @staticmethod
    def proxy_classify_error(failure: object) -> None:
        """Nor this."""


class ClassUndecorated(Complete):
    @classmethod
    def proxy_classify_error(cls, failure: object) -> None:
        """Nor this."""


class PropertyHook(Complete):
    @property
    def proxy_classify_error(self) -> None:
        """Nor this."""


@pytest.mark.parametrize(
    ("plugin", "hook"),
    [
        (Undecorated(), "proxy_translate_response"),
        (UndecoratedOptional(), "proxy_count_tokens"),
        (StaticUndecorated(), "proxy_classify_error"),
        (ClassUndecorated(), "proxy_classify_error"),
        (PropertyHook(), "proxy_classify_error"),
    ],
)
def test_an_override_without_its_decorator_is_refused(plugin: object, hook: str) -> None:
    message = refusal(plugin)
    assert f"has {hook}" in message
    assert "@hookimpl" in message


def test_an_undecorated_function_of_a_module_is_refused() -> None:
    module = types.ModuleType("acme_module")
    vars(module)["proxy_exchange_finished"] = lambda: None
    assert "has proxy_exchange_finished" in refusal(module)


def test_an_undecorated_attribute_of_an_instance_is_refused() -> None:
    plugin = Complete()
    vars(plugin)["proxy_open_stream"] = lambda: None
    assert "has proxy_open_stream" in refusal(plugin)


def test_a_misspelt_undecorated_hook_gets_a_suggestion() -> None:
    class Misspelt(Complete):
        def proxy_clasify_error(self, failure: object) -> None:
            """Meant as proxy_classify_error."""

    assert "did you mean proxy_classify_error?" in refusal(Misspelt())


def test_an_inherited_hook_may_be_taken_back_with_none() -> None:
    class WithCount(Complete):
        @hookimpl
        def proxy_count_tokens(self, request: object) -> None:
            """An optional hook."""

    class Without(WithCount):
        proxy_count_tokens = None  # type: ignore[assignment]

    assert Plugins.of({"acme": Without()}).names == ("acme",)


def test_modules_and_data_with_the_prefix_are_no_hooks() -> None:
    class Named(Complete):
        proxy_version = "1"
        proxy_module = types

    assert Plugins.of({"acme": Named()}).names == ("acme",)


def test_an_unknown_hook_is_refused_with_the_close_match() -> None:
    class Unknown(Complete):
        @hookimpl
        def proxy_open_streem(self, writer: object) -> None:
            """Misspelt."""

    message = refusal(Unknown())
    assert "proxy_open_streem, which is no hook" in message
    assert "did you mean proxy_open_stream?" in message


def test_a_hook_of_a_later_core_may_be_optional() -> None:
    class Later(Complete):
        @hookimpl(optionalhook=True)
        def proxy_rerank(self, documents: object) -> None:
            """Not a hook yet."""

    assert Plugins.of({"acme": Later()}).names == ("acme",)


def test_a_wrong_argument_is_refused_by_its_name() -> None:
    class Wrong(Complete):
        @hookimpl
        def proxy_translate_response(self, payload: bytes, writer: object) -> None:
            """`payload` is not in the specification."""

    message = refusal(Wrong())
    assert "proxy_translate_response" in message
    assert "'payload'" in message
    assert "object at 0x" not in message


def test_arguments_may_be_left_out() -> None:
    class Modest(Complete):
        @hookimpl
        def proxy_translate_response(self) -> None:  # type: ignore[override]
            """Needs nothing."""

    assert Plugins.of({"acme": Modest()}).names == ("acme",)


# -- objects that are no plugins -----------------------------------------------------------


def test_a_class_is_refused_where_an_instance_belongs() -> None:
    assert "plugin = Complete()" in refusal(Complete)


def test_an_async_hook_is_refused() -> None:
    class Async(Complete):
        @hookimpl
        async def proxy_count_tokens(self, request: object) -> None:
            """Would return a coroutine."""

    assert "proxy_count_tokens as async" in refusal(Async())


@pytest.mark.parametrize("style", ["wrapper", "hookwrapper"])
def test_a_wrapper_is_refused(style: str) -> None:
    class Wrapper(Complete):
        @hookimpl(wrapper=style == "wrapper", hookwrapper=style == "hookwrapper")
        def proxy_count_tokens(self) -> Iterator[None]:
            yield

    assert "wraps proxy_count_tokens" in refusal(Wrapper())


def test_a_plugin_that_cannot_be_hashed_is_refused() -> None:
    @dataclass
    class Data(Complete):
        def __init__(self) -> None:
            super().__init__()

    assert "eq=False" in refusal(Data())


def test_one_object_under_two_names_is_refused() -> None:
    plugin = Complete()
    with pytest.raises(PluginError, match=r"'two' equals a plugin that is loaded"):
        Plugins.of({"one": plugin, "two": plugin})


@pytest.mark.parametrize("nothing", [None, object(), 3, types.ModuleType("empty")])
def test_an_object_without_hooks_is_refused(nothing: object) -> None:
    assert "implements no hook" in refusal(nothing)


@pytest.mark.parametrize(
    "missing",
    [
        "proxy_providers",
        "proxy_translate_request",
        "proxy_translate_response",
        "proxy_open_stream",
    ],
)
def test_each_required_hook_is_required(missing: str) -> None:
    plugin = type("Incomplete", (Complete,), {missing: None})()
    assert f"lacks {missing};" in refusal(plugin)
    assert "one without has proxy_exchange_finished alone" in refusal(plugin)


def test_a_plugin_that_only_observes_brings_no_providers() -> None:
    class Observer:
        @hookimpl
        def proxy_exchange_finished(self, exchange: object) -> None:
            """Listens."""

    plugins = Plugins.of({"watch": Observer()})
    assert plugins.providers == ()
    assert plugins.names == ("watch",)


# -- cards ---------------------------------------------------------------------------------


class Cards(Complete):
    """A plugin whose cards are made when they are asked for."""

    def __init__(self, make: Callable[[], Any]) -> None:
        super().__init__()
        self.make = make

    @hookimpl
    def proxy_providers(self) -> Iterable[Provider]:
        cards: Iterable[Provider] = self.make()
        return cards


def broken_generator() -> Iterator[Provider]:
    yield CARD
    raise LookupError("half way")


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: None, "returned no Provider"),
        (list, "returned no Provider"),
        (lambda: CARD, "returned one Provider from proxy_providers; return a list"),
        (lambda: "acme", "returned a str from proxy_providers"),
        (lambda: [CARD.model_dump()], "returned a dict from proxy_providers"),
        (lambda: 3, "failed in proxy_providers: TypeError"),
        (lambda: next(iter(())), "failed in proxy_providers: StopIteration"),
        (broken_generator, "failed in proxy_providers: LookupError: half way"),
        (lambda: [card("Acme")], "invalid Provider: name: String should match pattern"),
        (lambda: [card(colour="red")], "invalid Provider: colour: Extra inputs"),
        (lambda: [card(headers={"x-api-key": "v"})], "x-api-key carries secrets"),
        (lambda: [card(headers={"x bad": "v"})], "'x bad' is no header name"),
        (lambda: [card(headers={"x-ok": "a\r\nb: c"})], "the value of x-ok is no header value"),
        (lambda: [card(headers={"x-ok": "v", "api-key": "v"})], "api-key carries secrets"),
        (
            lambda: [card(base_url="http://acme.example")],
            "in the clear; its base_url must be https",
        ),
        (lambda: [card(base_url="https://acme.example:no")], "base_url of provider 'acme' is no"),
        (lambda: [card(base_url="http://:80")], "base_url of provider 'acme' is no address"),
        (lambda: [card(headers={"Host": "v"})], "Host is set by the HTTP client"),
        (lambda: [card(api_version=(2, 0))], "API 2.0, this proxy-core has 1.0; update proxy-core"),
        (lambda: [card(api_version=(0, 9))], "API 0.9, this proxy-core has 1.0; update the plugin"),
        (lambda: [card(api_version=(1, 1), colour="red")], "acme' is written for plugin API 1.1,"),
        (lambda: [card(api_version=(1, 1))], "API 1.1, this proxy-core has 1.0; update proxy-core"),
    ],
)
def test_bad_cards_are_refused(make: Callable[[], Any], expected: str) -> None:
    assert expected in refusal(Cards(make))


def test_a_generator_of_cards_is_fine() -> None:
    plugins = Plugins.of({"acme": Cards(lambda: (card(name) for name in ("one", "two")))})
    assert [bound.provider.name for bound in plugins.providers] == ["one", "two"]


def test_plugins_for_an_older_minor_version_are_fine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy_core.contract.API_VERSION", (1, 3))
    assert Plugins.of({"acme": Cards(lambda: [card(api_version=(1, 1))])}).providers


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (card("acme"), card("acme")),
        (card("acme"), card("other", aliases=("acme",))),
        (card("acme", aliases=("a",)), card("other", aliases=("A",))),
    ],
)
def test_a_provider_name_is_claimed_once(first: Provider, second: Provider) -> None:
    with pytest.raises(PluginError, match=r"is claimed by plugin 'two'.*by plugin 'one'"):
        Plugins.of({"one": Complete(first), "two": Complete(second)})


def test_a_card_may_repeat_its_own_name_as_alias() -> None:
    plugins = Plugins.of({"acme": Complete(card("acme", aliases=("acme", "ACME", "a")))})
    assert plugins.get("A") is plugins.get("acme") is plugins.providers[0]
