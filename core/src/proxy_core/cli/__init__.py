"""The commands a user types. Each is a module of its own, imported when it is used."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from io import TextIOWrapper
from types import TracebackType

import click

from proxy_core import __version__
from proxy_core.cli.output import Failed, tell, tell_crash, tell_traceback
from proxy_core.contract import ProxyError

COMMANDS = {
    "serve": "Serve the proxy.",
    "demo": "Show one conversation through the proxy; needs no key and no network.",
    "run": "Run a client, such as `claude`, with the proxy in front of it.",
    "plugins": "List the installed plugins.",
    "models": "List the names a client may ask for, and where each goes.",
    "check": "Check that a plugin is right; needs no key and no network.",
    "explain": "Show what would be sent upstream for a request, and what is lost.",
    "new-plugin": "Write the package of a new provider plugin.",
}
"""Every command and its line in `proxy --help`, which therefore imports none of them."""

FINE, FAILED, WRONG_USE = 0, 1, 2
"""Exit statuses: done; the thing asked for failed; wrong use or configuration."""


class Commands(click.Group):
    """The group of all commands, found by name in their modules."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = import_module(f"proxy_core.cli.{name.replace('-', '_')}")
        command: click.Command = module.command
        if not any(option.name == "debug" for option in command.params):
            command.params.append(_debug_option())
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _debug_option() -> click.Option:
    # Looked for before anything is parsed, so that errors of parsing are told in full too.
    return click.Option(
        ["--debug"], is_flag=True, expose_value=False, help="Show tracebacks of errors."
    )


@click.command(
    cls=Commands,
    params=[_debug_option()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    no_args_is_help=False,
    invoke_without_command=True,
)
@click.version_option(__version__, prog_name="proxy", message="%(prog)s %(version)s")
@click.pass_context
def proxy(ctx: click.Context) -> None:
    """Let Claude Code and every client of the Anthropic Messages API talk to any model."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """The command `proxy`."""
    for stream in (sys.stdout, sys.stderr):
        # A sign that the terminal's encoding lacks is no reason to fail.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = sys.argv[1:]
    debug = "--debug" in arguments[: _end_of_own(arguments)]

    def crashed(
        _kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        tell_crash(error, debug=debug)

    sys.excepthook = crashed
    sys.exit(run(arguments, debug=debug))


def run(arguments: Sequence[str], *, debug: bool = False) -> int:
    """Run one command line; returns its exit status and tells an error in one line."""
    try:
        status: int | None = proxy.main(list(arguments), "proxy", standalone_mode=False)
    except click.exceptions.Abort:
        return FAILED
    except click.ClickException as error:
        tell(f"{error.format_message()} {_where_to_look(error)}".strip())
        return error.exit_code
    except ProxyError as error:
        if debug:
            tell_traceback(error)
        tell(str(error))
        return FAILED if isinstance(error, Failed) else WRONG_USE
    return status or FINE


def _where_to_look(error: click.ClickException) -> str:
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    return f"(see {ctx.command_path} --help)" if ctx else ""


def _end_of_own(arguments: Sequence[str]) -> int:
    """Where the proxy's own arguments end and those of a client's command begin."""
    return arguments.index("--") if "--" in arguments else len(arguments)
