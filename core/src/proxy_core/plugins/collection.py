"""The plugins in use: their providers by name, and their observers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from proxy_core.bound import BoundProvider
from proxy_core.contract import Exchange, Provider
from proxy_core.plugins.bind import Hooks
from proxy_core.plugins.cards import read_cards
from proxy_core.plugins.errors import PluginError, PluginFault
from proxy_core.plugins.installed import InstalledPlugin
from proxy_core.plugins.verify import OBSERVER, new_manager, register


class Plugins:
    """Loaded plugins, verified and bound. Nobody else calls pluggy."""

    def __init__(self, hooks: Mapping[str, Hooks], providers: Sequence[BoundProvider]) -> None:
        """Use `load_plugins` for installed plugins, `Plugins.of` for objects."""
        self.names = tuple(hooks)
        """The plugins in the order in which they were asked for."""
        self.providers = tuple(providers)
        """All providers, in the order of their plugins."""
        self._hooks = dict(hooks)
        self._by_name: dict[str, BoundProvider] = {}
        for bound in providers:
            self._enter(bound)
        self._observers: dict[str, Hooks] = {}

    @classmethod
    def of(
        cls, objects: Mapping[str, object], installed: Sequence[InstalledPlugin] = ()
    ) -> Plugins:
        """Bind plugin objects, by name. Raises `PluginError`.

        `installed` tells which distributions they come from, for the wording of errors.
        """
        origins = {plugin.name: f" ({plugin.package} {plugin.version})" for plugin in installed}
        who = {name: f"plugin {name!r}{origins.get(name, '')}" for name in objects}
        manager = new_manager()
        implemented = {
            name: register(manager, plugin, name, who[name]) for name, plugin in objects.items()
        }
        hooks = {name: Hooks(manager, plugin, name) for name, plugin in objects.items()}
        providers = [
            hooks[name].bind(card)
            for name in objects
            if "proxy_providers" in implemented[name]
            for card in read_cards(hooks[name].caller("proxy_providers"), who[name])
        ]
        plugins = cls(hooks, providers)
        plugins._observers = {
            name: hooks[name] for name in objects if OBSERVER in implemented[name]
        }
        return plugins

    def get(self, name: str) -> BoundProvider | None:
        """The provider of that name or alias, whatever its case."""
        return self._by_name.get(name.lower())

    def with_providers(self, providers: Sequence[BoundProvider]) -> Plugins:
        """The same plugins with other providers, each made by `bind`. Raises `PluginError`."""
        plugins = Plugins(self._hooks, providers)
        plugins._observers = self._observers
        return plugins

    def bind(self, card: Provider, like: str) -> BoundProvider:
        """A further provider, served by the plugin that brings the provider `like`."""
        pattern = self.get(like)
        if pattern is None:
            known = ", ".join(sorted(bound.provider.name for bound in self.providers)) or "none"
            raise PluginError(
                f"provider {card.name!r} is to be like {like!r}, but no loaded plugin brings a "
                f"provider of that name (there is: {known})"
            )
        return self._hooks[pattern.plugin].bind(card)

    def finished(self, exchange: Exchange) -> list[PluginFault]:
        """Tell every plugin that listens of a finished exchange.

        Returns what went wrong: an observer's defect changes nothing for the exchange, for
        the other observers or for the caller, so whatever it raises is caught here.
        """
        faults = []
        for name, hooks in self._observers.items():
            try:
                hooks.caller(OBSERVER)(exchange=exchange)
            except Exception as error:  # noqa: BLE001 - see above
                faults.append(PluginFault(name, OBSERVER, type(error).__name__, error))
        return faults

    def _enter(self, bound: BoundProvider) -> None:
        for name in dict.fromkeys((bound.provider.name, *bound.provider.aliases)):
            rival = self._by_name.setdefault(name.lower(), bound)
            if rival is not bound:
                raise PluginError(
                    f"provider name {name!r} is claimed by plugin {bound.plugin!r} (provider "
                    f"{bound.provider.name!r}) and by plugin {rival.plugin!r} (provider "
                    f"{rival.provider.name!r}); leave one of the plugins out"
                )
