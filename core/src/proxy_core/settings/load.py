"""All sources laid over one another and checked, so that each error names its source."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from proxy_core.settings.errors import SettingsError, suggestion
from proxy_core.settings.files import read_dotenv, read_token, read_toml, search_paths
from proxy_core.settings.sources import (
    Layer,
    Value,
    from_mapping,
    from_variables,
    lay_over,
    nested,
)
from proxy_core.settings.upstreams import OPEN, Environment, is_loopback

Model = TypeVar("Model", bound=BaseModel)

_TOKEN = ("auth_token",)
_TOKEN_FILE = ("token_file",)
_HOST = ("host",)
_CLIENT_KEY = "ANTHROPIC_API_KEY"
_NICKNAMES = {"big_model": "opus", "middle_model": "sonnet", "small_model": "haiku"}
"""Keys of a file that mean entries of the model table."""


@dataclass
class Gathered:
    """What was found, before it is checked."""

    values: Layer
    environment: Environment
    warnings: list[str]

    @property
    def origins(self) -> dict[str, str]:
        """Where each value came from, by its dotted name."""
        return {".".join(place): value.origin for place, value in self.values.items()}

    def check(self, model: type[Model], **tables: type[BaseModel]) -> Model:
        """The settings. Raises `SettingsError` about the first thing that is wrong.

        `tables` are the models of the settings' tables, to know their keys.
        """
        try:
            return model.model_validate(nested(self.values))
        except ValidationError as error:
            detail = error.errors(include_url=False, include_input=False)[0]
        parts = [str(part) for part in detail["loc"] if part != "[key]"]
        name = ".".join(parts)
        if detail["type"] == "extra_forbidden":
            known = list(tables.get(parts[0], model).model_fields)
            raise SettingsError(
                f"{self._origin(parts)}: there is no setting {name!r}{suggestion(parts[-1], known)}"
            )
        reason = str(detail["msg"]).removeprefix("Value error, ")
        raise SettingsError(f"{self._origin(parts)}: {name}: {reason}")

    def _origin(self, parts: list[str]) -> str:
        """Where the value came from that is, or contains, the one named."""
        depths = range(len(parts), 0, -1)
        return next(
            value.origin for depth in depths if (value := self.values.get(tuple(parts[:depth])))
        )


def gather(
    flags: Mapping[str, Any],
    environ: Mapping[str, str] | None,
    cwd: Path | None,
    config: Path | None,
) -> Gathered:
    """Read every source. Raises `SettingsError`."""
    process = dict(os.environ if environ is None else environ)
    folder = Path.cwd() if cwd is None else cwd
    dotenv = folder / ".env"
    in_dotenv, warnings = read_dotenv(dotenv) if dotenv.is_file() else ({}, [])
    layers = [
        from_mapping(_named(flags), "--{}"),
        from_variables(process, "the environment"),
        from_variables(in_dotenv, str(dotenv)),
        *(_file_layer(path) for path in _files(process, folder, config)),
    ]
    variables = {**in_dotenv, **{name: value for name, value in process.items() if value}}
    values = lay_over([_with_token(layer, folder) for layer in layers])
    reserved = _take_client_key(values, variables, warnings)
    _narrow(values, warnings)
    return Gathered(values, Environment(variables, reserved), warnings)


def _files(environ: Mapping[str, str], cwd: Path, config: Path | None) -> list[Path]:
    found = (path for path in search_paths(environ, cwd) if path.is_file())
    files = [*([config] if config else []), *([first] if (first := next(found, None)) else [])]
    return list(dict.fromkeys(files))


def _file_layer(path: Path) -> Layer:
    values = read_toml(path)
    if "auth_token" in values:
        raise SettingsError(
            f"{path}: auth_token: a secret does not belong here; put it in a file of mode 600 "
            "and name that with token_file, or set PROXY_AUTH_TOKEN"
        )
    return from_mapping(_named(values), str(path))


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    """The nicknames of entries of the model table replaced by what they mean."""
    named = {name: value for name, value in values.items() if name not in _NICKNAMES}
    models = {_NICKNAMES[name]: value for name, value in values.items() if name in _NICKNAMES}
    if models:
        table = named.get("models", {})
        named["models"] = {**models, **table} if isinstance(table, Mapping) else table
    return named


def _with_token(layer: Layer, cwd: Path) -> Layer:
    """A layer with the contents of its token file in place of the file's name."""
    named = layer.pop(_TOKEN_FILE, None)
    if named is not None:
        layer[_TOKEN] = Value(read_token(cwd / str(named.value)), f"{named.origin}, token_file")
    return layer


def _take_client_key(
    values: Layer, variables: Mapping[str, str], warnings: list[str]
) -> tuple[str, ...]:
    """ANTHROPIC_API_KEY is the upstream's key where Anthropic is an upstream; otherwise it is
    what clients must send, as one predecessor has it. Returns the variables that are then no
    provider's key."""
    asked = values.get(("plugins",), Value((), "")).value
    provider = values.get(("provider",), Value("", "")).value
    parts = asked.split(",") if isinstance(asked, str) else asked
    names = parts if isinstance(parts, list | tuple) else ()
    upstream = any(str(name).strip().rpartition(":")[2] == "passthrough" for name in names)
    if upstream or str(provider).strip().lower() == "anthropic" or not variables.get(_CLIENT_KEY):
        return ()
    if _TOKEN not in values:
        values[_TOKEN] = Value(variables[_CLIENT_KEY], _CLIENT_KEY)
        warnings.append(
            f"clients must send the value of {_CLIENT_KEY}: it is set, and the plugin "
            "passthrough, whose key it could be, is not asked for"
        )
    return (_CLIENT_KEY,)


def _narrow(values: Layer, warnings: list[str]) -> None:
    """Keep an address that would open the proxy to the network without a token.

    A HOST variable is narrowed: three predecessors' example files have 0.0.0.0. Who says so
    by a flag or in a file is refused. Raises `SettingsError`.
    """
    found = values.get(_HOST)
    if found is None or _TOKEN in values or is_loopback(str(found.value).strip()):
        return
    if not found.origin.startswith("HOST in "):
        raise SettingsError(f"{found.origin}: host {str(found.value)!r}: {OPEN}")
    values[_HOST] = Value("127.0.0.1", f"{found.origin}, narrowed")
    warnings.append(f"{found.origin} is narrowed to 127.0.0.1: {OPEN}")
