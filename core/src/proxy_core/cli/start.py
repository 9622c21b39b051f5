"""What several commands begin with: the settings in force and the plugins they allow."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from proxy_core.cli.output import secrets_of

if TYPE_CHECKING:
    from proxy_core.settings import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


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
    help="A proxy.toml that wins over the one found in ./ or in ~/.config/proxy/.",
)


def server_options(command: Command) -> Command:
    """The options that say how the server is set up; `serve` and `run` have them."""
    levels = ["debug", "info", "warning", "error"]
    for option in reversed(
        (
            plugins_option,
            config_option,
            click.option(
                "--provider", metavar="NAME", help="Provider for models named without one."
            ),
            click.option(
                "--log-level",
                type=click.Choice(levels, case_sensitive=False),
                metavar="LEVEL",
                help="debug, info, warning or error; info by default.",
            ),
            click.option(
                "--log-file",
                type=click.Path(dir_okay=False, path_type=Path),
                help="Write JSON lines to this file too.",
            ),
            click.option(
                "--strict",
                is_flag=True,
                default=None,
                help="Refuse a request when its translation would lose meaning.",
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


def secrets(settings: Settings) -> list[str]:
    """Every value that must not be written down."""
    headers = [settings.custom_headers, *(table.headers for table in settings.providers.values())]
    held = [settings.auth_token, *(value for named in headers for value in named.values())]
    return [
        *secrets_of(settings.environment.variables),
        *(secret.get_secret_value() for secret in held if secret),
    ]
