"""docs/cli.md: every command as click knows it."""

import inspect
import re
from collections.abc import Iterator

import click

from proxy_core.cli import COMMANDS, FAILED, FINE, WRONG_USE, Commands
from tests.support.pages.markdown import MADE, codes, one_line, table

_HEAD = f"""\
# Commands
{MADE}
"""

_STATUSES = f"""\
## Exit statuses

| status | means |
| --- | --- |
| {FINE} | done |
| {FAILED} | what was asked for failed |
| {WRONG_USE} | wrong use or configuration |

An error is one line on stderr that says what is wrong and where; `--debug` shows more. `proxy run`
hands on the status of the client that it ran.
"""


def page() -> str:
    """The whole page."""
    overview = table(
        ("command", "does"),
        ((f"[`proxy {name}`](#proxy-{name})", COMMANDS[name]) for name in COMMANDS),
    )
    sections = "\n".join(_section(name) for name in COMMANDS)
    return f"{_HEAD}{overview}\n{sections}\n{_STATUSES}"


def commands() -> Iterator[tuple[str, click.Command, click.Context]]:
    """Every command with its name and a context to ask it in."""
    for name in COMMANDS:
        context = click.Context(click.Command("proxy"), info_name="proxy")
        command = Commands("proxy").get_command(context, name)
        assert command is not None
        yield name, command, click.Context(command, info_name=name, parent=context)


def _section(name: str) -> str:
    (command, context) = next((two, three) for one, two, three in commands() if one == name)
    usage = one_line(command.get_usage(context)).removeprefix("Usage: ")
    said = "\n\n".join(one_line(part) for part in re.split(r"\n\s*\n", _help(command)))
    options = table(("option", "meaning"), _options(command, context))
    return f"## proxy {name}\n\n`{usage}`\n\n{said}\n\n{options}"


def _help(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "")


def _options(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    for option in command.get_params(context):
        if isinstance(option, click.Option) and not option.hidden:
            yield _spelled(option, context), one_line(option.help or "")


def _spelled(option: click.Option, context: click.Context) -> str:
    value = "" if option.is_flag else f" {option.make_metavar(context)}"
    return codes(f"{name}{value}" for name in option.opts)
