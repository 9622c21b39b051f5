"""What `pip install proxy-core` brings is written down, so that a newcomer is seen in review."""

import sys
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.wheels import CORE, PLUGINS


def needed_by(name: str, extras: frozenset[str]) -> list[Requirement]:
    """The direct requirements of an installed distribution on this machine."""
    wanted = [Requirement(line) for line in requires(name) or []]
    return [
        requirement
        for requirement in wanted
        if requirement.marker is None
        or any(requirement.marker.evaluate({"extra": extra}) for extra in {"", *extras})
    ]


def closure(name: str) -> set[str]:
    """All that is installed because of `name`, itself apart."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(canonicalize_name(name), frozenset[str]())]
    while waiting:
        current = waiting.pop()
        if current not in seen:
            seen.add(current)
            waiting += [
                (canonicalize_name(r.name), frozenset(r.extras)) for r in needed_by(*current)
            ]
    return {found for found, _ in seen} - {canonicalize_name(name)}


def written_down() -> list[str]:
    lines = (CORE / "dependency-closure.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@pytest.mark.skipif(
    sys.platform == "win32" or sys.implementation.name != "cpython",
    reason="the list is kept for CPython on Linux and macOS",
)
def test_the_closure_of_core_is_the_written_one(capsys: pytest.CaptureFixture[str]) -> None:
    found = closure("proxy-core")
    with capsys.disabled():
        sys.stdout.write(f"\nproxy-core brings {len(found)} distributions\n")
    assert found == set(written_down())


def test_the_list_is_sorted_and_without_repeats() -> None:
    assert written_down() == sorted(set(written_down()))


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: str(plugin.name))
def test_a_plugin_brings_core_and_nothing_else(plugin: Path) -> None:
    needed = needed_by(f"proxy-{plugin.name}", frozenset())
    assert [requirement.name for requirement in needed] == ["proxy-core"]
