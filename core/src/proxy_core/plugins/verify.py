"""A plugin's hooks, compared with the specifications before anything is called.

pluggy accepts much in silence: an override without its decorator is no hook any more, an
unknown hook is never called, a class passes for an instance. Each of these is an error here.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from difflib import get_close_matches

import pluggy

from proxy_core import hookspecs
from proxy_core.contract import API_VERSION
from proxy_core.plugins.errors import PluginError

REQUIRED = (
    "proxy_providers",
    "proxy_translate_request",
    "proxy_translate_response",
    "proxy_open_stream",
)
OBSERVER = "proxy_exchange_finished"
"""The one hook that a plugin without providers may implement."""

_PREFIX = "proxy_"


def new_manager() -> pluggy.PluginManager:
    """A manager that knows the specifications and no plugin."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    return manager


def register(manager: pluggy.PluginManager, plugin: object, name: str, who: str) -> frozenset[str]:
    """Add a plugin to the manager; returns the hooks it implements. Raises `PluginError`.

    `who` names the plugin and its distribution for the person who reads the error.
    """
    if inspect.isclass(plugin):
        raise PluginError(
            f"{who} is the class {plugin.__name__}; its entry point must name an instance: "
            f"plugin = {plugin.__name__}()"
        )
    _refuse_unmarked(manager, plugin, who)
    try:
        hash(plugin)
        manager.register(plugin, name)
    except pluggy.PluginValidationError as error:
        raise PluginError(f"{who} does not fit the hooks: {_validation(error)}") from None
    except TypeError:
        raise PluginError(
            f"{who} cannot be hashed; if it is a dataclass, declare it with eq=False"
        ) from None
    except ValueError:
        raise PluginError(f"{who} equals a plugin that is loaded already; load it once") from None
    hooks = frozenset(_hooks(manager, plugin, who))
    _refuse_incomplete(hooks, who)
    return hooks


def _refuse_unmarked(manager: pluggy.PluginManager, plugin: object, who: str) -> None:
    for name in dir(plugin):
        if not name.startswith(_PREFIX) or manager.parse_hookimpl_opts(plugin, name) is not None:
            continue
        value = inspect.getattr_static(plugin, name)
        if callable(value) or isinstance(value, classmethod | property):
            raise PluginError(
                f"{who} has {name}, but pluggy does not see it: decorate it with @hookimpl, or "
                f"rename it if it is no hook{_close_match(name)}"
            )


def _hooks(manager: pluggy.PluginManager, plugin: object, who: str) -> Iterator[str]:
    """The hooks a registered plugin implements, each looked at."""
    for caller in manager.get_hookcallers(plugin) or ():
        (found,) = (impl for impl in caller.get_hookimpls() if impl.plugin is plugin)
        if not caller.has_spec():
            if found.optionalhook:
                continue
            raise PluginError(
                f"{who} implements {caller.name}, which is no hook of plugin API "
                f"{API_VERSION[0]}.{API_VERSION[1]}{_close_match(caller.name)}"
            )
        if found.wrapper or found.hookwrapper:
            raise PluginError(
                f"{who} wraps {caller.name}; every plugin is called by itself, so there is nothing "
                "to wrap: implement the hook"
            )
        if inspect.iscoroutinefunction(found.function) or inspect.isasyncgenfunction(
            found.function
        ):
            raise PluginError(f"{who} implements {caller.name} as async; hooks are synchronous")
        yield caller.name


def _refuse_incomplete(hooks: frozenset[str], who: str) -> None:
    if hooks == {OBSERVER}:
        return
    missing = [name for name in REQUIRED if name not in hooks]
    if not missing:
        return
    if not hooks:
        raise PluginError(f"{who} implements no hook; does its entry point name the plugin object?")
    raise PluginError(
        f"{who} lacks {', '.join(missing)}; a plugin with providers needs {', '.join(REQUIRED)}, "
        f"and one without has {OBSERVER} alone"
    )


def _validation(error: pluggy.PluginValidationError) -> str:
    """pluggy's words without its first line, which repeats the plugin."""
    return " ".join(str(error).split("\n", 1)[-1].split())


def _close_match(name: str) -> str:
    known = [spec for spec in vars(hookspecs) if spec.startswith(_PREFIX)]
    close = get_close_matches(name, known, n=1)
    return f" (did you mean {close[0]}?)" if close and close[0] != name else ""
