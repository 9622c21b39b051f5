"""The hooks, as plugins see them. Their signatures are in the picture of the treaty."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pluggy
import pytest

import proxy_core
from proxy_core import hookspecs
from proxy_core.bound import BoundProvider

HOOKS = [name for name in vars(hookspecs) if name.startswith("proxy_")]


@pytest.fixture(scope="module")
def hooks() -> dict[str, pluggy.HookCaller]:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    names = [name for name in vars(manager.hook) if name.startswith("proxy_")]
    return {name: getattr(manager.hook, name) for name in names}


def spec_of(hook: pluggy.HookCaller) -> Any:
    assert hook.spec is not None
    return hook.spec


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_is_documented_with_its_version(name: str) -> None:
    doc = inspect.getdoc(getattr(hookspecs, name)) or ""
    summary, _, rest = doc.partition("\n\n")
    assert summary.endswith(".")
    assert rest
    assert re.search(r"Since API [0-9]+\.[0-9]+\.$", doc)


@pytest.mark.parametrize("name", HOOKS)
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
    first_wins = spec_of(getattr(manager.hook, name)).opts["firstresult"]
    assert answer == (["called"] if first_wins else [["called"]])


def test_a_misspelt_hook_is_noticed() -> None:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)

    class Plugin:
        @proxy_core.hookimpl
        def proxy_translate_requests(self) -> None: ...

    manager.register(Plugin())
    with pytest.raises(pluggy.PluginValidationError, match="proxy_translate_requests"):
        manager.check_pending()


def test_a_bound_provider_has_every_hook_that_speaks_for_it(
    hooks: dict[str, pluggy.HookCaller],
) -> None:
    asked_of_one = {
        name.removeprefix("proxy_")
        for name, hook in hooks.items()
        if spec_of(hook).opts["firstresult"]
    }
    assert asked_of_one == set(BoundProvider.__struct_fields__) - {"provider", "plugin", "repaired"}
