"""Loading the plugins that are allowed, and no other."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from functools import reduce
from importlib import import_module

from proxy_core.contract import OtherVersion
from proxy_core.plugins.collection import Plugins
from proxy_core.plugins.errors import PluginError, reason
from proxy_core.plugins.installed import InstalledPlugin, installed_plugins, normalized


def load_plugins(names: Sequence[str]) -> Plugins:
    """Import the plugins named, in their order. Nothing else is imported.

    A name is that of an entry point, or `distribution:name` where several distributions
    bring one of that name. Raises `PluginError`.
    """
    installed = installed_plugins()
    chosen: dict[str, InstalledPlugin] = {}
    for name in names:
        plugin = _choose(name.strip(), installed)
        if chosen.setdefault(plugin.name, plugin) != plugin:
            rival = chosen[plugin.name]
            raise PluginError(
                f"plugin {plugin.name!r} is asked for from {rival.package} and from "
                f"{plugin.package}: name it once"
            )
    return Plugins.of(
        {name: _import(plugin) for name, plugin in chosen.items()}, [*chosen.values()]
    )


def _choose(wanted: str, installed: Sequence[InstalledPlugin]) -> InstalledPlugin:
    package, colon, name = wanted.rpartition(":")
    named = [plugin for plugin in installed if plugin.name == name]
    if colon:
        named = [plugin for plugin in named if normalized(plugin.package) == normalized(package)]
    if not named:
        raise PluginError(_not_installed(wanted, package, name, installed))
    if colon:
        if len(named) > 1:
            raise PluginError(f"{named[0].package} declares the plugin {name!r} more than once")
        return named[0]
    usable = [plugin for plugin in named if plugin.refused is None]
    if len(usable) != 1:
        raise PluginError(f"plugin {name!r} is refused: {named[0].refused or 'declared twice'}")
    return usable[0]


def _not_installed(
    wanted: str, package: str, name: str, installed: Sequence[InstalledPlugin]
) -> str:
    known = sorted({plugin.name for plugin in installed})
    there = f"installed: {', '.join(known)}" if known else "no plugin is installed"
    close = get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"try: pip install {package or _guess(name)}"
    return f"plugin {wanted!r} is not installed ({there}); {hint}"


def _guess(name: str) -> str:
    return f"proxy-{normalized(name)}"


def _import(plugin: InstalledPlugin) -> object:
    """The object behind an entry point; whatever goes wrong there becomes one line.

    `except Exception` is right here: this is where code of others runs for the first time,
    and it may raise anything at all, `SystemExit` of a script included.
    """
    origin = f"plugin {plugin.name!r} ({plugin.package} {plugin.version})"
    module_name, _, attribute = plugin.entry_point.partition("[")[0].partition(":")
    try:
        module: object = import_module(module_name.strip())
    except OtherVersion as error:
        raise PluginError(f"{origin} {error}") from None
    except (Exception, SystemExit) as error:
        raise PluginError(
            f"{origin} cannot be imported: {reason(error)}; {_remedy(error)} {plugin.package}, "
            "or leave the plugin out"
        ) from error
    path = [part for part in attribute.strip().split(".") if part]
    try:
        return reduce(getattr, path, module)
    except AttributeError:
        raise PluginError(
            f"{origin} has no {attribute.strip()!r} in its module {module_name.strip()!r}, where "
            f"its entry point looks for the plugin; update {plugin.package}"
        ) from None


def _remedy(error: BaseException) -> str:
    """What may help; a name that core lacks may be one that a newer core has."""
    missing = error.name if isinstance(error, ImportError) else None
    lacks = (missing or "").partition(".")[0] == "proxy_core"
    return "update proxy-core or" if lacks else "reinstall or update"
