"""Repairs, laid over a target."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from proxy_core import hookimpl
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import ErrorVerdict, Repair, Target, Unsupported, UpstreamRequest
from proxy_core.ledger import Ledger
from proxy_core.plugins import PluginFault, Plugins
from tests.plugins_loader.objects import Complete
from tests.plugins_loader.programmable import TARGET, Programmable


class Quirky(Complete):
    """Knows one quirk, and takes every request for what it is."""

    @hookimpl
    def proxy_translate_request(
        self, request: MessagesRequest, target: Target, ledger: Ledger
    ) -> UpstreamRequest:
        if target.provider.quirks.get("loud", False) not in (True, False):
            raise ValueError("loud: expected a bool")
        if target.model == "picky":
            raise Unsupported("/messages", "not this")
        return super().proxy_translate_request(request, target, ledger)


def quirky() -> Any:
    return Plugins.of({"acme": Quirky()}).providers[0]


@pytest.mark.parametrize("model", ["m", "picky"])
def test_a_repair_is_laid_over_the_target(model: str) -> None:
    target = msgspec.structs.replace(TARGET, model=model)
    repaired = quirky().repaired(target, Repair(quirks={"loud": True}))
    assert repaired == target.under({"loud": True})
    assert (repaired.provider.quirks, repaired.facts.quirks) == ({"loud": True}, {"loud": True})
    assert TARGET.provider.quirks == {}


def test_a_repair_that_its_own_plugin_does_not_understand() -> None:
    with pytest.raises(PluginFault) as caught:
        quirky().repaired(TARGET, Repair(quirks={"loud": "very"}))
    assert str(caught.value) == (
        "plugin 'acme' failed in the repair of a refused request: loud: expected a bool"
    )
    broken = Plugins.of({"acme": Programmable(lambda: 1 / 0)}).providers[0]
    with pytest.raises(PluginFault, match="ZeroDivisionError"):
        broken.repaired(TARGET, Repair())


@pytest.mark.parametrize("fields", [{"quirks": {1: 2}}, {"quirks": "loud"}, {"lasting": "yes"}])
def test_a_repair_of_wrong_types_cannot_be_made(fields: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        Repair(**fields)
    with pytest.raises(TypeError):
        ErrorVerdict(status=400, type="api_error", message="", repair=fields)
