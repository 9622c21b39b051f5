"""The configurations among the examples: each is loaded, and every name in it goes somewhere."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from proxy_core.assembly import make_router
from proxy_core.cli.output import ANY_WORD, exports
from proxy_core.plugins import load_plugins
from proxy_core.settings import Settings
from tests.support.examples import EXAMPLES
from tests.support.wheels import PLUGINS

FILES = sorted((EXAMPLES / "config").glob("*.toml"))
CLIENT = json.loads((EXAMPLES / "claude-code/settings.json").read_text())["env"]


def test_each_provider_has_a_configuration() -> None:
    assert {plugin.name for plugin in PLUGINS} <= {file.stem for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_every_name_goes_somewhere(file: Path, tmp_path: Path) -> None:
    keys = dict.fromkeys(_variables_named_in(file), "k")
    settings = Settings.load({}, environ=keys, cwd=tmp_path, config=file)
    assert settings.plugins is not None
    router = make_router(load_plugins(settings.plugins), settings)
    assert set(tomllib.loads(file.read_text())["models"]) >= {"opus", "sonnet", "haiku"}
    for name, chain in settings.models.items():
        targets = router.route(name).targets
        assert [target.name for target in targets] == [entry.to for entry in chain]
        for target in targets:
            assert settings.has_credential_for(target.provider), target.name


def _variables_named_in(file: Path) -> list[str]:
    """The variables that the comment at the top says to export."""
    lines = [line for line in file.read_text().splitlines() if line.startswith("# export ")]
    assert len(lines) == 1, f"{file.name}: which variables does it need?"
    return [word.partition("=")[0] for word in lines[0].split()[2:]]


def test_the_client_is_led_to_where_the_proxy_listens() -> None:
    settings = Settings()
    url = f"http://{settings.host}:{settings.port}"
    told = dict(line.split("export ")[1].split("=") for line in exports(url, ANY_WORD)[1:])
    assert {name: CLIENT[name] for name in told} == told
