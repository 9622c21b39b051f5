"""A provider with a language of its own: what `new-plugin --dialect blank` writes, at work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.frozen.talks import HERE, hear, talking
from tests.support.command import proxy
from tests.support.examples import EXAMPLES
from tests.support.wheels import unpacked

TELETYPE = EXAMPLES / "teletype"
TALK = HERE / "api_1_0" / "teletype"
"""It has the same talk as it had when the API was new."""


def test_nothing_of_it_was_written_by_hand(tmp_path: Path) -> None:
    """To follow the templates, write it anew."""
    done = proxy(tmp_path, "new-plugin", "teletype", "--dialect", "blank")
    assert done.returncode == 0
    written = tmp_path / "proxy-teletype"
    for path in (path for path in written.rglob("*") if path.is_file()):
        place = path.relative_to(written)
        assert (TELETYPE / place).read_text() == path.read_text(), place


def test_it_answers(tmp_path: Path) -> None:
    site = tmp_path / "site"
    unpacked(TELETYPE, site)
    told = json.loads((TALK.parent / "told.json").read_text())
    with talking(TALK, site) as (running, _):
        assert hear(TALK, running.url, stream=False) == told
        assert hear(TALK, running.url, stream=True) == told


@pytest.mark.parametrize("example", ["acme", "teletype"])
def test_it_keeps_the_rules(example: str, tmp_path: Path) -> None:
    """A few examples of each check; `nox -s build` lets what is written pass its own tests."""
    unpacked(EXAMPLES / example, tmp_path / "site")
    done = proxy(tmp_path, "check", example, "--examples", "5")
    assert done.returncode == 0, done.stdout
    assert f"{example}: " in done.stdout
    assert " checks passed" in done.stdout
