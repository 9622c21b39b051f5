"""Settings read from a directory and an environment that belong to one test."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proxy_core.settings import Settings

Load = Callable[..., Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """`load(flags, environ, dotenv=..., toml=..., config=...)`; texts become files."""

    def load(
        flags: dict[str, Any] | None = None,
        environ: dict[str, str] | None = None,
        *,
        dotenv: str | bytes = "",
        toml: str = "",
        config: str = "",
    ) -> Settings:
        (tmp_path / ".env").write_bytes(dotenv if isinstance(dotenv, bytes) else dotenv.encode())
        (tmp_path / "proxy.toml").write_text(toml, encoding="utf-8")
        chosen = tmp_path / "chosen.toml"
        chosen.write_text(config, encoding="utf-8")
        return Settings.load(flags or {}, environ=environ or {}, cwd=tmp_path, config=chosen)

    return load
