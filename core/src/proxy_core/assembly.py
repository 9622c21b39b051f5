"""Plugins and settings put together."""

from __future__ import annotations

from proxy_core.plugins import Plugins, configured
from proxy_core.routing import Router
from proxy_core.settings import Settings


def make_router(plugins: Plugins, settings: Settings) -> Router:
    """Routes over the plugins' providers and the user's own, each where the user has it.

    Raises `SettingsError` or `PluginError` about a provider that cannot be made, and
    `UnknownProvider` about a preferred one that is not there.
    """
    return Router(configured(plugins, settings).providers, settings.models, settings.provider)
