"""Which plugin is examined: what cannot be chosen is said in a line, what is broken is examined."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from proxy_core import hookimpl
from proxy_core.contract import Exchange
from proxy_core.plugins import PluginError
from proxy_core.testing import watch
from proxy_core.testing.candidates import GROUP, installed, of_object
from tests.support.distributions import install
from tests.support.mutants import Acme

_MODULE = """
from tests.support.mutants import Acme
from proxy_core.testing.wires.openai_chat import OpenAIChatWire
plugin = Acme()
ONE = OpenAIChatWire()
KINDS = [OpenAIChatWire]
"""


@pytest.mark.parametrize(
    ("wires", "words"),
    [
        ("nowhere:WIRES", "cannot be loaded: ModuleNotFoundError: No module named 'nowhere'"),
        ("acme_module:WIRES", "cannot be loaded: AttributeError"),
        ("acme_module:ONE", "no list of wires: name one like"),
        ("acme_module:KINDS", "no list of wires: name one like"),
    ],
)
def test_wires_that_are_none_are_named(site: Path, wires: str, words: str) -> None:
    install(site, "proxy-acme", {"acme": "acme_module:plugin"}, {"acme_module": _MODULE})
    points = site / "proxy_acme-1.0.dist-info" / "entry_points.txt"
    points.write_text(f"{points.read_text()}[{GROUP}]\nacme = {wires}\n", encoding="utf-8")
    with pytest.raises(PluginError, match="the wires of plugin 'acme'") as told:
        installed("acme")
    assert words in str(told.value)


def test_a_quirk_that_there_is_not_is_named() -> None:
    with pytest.raises(PluginError, match=r"^acme/.*: there is no quirk 'foo'"):
        of_object(Acme(), quirks={"foo": 1})


class Observer:
    @hookimpl
    def proxy_exchange_finished(self, exchange: Exchange) -> None:
        """Nothing: the kit is not to come as far as this."""


def test_an_observer_has_nothing_to_check() -> None:
    with pytest.raises(PluginError, match="'observer' brings no provider: there is nothing to"):
        of_object(Observer())


class Sleeper(Acme):
    @hookimpl
    def proxy_translate_request(self) -> None:  # type: ignore[override]
        time.sleep(600)


def test_a_plugin_that_never_translates_is_told_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LIMIT", 0.2)
    candidate = of_object(Sleeper())
    assert not candidate.subjects
    assert "did not come back" in str(candidate.fault)
