"""The hooks, as plugins see them: a picture that may only grow."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pluggy
import pytest

import proxy_core
from proxy_core import hookspecs
from proxy_core.bound import BoundProvider
from proxy_core.contract import API_VERSION

SPECS = {
    "proxy_providers": ("() -> Iterable[Provider]", False),
    "proxy_map_model": (
        "(requested: str, provider: Provider, models: Sequence[str]) -> Target | None",
        True,
    ),
    "proxy_translate_request": (
        "(request: MessagesRequest, target: Target, ledger: Ledger) -> UpstreamRequest",
        True,
    ),
    "proxy_translate_response": (
        "(upstream: UpstreamRequest, body: bytes, writer: MessageWriter, ledger: Ledger) -> None",
        True,
    ),
    "proxy_open_stream": (
        "(upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger) -> StreamTranslator",
        True,
    ),
    "proxy_classify_error": (
        "(failure: UpstreamFailure, target: Target) -> ErrorVerdict | None",
        True,
    ),
    "proxy_rescue_error": (
        (
            "(failure: UpstreamFailure, upstream: UpstreamRequest, writer: MessageWriter, "
            "ledger: Ledger) -> bool | None"
        ),
        True,
    ),
    "proxy_count_tokens": (
        "(request: MessagesRequest, target: Target) -> TokenCount | CountCall | None",
        True,
    ),
    "proxy_exchange_finished": ("(exchange: Exchange) -> None", False),
}
"""Every hook of API 1.0: its signature, and whether the first answer wins.

A hook or an argument may be added, with a new minor version; anything else is a new major.
"""


@pytest.fixture(scope="module")
def hooks() -> dict[str, pluggy.HookCaller]:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    names = [name for name in vars(manager.hook) if name.startswith("proxy_")]
    return {name: getattr(manager.hook, name) for name in names}


def spec_of(hook: pluggy.HookCaller) -> Any:
    assert hook.spec is not None
    return hook.spec


def test_the_hooks_are_those_of_the_picture(hooks: dict[str, pluggy.HookCaller]) -> None:
    picture = {
        name: (
            str(inspect.signature(spec_of(hook).function)).replace("'", ""),
            spec_of(hook).opts["firstresult"],
        )
        for name, hook in hooks.items()
    }
    assert picture == SPECS
    assert API_VERSION == (1, 0)


@pytest.mark.parametrize("name", SPECS)
def test_every_hook_is_documented_with_its_version(name: str) -> None:
    doc = inspect.getdoc(getattr(hookspecs, name)) or ""
    summary, _, rest = doc.partition("\n\n")
    assert summary.endswith(".")
    assert rest
    assert re.search(r"Since API [0-9]+\.[0-9]+\.$", doc)


@pytest.mark.parametrize("name", SPECS)
def test_a_hook_may_leave_out_arguments(name: str) -> None:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)

    class Plugin:
        """Implements one hook and needs none of its arguments."""

    def implementation(_self: object) -> list[str]:
        return ["called"]

    implementation.__name__ = name
    setattr(Plugin, name, proxy_core.hookimpl(implementation))
    manager.register(Plugin())
    manager.check_pending()
    arguments = dict.fromkeys(spec_of(getattr(manager.hook, name)).argnames)
    answer = getattr(manager.hook, name)(**arguments)
    assert answer == (["called"] if SPECS[name][1] else [["called"]])


def test_a_misspelt_hook_is_noticed() -> None:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)

    class Plugin:
        @proxy_core.hookimpl
        def proxy_translate_requests(self) -> None: ...

    manager.register(Plugin())
    with pytest.raises(pluggy.PluginValidationError, match="proxy_translate_requests"):
        manager.check_pending()


def test_a_bound_provider_has_every_hook_that_speaks_for_it() -> None:
    asked_of_one = {
        name.removeprefix("proxy_") for name, (_, first_answer) in SPECS.items() if first_answer
    }
    assert asked_of_one == set(BoundProvider.__struct_fields__) - {"provider", "plugin", "repaired"}
