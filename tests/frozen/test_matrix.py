"""Old core and new plugin, new core and old plugin: each pair has its talk, or says what to update.

The pairs are installed in folders of their own and are put to work by `proxy serve`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.frozen import editions
from tests.frozen.editions import NEWER, NOW, OTHER, Version
from tests.frozen.talks import HERE, hear, talking
from tests.support.wheels import unpacked


class Pair(NamedTuple):
    name: str
    plugin: Version
    core: Version
    wanted: str

    @property
    def row(self) -> str:
        return f"{self.name} {spelled(self.plugin)}"

    @property
    def column(self) -> str:
        return f"core {spelled(self.core)}"


def spelled(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


RUNS = "runs"
UPDATE_CORE = "refused: update proxy-core"
UPDATE_PLUGIN = "refused: update the plugin"
CORES = (NOW, NEWER, OTHER)
PLUGINS = {
    ("acme", NOW): (RUNS, RUNS, UPDATE_PLUGIN),
    ("teletype", NOW): (RUNS, RUNS, UPDATE_PLUGIN),
    ("acme", NEWER): (UPDATE_CORE, RUNS, UPDATE_PLUGIN),
    ("acme", OTHER): (UPDATE_CORE, UPDATE_CORE, RUNS),
}
"""What becomes of each plugin with each of the cores."""
PAIRS = [
    Pair(name, plugin, core, wanted)
    for (name, plugin), row in PLUGINS.items()
    for core, wanted in zip(CORES, row, strict=True)
]


@pytest.fixture(scope="module")
def cores(tmp_path_factory: pytest.TempPathFactory) -> dict[Version, Path]:
    """A folder with each core."""
    folders = {version: tmp_path_factory.mktemp("core") for version in CORES}
    for version, folder in folders.items():
        editions.core(version, folder / "site")
    return folders


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.row}-{pair.column}")
def test_a_pair_works_or_says_what_to_update(
    pair: Pair,
    cores: dict[Version, Path],
    tmp_path: Path,
    matrix: dict[tuple[str, str], str],
) -> None:
    now = HERE / "api_1_0" / pair.name
    frozen = now if pair.plugin == NOW else editions.acme(pair.plugin, tmp_path)
    site = tmp_path / "site"
    unpacked(frozen, site)
    path = f"{site}{os.pathsep}{cores[pair.core] / 'site'}"
    _check_core(path, pair.core)
    if pair.wanted == RUNS:
        _check_talk(frozen, site, path)
    else:
        _check_refusal(pair, path, tmp_path)
    matrix[pair.row, pair.column] = pair.wanted


def _check_core(path: str, core: Version) -> None:
    """It is the core in the folder that runs, and not the one that is tested."""
    program = "import proxy_core; print(proxy_core.API_VERSION, proxy_core.__file__)"
    told = _run(path, "-c", program).stdout
    assert told.startswith(str(core))
    assert told.split(") ")[1].strip().startswith(path.split(os.pathsep)[1])


def _check_talk(frozen: Path, site: Path, path: str) -> None:
    told = json.loads((frozen.parent / "told.json").read_text())
    with talking(frozen, site, path) as (proxy, _):
        assert hear(frozen, proxy.url, stream=False) == told
        assert hear(frozen, proxy.url, stream=True) == told


def _check_refusal(pair: Pair, path: str, home: Path) -> None:
    arguments = f"-m proxy_core.cli serve --plugins {pair.name} --port 0"
    done = _run(path, *arguments.split(), cwd=home)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    theirs, ours = spelled(pair.plugin), spelled(pair.core)
    remedy = pair.wanted.removeprefix("refused: ")
    assert f"plugin API {theirs}, this proxy-core has {ours}; {remedy}" in line


def _run(path: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
