"""`proxy plugins`: what is installed, and in which state. Imports only what is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from proxy_core.cli.keys import source_of_key
from proxy_core.cli.output import print_json, print_table
from proxy_core.cli.start import config_option, load_settings, plugins_option

if TYPE_CHECKING:
    from proxy_core.contract import Provider
    from proxy_core.plugins import InstalledPlugin
    from proxy_core.settings import Settings


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One installed plugin as it is listed."""

    name: str
    package: str
    version: str
    api: str | None
    """Version of the contract it was written for; known once it is loaded."""
    state: str
    """`loaded`, `available` or `refused`."""
    why: str | None = None
    """Why it is refused."""
    key: bool
    """Whether the environment holds a key for it."""
    providers: tuple[str, ...] = ()


@click.command("plugins")
@plugins_option
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(plugins: list[str] | None, config: Path | None, as_json: bool) -> None:
    """List the installed plugins: version, state, and whether a key is there; and of those that
    are loaded the providers, each with its key's variable and its address.

    Loaded are those that `proxy serve` would load with the same configuration; nothing of
    the others is imported.
    """
    settings = load_settings(config, {"plugins": plugins})
    rows = list(_rows(settings))
    if as_json:
        print_json(msgspec.to_builtins(rows))
    elif rows:
        print_table(
            ("name", "package", "version", "API", "state", "key"), [_cells(row) for row in rows]
        )
        _print_providers([row.name for row in rows if row.state == "loaded"], settings)
    else:
        click.echo("No plugin is installed. Try: pip install proxy-openai")
    _refuse_unknown(settings)


def _print_providers(loaded: list[str], settings: Settings) -> None:
    """The providers of the loaded plugins as the user has them, the user's own among them."""
    from proxy_core.plugins import configured, load_plugins

    if not loaded:
        return
    named = {name.rpartition(":")[2]: name for name in settings.plugins or ()}
    plugins = load_plugins([named.get(name, name) for name in loaded])
    cells = [
        (bound.provider.name, bound.plugin, _key(bound.provider, settings), bound.provider.base_url)
        for bound in configured(plugins, settings).providers
    ]
    click.echo()
    print_table(("provider", "plugin", "key", "address"), cells)


def _key(card: Provider, settings: Settings) -> str:
    """Where the key is, or which variable is to hold it."""
    if source := source_of_key(card, settings):
        return f"in {source}"
    return f"no: set {card.key_setting}" if card.key_required else "needs none"


def _refuse_unknown(settings: Settings) -> None:
    """Raises what `proxy serve` would say about a plugin that is named and not installed."""
    from proxy_core.plugins import allowed_plugins, installed_plugins, load_plugins

    known = {name for plugin in installed_plugins() for name in _names(plugin)}
    if unknown := [name for name in allowed_plugins(settings) if name not in known]:
        load_plugins(unknown)


def _names(plugin: InstalledPlugin) -> set[str]:
    """What a plugin may be called where plugins are named."""
    return {plugin.name, f"{plugin.package}:{plugin.name}"}


def _rows(settings: Settings) -> Iterator[Row]:
    from proxy_core.plugins import allowed_plugins, installed_plugins

    allowed = allowed_plugins(settings)
    for plugin in installed_plugins():
        wanted = _names(plugin) & set(allowed)
        yield _loaded(plugin, wanted.pop(), settings) if wanted else _unloaded(plugin, settings)


def _loaded(plugin: InstalledPlugin, name: str, settings: Settings) -> Row:
    from proxy_core.plugins import PluginError, load_plugins

    try:
        providers = [bound.provider for bound in load_plugins([name]).providers]
    except PluginError as error:
        return _row(plugin, state="refused", why=str(error), key=False)
    version = ".".join(map(str, max(card.api_version for card in providers))) if providers else None
    return _row(
        plugin,
        state="loaded",
        api=version,
        key=any(settings.key_for(card) is not None for card in providers),
        providers=tuple(card.name for card in providers),
    )


def _unloaded(plugin: InstalledPlugin, settings: Settings) -> Row:
    key = settings.environment.first(plugin.key_variables) is not None
    state = "available" if plugin.refused is None else "refused"
    return _row(plugin, state=state, why=plugin.refused, key=key)


def _row(
    plugin: InstalledPlugin,
    *,
    state: str,
    key: bool,
    why: str | None = None,
    api: str | None = None,
    providers: tuple[str, ...] = (),
) -> Row:
    return Row(
        name=plugin.name,
        package=plugin.package,
        version=plugin.version,
        api=api,
        state=state,
        why=why,
        key=key,
        providers=providers,
    )


def _cells(row: Row) -> tuple[str, ...]:
    state = f"{row.state}: {row.why}" if row.why else row.state
    return row.name, row.package, row.version, row.api or "-", state, "yes" if row.key else "no"
