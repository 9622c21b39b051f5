"""Configuration files: where they are looked for, and how they are read."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv.parser import parse_stream

from proxy_core.settings.errors import SettingsError

NAME = "proxy.toml"


def search_paths(
    environ: Mapping[str, str], cwd: Path, platform: str = sys.platform
) -> tuple[Path, ...]:
    """Where a `proxy.toml` is looked for; the first that exists is taken."""
    paths = [cwd / NAME]
    home = environ.get("HOME") or environ.get("USERPROFILE")
    config = environ.get("XDG_CONFIG_HOME") or (Path(home, ".config") if home else None)
    if config:
        paths.append(Path(config, "proxy", NAME))
    if home and platform == "darwin":
        paths.append(Path(home, "Library", "Application Support", "proxy", NAME))
    if home:
        paths.append(Path(home, f".{NAME}"))
    return tuple(paths)


def read_toml(path: Path) -> dict[str, Any]:
    """The contents of a TOML file. Raises `SettingsError`."""
    try:
        return tomllib.loads(_read(path))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from None


def read_dotenv(path: Path) -> tuple[dict[str, str], list[str]]:
    """The variables of a `.env` file, and a warning for each line that cannot be read.

    Comments, quotes, `export` and Windows line ends are fine; `${NAME}` is not replaced.
    """
    variables: dict[str, str] = {}
    warnings = []
    for binding in parse_stream(StringIO(_read(path))):
        if binding.error:
            warnings.append(f"line {binding.original.line} of {path} is not NAME=value: ignored")
        elif binding.key and binding.value:
            variables[binding.key] = binding.value
    return variables, warnings


def read_token(path: Path) -> str:
    """The token in a file that only its owner can read. Raises `SettingsError`."""
    token = _read(path).strip()
    # Checked after reading, so that a missing file is reported as missing. Windows has no mode.
    mode = path.stat().st_mode & 0o777
    if mode & 0o077 and sys.platform != "win32":
        raise SettingsError(
            f"others can read the token in {path} (mode {mode:04o}); run: chmod 600 {path}"
        )
    if not token:
        raise SettingsError(f"the token file {path} is empty")
    return token


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not UTF-8 text") from None
