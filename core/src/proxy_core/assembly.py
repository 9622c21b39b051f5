"""Plugins and settings put together: the providers as the user has them, and their router."""

from __future__ import annotations

from typing import Any

from proxy_core.contract import BoundProvider, Provider
from proxy_core.plugins import Plugins
from proxy_core.routing import Router
from proxy_core.settings import ProviderTable, Settings, SettingsError


def make_router(plugins: Plugins, settings: Settings) -> Router:
    """Routes over the plugins' providers and the user's own, each where the user has it.

    Raises `SettingsError` or `PluginError` about a provider that cannot be made.
    """
    cards = [bound.provider for bound in plugins.providers]
    bound = [_bind(plugins, card, card.name, settings) for card in cards]
    bound += [
        _bind(plugins, _further(plugins, name, table), table.like or name, settings)
        for name, table in settings.providers.items()
        if plugins.get(name) is None
    ]
    return Router(bound, settings.models, settings.provider)


def _bind(plugins: Plugins, card: Provider, like: str, settings: Settings) -> BoundProvider:
    table = settings.providers.get(card.name, ProviderTable())
    changes: dict[str, Any] = {
        "base_url": settings.base_url_for(card),
        "quirks": {**card.quirks, **table.quirks},
    }
    if table.api_key_env is not None:
        changes["key_env"] = table.api_key_env
    return plugins.bind(card.model_copy(update=changes), like)


def _further(plugins: Plugins, name: str, table: ProviderTable) -> Provider:
    """A provider of the user's own, from another's card.

    The card's variables stay behind: a key belongs to the host that it was issued for.
    """
    pattern = plugins.get(table.like) if table.like else None
    if pattern is None:
        known = ", ".join(bound.provider.name for bound in plugins.providers) or "none"
        raise SettingsError(
            f"providers.{name}: no loaded plugin brings this provider; name one that does with "
            f"`like` (there is: {known})"
        )
    return pattern.provider.model_copy(
        update={
            "name": name,
            "aliases": (),
            "key_env": (),
            "key_required": table.api_key_env is not None,
            "base_url_env": (),
        }
    )
