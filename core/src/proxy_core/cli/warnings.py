"""What a user should know before the first request, a line for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from proxy_core.cli.keys import source_of_key
from proxy_core.plugins import brought_by, installed_plugins, left_out
from proxy_core.settings.upstreams import is_loopback

if TYPE_CHECKING:
    from proxy_core.contract import Target
    from proxy_core.plugins import Plugins
    from proxy_core.routing import Router
    from proxy_core.settings import Settings


def warnings(settings: Settings, plugins: Plugins, router: Router) -> Iterator[str]:
    """The lines. Names of variables and addresses, never a key."""
    yield from settings.warnings
    yield from left_out(plugins, settings).values()
    yield from _at_another(settings, plugins, router)
    yield from _in_the_clear(settings, router)


def _at_another(settings: Settings, plugins: Plugins, router: Router) -> Iterator[str]:
    """Models whose provider is not loaded: what was meant as its name is part of an id."""
    installed = {plugin.name for plugin in installed_plugins()}
    for entry in settings.models:
        for target in router.table(entry):
            absent = _absent(target, plugins, router)
            if absent is None:
                continue
            where = settings.origins.get(f"models.{entry}", "the model table")
            load = f"load the plugin {absent}" if absent in installed else f"install proxy-{absent}"
            yield (
                f"{where}: {entry} goes to {target.provider.name}, which is asked for a model "
                f"{target.model!r}; if that is to go elsewhere, {load}"
            )


def _absent(target: Target, plugins: Plugins, router: Router) -> str | None:
    """The plugin that an id seems to name and that is not loaded; None where the id is one."""
    name, slash, _ = target.model.partition("/")
    known = target.facts.pattern != target.model or target.facts in target.provider.models
    if not slash or known or router.is_moved(target.provider):
        return None
    plugin = brought_by(name.lower())
    return None if plugin in plugins.names else plugin


def _in_the_clear(settings: Settings, router: Router) -> Iterator[str]:
    """Keys that anybody on the way to a provider can read."""
    for card in router.providers:
        address = urlsplit(card.base_url)
        has_key = source_of_key(card, settings) is not None
        if has_key and address.scheme == "http" and not is_loopback(address.hostname or ""):
            yield (
                f"{card.address_setting}: the key for {card.name} and all prompts go to "
                f"{card.origin} unencrypted; use https where the network is not your own"
            )
