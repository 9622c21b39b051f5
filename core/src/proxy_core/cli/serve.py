"""`proxy serve`: the proxy as a process of its own."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proxy_core.cli.logs import configure_logging
from proxy_core.cli.start import load_settings, secrets, server_options

if TYPE_CHECKING:
    import socket

    from fastapi import FastAPI

    from proxy_core.plugins import Plugins
    from proxy_core.settings import Settings

_COMMAND_LINE = "PROXY_COMMAND_LINE"
"""Carries the options to worker processes, which load everything anew. Holds no secret."""
_FACTORY = "proxy_core.cli.serve:app_from_environment"


@click.command("serve")
@server_options
@click.option(
    "--host",
    metavar="ADDRESS",
    help="Where to listen, 127.0.0.1 by default; anything but loopback needs a token.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="8082 by default; 0 takes a free one.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    metavar="N",
    help="Worker processes; 1 by default.",
)
@click.option("--reload", is_flag=True, help="Start again when code changes; for plugin authors.")
def command(config: Path | None, workers: int, reload: bool, **flags: Any) -> None:
    """Serve the proxy.

    Says what is served, from where, and what to paste into the client's terminal. Ends on
    Ctrl-C or SIGTERM when the running answers have ended; at once on the second.
    """
    settings, plugins = _prepare(config, flags)
    if reload or workers > 1:
        _supervise(settings, plugins, workers, {"config": config, **flags}, reload=reload)
    else:
        _serve(settings, plugins)


def app_from_environment() -> FastAPI:
    """The application of a worker process, from the command line of its parent."""
    from proxy_core.server.app import create_app

    flags = json.loads(os.environ[_COMMAND_LINE])
    config = flags.pop("config", None)
    settings, plugins = _prepare(Path(config) if config else None, flags)
    return create_app(settings, plugins)


def _prepare(config: Path | None, flags: dict[str, Any]) -> tuple[Settings, Plugins]:
    from proxy_core.plugins import load_allowed

    settings = load_settings(config, flags)
    configure_logging(settings.log_level, settings.log_file, secrets(settings))
    return settings, load_allowed(settings)


def _serve(settings: Settings, plugins: Plugins) -> None:
    from proxy_core.cli.hosting import ProxyServer, listen, server_config
    from proxy_core.server.app import create_app

    app = create_app(settings, plugins)
    sock = listen(settings.host, settings.port)
    config = server_config(app, drain_seconds=settings.drain_seconds)
    ProxyServer(config, lambda: _announce(settings, plugins, sock)).run(sockets=[sock])


def _supervise(
    settings: Settings,
    plugins: Plugins,
    workers: int,
    flags: dict[str, Any],
    *,
    reload: bool,
) -> None:
    """Serve by processes that uvicorn watches over."""
    from uvicorn.supervisors import ChangeReload, Multiprocess

    from proxy_core.cli.hosting import ProxyServer, listen, server_config

    os.environ[_COMMAND_LINE] = json.dumps(flags, default=str)
    sock = listen(settings.host, settings.port)
    config = server_config(
        _FACTORY,
        drain_seconds=settings.drain_seconds,
        factory=True,
        workers=workers,
        reload=reload,
    )
    _announce(settings, plugins, sock)
    if reload:
        ChangeReload(config, target=ProxyServer(config).run, sockets=[sock]).run()
    else:
        Multiprocess(config, sockets=[sock]).run()


def _announce(settings: Settings, plugins: Plugins, sock: socket.socket) -> None:
    """Say what is served, for whom, and what to paste."""
    from proxy_core.cli.banner import banner
    from proxy_core.cli.hosting import address

    sys.stderr.write(banner(settings, plugins, address(sock)))
    sys.stderr.flush()
