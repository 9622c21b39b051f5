"""docs/settings.md: every setting with its names, its default and what it means."""

from collections.abc import Iterator
from typing import Any

import click
import msgspec

from proxy_core.cli import Commands
from proxy_core.contract import ModelOptions
from proxy_core.settings import Settings
from proxy_core.settings.model import ProviderTable
from proxy_core.settings.sources import KILL_SWITCHES, VARIABLES
from tests.support.pages.markdown import MADE, annotations, code, codes, table, told

_HEAD = f"""\
# Settings
{MADE}
A flag wins over the environment, that over `.env` in the working directory, that over the file
given with `--config`, and that over the file which is found: `proxy.toml` in the working directory,
else `~/.config/proxy/proxy.toml` (or below `$XDG_CONFIG_HOME`), else `~/.proxy.toml`. An empty
variable counts as not set. Lists may be written as one string with commas, tokens as `16k`; times
are in seconds. Keys and addresses of providers have variables of their own: see
[providers](providers.md).

"""

_TABLES_HEAD = """
## `[models]`

A key is a name that clients ask for; `opus`, `sonnet` and `haiku` stand for their families. The
value is `"provider/model"`, a table, or a list of these. A table has `to` and may have:

"""

_PROVIDERS_HEAD = """
## `[providers.NAME]`

Changes the card of that provider; with `like` it is a further provider.

"""

_OTHERS_HEAD = """
## Names that mean something else

"""

_OTHERS = (
    ("`big_model`, `middle_model`, `small_model` in a file", "`opus`, `sonnet`, `haiku` there"),
    (
        "`token_file` in a file, `--token-file`",
        "the file, of mode 600, that holds `auth_token`, which a file of settings does not take",
    ),
    (
        "`ANTHROPIC_API_KEY`",
        "the upstream's key where Anthropic is one that was asked for; else what clients send",
    ),
    ("`ANTHROPIC_BASE_URL`", "where the client finds the proxy; never an upstream"),
)


def page() -> str:
    """The whole page."""
    columns = ("setting", "variable", "flag", "default", "meaning")
    options = table(("key", "default", "meaning"), _fields(ModelOptions))
    providers = table(("key", "default", "meaning"), _fields(ProviderTable))
    others = table(("name", "is"), _OTHERS)
    parts = (table(columns, rows()), _TABLES_HEAD, options, _PROVIDERS_HEAD, providers)
    return "".join([_HEAD, *parts, _OTHERS_HEAD, others])


def rows() -> Iterator[tuple[str, ...]]:
    """Each setting: its key in a file, variables, flag, default, meaning."""
    meaning, kind = told(Settings), annotations(Settings)
    for name, field in Settings.model_fields.items():
        flags = codes(flag for flag in _flags() if flag[2:].replace("-", "_") == name)
        default = "none" if field.default is None else _shown(field.default)
        unit = " s" if kind[name].startswith("Seconds") else ""
        yield (
            code(name),
            codes(variables(name)),
            flags,
            default + unit,
            _plain(meaning.get(name, "")),
        )


def variables(name: str) -> Iterator[str]:
    """The environment variables that set it, or an entry of it."""
    yield from (variable for variable, place in VARIABLES.items() if place[0] == name)
    if name == "force_disable_streaming":
        yield from KILL_SWITCHES
    if name == "custom_headers":
        yield "CUSTOM_HEADER_<NAME>"


def _flags() -> Iterator[str]:
    command = Commands("proxy").get_command(click.Context(click.Command("proxy")), "serve")
    assert command is not None
    yield from (option for parameter in command.params for option in parameter.opts)


def _fields(subject: type) -> Iterator[tuple[str, ...]]:
    meaning = told(subject)
    for name in annotations(subject):
        yield code(name), _shown(_default(subject, name)), _plain(meaning.get(name, ""))


def _plain(words: str) -> str:
    """Words of the code for those who only set it."""
    return words.replace("None", "none")


def _default(subject: type, name: str) -> Any:
    if subject is ProviderTable:
        return ProviderTable.model_fields[name].default
    (field,) = (one for one in msgspec.structs.fields(subject) if one.name == name)
    return field.default if field.default is not msgspec.NODEFAULT else {}


def _shown(value: Any) -> str:
    match value:
        case None | () | {}:
            return "none"
        case bool():
            return "on" if value else "off"
        case str() | int() | float():
            return code(str(value))
    return ""
