"""The plugins' providers as the user configured them, and further ones made of their cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proxy_core.bound import BoundProvider
from proxy_core.contract import ModelFacts, Provider, Target
from proxy_core.plugins.collection import Plugins
from proxy_core.plugins.errors import PluginError
from proxy_core.plugins.installed import installed_plugins
from proxy_core.plugins.probe import wrong_quirk
from proxy_core.settings import ProviderTable, Settings, SettingsError


def configured(plugins: Plugins, settings: Settings) -> Plugins:
    """The same plugins with the settings' addresses, keys, quirks and further providers.

    Tables of providers whose plugin is not loaded are left alone, and so are those that are to be
    like one of them (`left_out`): one file may serve several choices of plugins. Raises
    `PluginError` and `SettingsError`.
    """
    _refuse_other_names(plugins, settings)
    names = [bound.provider.name for bound in plugins.providers]
    own = [
        plugins.bind(_addressed(_changed(bound.provider, settings), settings), bound.provider.name)
        for bound in plugins.providers
    ]
    further = [
        _further(name, table, pattern, plugins, settings)
        for name, table in settings.providers.items()
        if name not in names and (pattern := _pattern(name, table, plugins)) is not None
    ]
    for bound in (*own, *further):
        place = _place_of_quirks(bound.provider, settings)
        if place:
            _try(bound, place)
    return plugins.with_providers([*own, *further])


def _refuse_other_names(plugins: Plugins, settings: Settings) -> None:
    """A table under an alias would change nothing, and the key go where it was not meant to."""
    for name, table in settings.providers.items():
        bound = plugins.get(name) if table.like is None else None
        if bound is not None and bound.provider.name != name:
            own = bound.provider.name
            raise SettingsError(
                f"providers.{name}: the provider is called {own}: write [providers.{own}]"
            )


def left_out(plugins: Plugins, settings: Settings) -> dict[str, str]:
    """The user's tables of which no provider is made, and for each a line that says why."""
    return {
        name: f"providers.{name} is left out: no loaded plugin brings a provider {table.like!r} "
        f"(loaded: {', '.join(plugins.names)}; installed, too: {', '.join(_not_loaded(plugins))})"
        for name, table in settings.providers.items()
        if table.like not in (None, name) and _pattern(name, table, plugins) is None
    }


def _pattern(name: str, table: ProviderTable, plugins: Plugins) -> BoundProvider | None:
    """The provider that the user's own is to be like; None if it may be of a plugin that is not
    loaded, of which nobody can know without importing it. Raises `PluginError`."""
    if table.like is None:
        return None
    pattern = plugins.get(table.like)
    if pattern is None and not _not_loaded(plugins):
        known = ", ".join(bound.provider.name for bound in plugins.providers) or "none"
        raise PluginError(
            f"providers.{name} is to be like {table.like!r}, but no plugin brings a provider of "
            f"that name (there is: {known})"
        )
    return pattern


def _not_loaded(plugins: Plugins) -> list[str]:
    installed = (plugin.name for plugin in installed_plugins() if plugin.refused is None)
    return [name for name in installed if name not in plugins.names]


def _place_of_quirks(card: Provider, settings: Settings) -> str:
    """Where the user set quirks of this provider; empty if nowhere."""
    table = settings.providers.get(card.name)
    in_table = [f"providers.{card.name}.quirks"] if table is not None and table.quirks else []
    in_variables = (variable for variable, _ in _from_variables(card, settings).values())
    return ", ".join([*in_table, *in_variables])


def _from_variables(card: Provider, settings: Settings) -> dict[str, tuple[str, str]]:
    """What the environment says of quirks: the variable and its value, by the quirk's name."""
    found = {
        quirk: settings.environment.first([variable]) for quirk, variable in card.quirk_env.items()
    }
    return {quirk: told for quirk, told in found.items() if told is not None}


def _try(bound: BoundProvider, place: str) -> None:
    """Find a wrong quirk at start, and not by a client."""
    target = Target(provider=bound.provider, model="probe", facts=ModelFacts(pattern="probe"))
    if wrong := wrong_quirk(bound.translate_request, target):
        raise SettingsError(f"{place}: {wrong}")


def _changed(card: Provider, settings: Settings) -> Provider:
    """A plugin's own card with the changes of the environment and of the user's table."""
    table = settings.providers.get(card.name, ProviderTable())
    told = {quirk: value for quirk, (_, value) in _from_variables(card, settings).items()}
    changes = _with_quirks(card, {**table.quirks, **told})
    if table.api_key_env is not None:
        changes["key_env"] = table.api_key_env
    return card.model_copy(update=changes)


def _further(
    name: str, table: ProviderTable, pattern: BoundProvider, plugins: Plugins, settings: Settings
) -> BoundProvider:
    """A provider made from the card of another.

    Its variables are its own: the pattern's key must never travel to another address, and the
    pattern's address variable does not mean this one.
    """
    card = pattern.provider
    prefix = name.upper().replace("-", "_")
    elsewhere = table.base_url is not None
    fields: dict[str, Any] = {
        **dict(card),
        "name": name,
        "aliases": (),
        "quirk_env": {},
        "base_url_env": (f"{prefix}_BASE_URL",),
        "key_env": table.api_key_env or (f"{prefix}_API_KEY",),
        # Without a variable of its own, a server of the user's may well ask for no key.
        "key_required": card.key_required and (not elsewhere or table.api_key_env is not None),
        **_with_quirks(card, table.quirks),
    }
    try:
        further = Provider.model_validate(fields)
    except ValueError:
        raise SettingsError(
            f"providers.{name}: should be lower-case letters, digits, - or _, from a letter on"
        ) from None
    return plugins.bind(_addressed(further, settings), card.name)


def _with_quirks(card: Provider, told: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a card whose quirks the user changes: what the user says holds for each of
    its models, whatever the card says of one."""
    models = tuple(
        facts.model_copy(
            update={"quirks": {name: it for name, it in facts.quirks.items() if name not in told}}
        )
        for facts in card.models
    )
    return {"quirks": {**card.quirks, **told}, "models": models if told else card.models}


def _addressed(card: Provider, settings: Settings) -> Provider:
    """The card with the address that is in force."""
    address = settings.base_url_for(card).removesuffix(card.base_path)
    return card.model_copy(update={"base_url": address + card.base_path})
