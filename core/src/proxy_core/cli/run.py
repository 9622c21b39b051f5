"""`proxy run -- claude …`: the client with a proxy in front of it, begun and ended together."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from proxy_core.cli import companion
from proxy_core.cli.output import ANY_WORD, Failed
from proxy_core.cli.start import load_settings, server_options

if TYPE_CHECKING:
    from proxy_core.settings import Settings


@click.command("run", context_settings={"allow_interspersed_args": False})
@server_options
@click.argument("client", nargs=-1, required=True, type=click.UNPROCESSED)
def command(client: tuple[str, ...], config: Path | None, **flags: Any) -> int:
    """Run a client, such as `claude`, with the proxy in front of it.

    Without options, a proxy that already runs on the configured port is used; otherwise one
    is started on a free port and ended with the client. Exits with the client's status.

    Example: proxy run --plugins openai -- claude "explain this repository"
    """
    if shutil.which(client[0]) is None:
        raise Failed(f"client {client[0]!r} is not found; install it or give its path")
    settings = load_settings(config, flags)
    options = list(_as_options({"config": config, **flags}))
    # What was asked for here may differ from what the running one was started with.
    running = None if options else companion.running(settings.port)
    if running is not None:
        return _run_client(client, running, settings)
    with companion.started(options) as url:
        return _run_client(client, url, settings)


def _as_options(given: Mapping[str, Any]) -> Iterator[str]:
    """The command line that says the same to `proxy serve`."""
    for name, value in given.items():
        option = f"--{name.replace('_', '-')}"
        if value is True:
            yield option
        elif value is not None:
            yield from (option, ",".join(value) if isinstance(value, list) else str(value))


def client_environment(
    environ: Mapping[str, str], url: str, token: str | None, window: int | None
) -> dict[str, str]:
    """The variables that send Claude Code to the proxy; what the user set of the rest stays.

    `window` is the smallest context window among the models that may lead the conversation.
    """
    environment = dict(environ)
    # With both set, Claude Code asks which one is meant.
    environment.pop("ANTHROPIC_API_KEY", None)
    environment["ANTHROPIC_BASE_URL"] = url
    environment["ANTHROPIC_AUTH_TOKEN"] = token or ANY_WORD
    if window is not None:
        for name in ("CLAUDE_CODE_MAX_CONTEXT_TOKENS", "CLAUDE_CODE_AUTO_COMPACT_WINDOW"):
            environment.setdefault(name, str(window))
    # Its start-up talks to other hosts otherwise, whatever the base URL says.
    environment.setdefault("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
    # Its picker then offers what the proxy lists.
    environment.setdefault("CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY", "1")
    return environment


def _window(url: str, token: str | None) -> int | None:
    """The smallest context window among the models that lead conversations; None: not known."""
    headers = {"anthropic-version": "2023-06-01", "x-api-key": token or ANY_WORD}
    names = ("claude-opus", "claude-sonnet")
    models = [companion.get(url, f"/v1/models/{name}", headers) or {} for name in names]
    windows = [model.get("max_input_tokens") for model in models]
    return min(filter(None, windows), default=None)


def _run_client(client: Sequence[str], url: str, settings: Settings) -> int:
    token = settings.auth_token.get_secret_value() if settings.auth_token else None
    environment = client_environment(os.environ, url, token, _window(url, token))
    try:
        process = subprocess.Popen(client, env=environment)  # noqa: S603 - what the user typed
    except OSError as error:
        raise Failed(f"client {client[0]!r} cannot be started: {error.strerror}") from error
    with _signals_to(process):
        status = process.wait()
    return status if status >= 0 else 128 - status


@contextmanager
def _signals_to(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Hand on what ends a program. An interrupt typed at the terminal reaches the client by
    itself."""

    def hand_on(number: int, _frame: FrameType | None) -> None:
        if number != signal.SIGINT or not sys.stdin.isatty():
            process.send_signal(number)

    ends = [signal.SIGINT, signal.SIGTERM, *_hang_up()]
    before = {number: signal.signal(number, hand_on) for number in ends}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _hang_up() -> list[signal.Signals]:
    return [signal.SIGHUP] if hasattr(signal, "SIGHUP") else []  # Windows has none
