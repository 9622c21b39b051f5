"""What several commands begin with: the settings in force and the plugins they allow."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from proxy_core.cli.output import secrets_of
from proxy_core.contract import ProxyError

if TYPE_CHECKING:
    from proxy_core.contract import Provider
    from proxy_core.plugins import Plugins
    from proxy_core.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


class NoPlugin(ProxyError):
    """Neither the user nor a key says which plugin to load."""


def _names(_ctx: click.Context, _option: click.Parameter, value: str | None) -> list[str] | None:
    if value is None:
        return None
    return [name.strip() for name in value.split(",") if name.strip()]


plugins_option = click.option(
    "--plugins",
    callback=_names,
    metavar="NAME,...",
    help="Plugins to load, and no others; by default those whose NAME_API_KEY is set.",
)
config_option = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A proxy.toml, or a predecessor's own file.",
)


def server_options(command: Command) -> Command:
    """The options that say how the server is set up; `serve` and `run` have them."""
    levels = ["debug", "info", "warning", "error"]
    for option in reversed(
        (
            plugins_option,
            config_option,
            click.option("--provider", metavar="NAME", help="Provider for names without one."),
            click.option("--log-level", type=click.Choice(levels, case_sensitive=False)),
            click.option(
                "--log-file",
                type=click.Path(dir_okay=False, path_type=Path),
                help="Write JSON lines to this file too.",
            ),
            click.option(
                "--strict", is_flag=True, default=None, help="Refuse requests that would lose."
            ),
            click.option(
                "--token-file",
                type=click.Path(exists=True, dir_okay=False, path_type=Path),
                help="File with the token that clients must send.",
            ),
        )
    ):
        command = option(command)
    return command


def load_settings(config: Path | None, flags: Mapping[str, Any]) -> Settings:
    """The settings in force; `flags` that were not given are None. Raises a `ProxyError`."""
    from proxy_core.settings import Settings

    given = {name: value for name, value in flags.items() if value is not None}
    return Settings.load(given, environ=os.environ, cwd=Path.cwd(), config=config)


def variables() -> dict[str, str]:
    """The variables of the process and of `.env`, as the settings see them."""
    from proxy_core.settings.files import read_dotenv

    dotenv = Path(".env")
    found = read_dotenv(dotenv)[0] if dotenv.is_file() else {}
    return {**found, **{name: value for name, value in os.environ.items() if value}}


def secrets(settings: Settings) -> list[str]:
    """Every value that must not be written down."""
    headers = [settings.custom_headers, *(table.headers for table in settings.providers.values())]
    held = [settings.auth_token, *(value for named in headers for value in named.values())]
    return [*secrets_of(variables()), *(secret.get_secret_value() for secret in held if secret)]


def allowed_plugins(settings: Settings) -> tuple[str, ...]:
    """The plugins that may be loaded: those the user names, else those whose key is set.

    Which variable that is cannot be asked of a plugin without importing it, so it is told by
    the name: GROQ_API_KEY for `groq`. Where the user's own providers are made from cards
    (`like = "..."`), the project's own plugins, which bring the cards, come too.
    """
    from proxy_core.plugins.installed import SHIPPED, installed_plugins, with_key

    if settings.plugins is not None:
        return settings.plugins
    installed = installed_plugins()
    names = [plugin.name for plugin in with_key(installed, variables())]
    if any(table.like for table in settings.providers.values()):
        names += [plugin.name for plugin in installed if plugin.name in SHIPPED]
    return tuple(dict.fromkeys(names))


def load_allowed(settings: Settings) -> Plugins:
    """Load the plugins that are allowed. Raises `PluginError`, or `NoPlugin` if there are none."""
    from proxy_core.plugins import load_plugins

    names = allowed_plugins(settings)
    if not names:
        raise NoPlugin(_nothing_to_load())
    return load_plugins(names)


def key_variable(settings: Settings, provider: Provider) -> str | None:
    """The variable that holds the provider's key; None where there is no key."""
    key = settings.key_for(provider)
    found = variables()
    held = key.get_secret_value() if key else None
    return next((name for name in provider.key_env if found.get(name, "").strip() == held), None)


def _nothing_to_load() -> str:
    from proxy_core.plugins import installed_plugins

    usable = [plugin for plugin in installed_plugins() if plugin.refused is None]
    if not usable:
        return "no plugin is installed; try: pip install proxy-openai"
    keys = ", ".join(f"{plugin.name} ({' or '.join(plugin.key_variables)})" for plugin in usable)
    return (
        "no plugin is named and no installed plugin's key is set; set the variable of one, "
        f"or name one with --plugins: {keys}"
    )
