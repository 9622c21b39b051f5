"""Which plugins may be loaded, and loading them."""

from __future__ import annotations

from proxy_core.plugins.collection import Plugins
from proxy_core.plugins.errors import PluginError
from proxy_core.plugins.installed import SHIPPED, brought_by, installed_plugins, with_key
from proxy_core.plugins.load import load_plugins
from proxy_core.settings import Settings


def allowed_plugins(settings: Settings) -> tuple[str, ...]:
    """The plugins that may be loaded: those the user names, else those whose key is set and the
    one that brings the preferred provider.

    Which variable that is cannot be asked of a plugin without importing it, so it is told by
    the name: GROQ_API_KEY for `groq`. Where the user's own providers are made from cards
    (`like = "..."`), the project's own plugins, which bring the cards, come too.
    """
    if settings.plugins is not None:
        return settings.plugins
    installed = installed_plugins()
    names = [plugin.name for plugin in with_key(installed, settings.environment.variables)]
    preferred = settings.provider and brought_by(settings.provider)
    if preferred in {plugin.name for plugin in installed if plugin.refused is None}:
        names.append(preferred)
    if any(table.like for table in settings.providers.values()):
        names += [plugin.name for plugin in installed if plugin.name in SHIPPED]
    return tuple(dict.fromkeys(names))


def load_allowed(settings: Settings) -> Plugins:
    """Load the plugins that are allowed. Raises `PluginError`, also when there are none."""
    names = allowed_plugins(settings)
    if not names:
        raise PluginError(_nothing_to_load())
    return load_plugins(names)


def _nothing_to_load() -> str:
    usable = [plugin for plugin in installed_plugins() if plugin.refused is None]
    if not usable:
        return "no plugin is installed; try: pip install proxy-openai"
    keys = ", ".join(f"{plugin.name} ({' or '.join(plugin.key_variables)})" for plugin in usable)
    return (
        "no plugin is named and no installed plugin's key is set; set the variable of one, "
        f"or name one with --plugins: {keys}"
    )
