"""What a client asks for is sent, or the ledger names it; what the ledger names is not sent.

One request is held against every card that ships, and each leaf of it against what that card's
server would get.
"""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from proxy_core.anthropic.request import MessagesRequest, parse
from proxy_core.anthropic.rules import check_messages
from proxy_core.contract import Unsupported
from proxy_core.ledger import Ledger
from proxy_core.testing.leaves import leaves, unexplained, untrue
from proxy_core.testing.strategies.surface import whole_requests
from tests.support.shipped import Shipped, shipped

Json = dict[str, Any]

SHIPPED = tuple(shipped())
slow = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def read(asked: Json) -> MessagesRequest:
    request = parse(json.dumps(asked).encode())
    check_messages(request)
    return request


def complaints(asked: Json, request: MessagesRequest, to: Shipped) -> list[str]:
    """Leaves of the request that vanished, and losses that are none."""
    ledger = Ledger()
    try:
        upstream = to.plugin.proxy_translate_request(request, to.target, ledger)
    except Unsupported as refusal:
        return [] if _names_a_place(refusal.path, asked) else [f"refuses at {refusal.path!r}"]
    sent = json.loads(upstream.body)
    return [
        *(f"loses {path}" for path in unexplained(asked, sent, ledger)),
        *(f"sends {path}" for path in untrue(asked, sent, ledger)),
        *(f"notes {loss.path}" for loss in ledger if not _is_pointer(loss.path)),
    ]


def _names_a_place(path: str, asked: Json) -> bool:
    return any(leaf.path == path or leaf.path.startswith(f"{path}/") for leaf in leaves(asked))


def _is_pointer(path: str) -> bool:
    return re.fullmatch(r"(/([^~/]|~[01])*)+", path) is not None


@pytest.mark.proof
@slow
@given(whole_requests())
def test_each_leaf_is_sent_or_named(asked: Json) -> None:
    request = read(asked)
    found = {one.name: complaints(asked, request, one) for one in SHIPPED}
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.proof
@slow
@given(whole_requests(refusable=True))
def test_what_is_refused_is_named(asked: Json) -> None:
    request = read(asked)
    found = {one.name: complaints(asked, request, one) for one in SHIPPED}
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.proof
@slow
@given(whole_requests(refusable=True))
def test_anthropic_itself_gets_all_of_it(asked: Json) -> None:
    (to,) = (one for one in SHIPPED if one.target.provider.name == "anthropic")
    ledger = Ledger()
    upstream = to.plugin.proxy_translate_request(read(asked), to.target, ledger)
    whole = asked | {"model": to.target.model}
    lost = [loss.path for loss in ledger]
    if lost:  # a budget, in a tool loop that another vendor began
        del whole["thinking"]
        places = _forget_clearing(whole)
        assert sorted(lost) == sorted(["/thinking", *places])
    assert json.loads(upstream.body) == whole


def _forget_clearing(whole: Json) -> list[str]:
    """Leave out the edits that clear thinking; where they were."""
    management = whole.get("context_management") or {}
    edits = management.get("edits") or []
    gone = [index for index, edit in enumerate(edits) if "clear_thinking_" in json.dumps(edit)]
    left = [edit for index, edit in enumerate(edits) if index not in gone]
    if gone and left:
        whole["context_management"] = {**management, "edits": left}
    elif gone:
        del whole["context_management"]
    return [f"/context_management/edits/{index}" for index in gone]
