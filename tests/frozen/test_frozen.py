"""Plugins of earlier times run behind the proxy of today, and nobody has touched them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from proxy_core.contract import API_VERSION
from tests.frozen.talks import FROZEN, HERE, KEY, hear, talking, version_of
from tests.support.wheels import unpacked

TALKS = [plugin for plugin in FROZEN if version_of(plugin)[0] == API_VERSION[0]]


def test_there_are_plugins_of_this_major_version() -> None:
    assert {plugin.name for plugin in TALKS} >= {"acme", "teletype"}


@pytest.mark.parametrize("plugin", TALKS, ids=lambda plugin: f"{plugin.parent.name}-{plugin.name}")
def test_a_frozen_plugin_has_its_talk(plugin: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    unpacked(plugin, site)
    told = json.loads((plugin.parent / "told.json").read_text())
    with talking(plugin, site) as (proxy, upstream):
        assert hear(plugin, proxy.url, stream=False) == told
        assert hear(plugin, proxy.url, stream=True) == told
    for exchange, streamed in zip(upstream.exchanges, (False, True), strict=True):
        assert exchange.headers["authorization"] == f"Bearer {KEY}"
        sent = json.loads(exchange.body)
        assert sent.get("stream", False) is streamed
        _check_sent(sent, plugin)


def _check_sent(sent: dict[str, object], plugin: Path) -> None:
    """What a language of the plugin's own says is as it was. A dialect of core may learn."""
    file = plugin / "sent.json"
    if file.exists():
        assert sent | {"stream": False} == json.loads(file.read_text())
    said = json.dumps(sent)
    for words in (
        "You help with a teletype.",
        "Two looks.",
        "no such file",
        "RYRYRY",
        "roll-2.txt",
    ):
        assert words in said


@pytest.mark.parametrize("folder", sorted(HERE.glob("api_*")), ids=lambda folder: str(folder.name))
def test_nobody_has_touched_it(folder: Path) -> None:
    lines = (line.split("  ") for line in (folder / "SHA256SUMS").read_text().splitlines())
    kept = {name: digest for digest, name in lines}
    found = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS" and path.suffix != ".pyc"
    }
    assert found == kept
