"""Ids: what a client receives fits, is unique, and leads back to what the vendor said."""

from __future__ import annotations

import re
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.ids import (
    MAX_LENGTH,
    new_message_id,
    new_request_id,
    new_tool_id,
    unwrap_tool_id,
    wrap_tool_id,
)

FITS = re.compile(r"[A-Za-z0-9_-]{1,64}")
LOOKALIKES = ["call_0", "functions.Bash:0", "pxid0_", "pxid0_eA", "pxid1_eA", "pxid0_Y2FsbF8w", ""]
VENDOR_IDS = (
    st.sampled_from(LOOKALIKES)
    | st.text(st.characters(), max_size=30)
    | st.text("abc_-019", max_size=70)
    | st.builds("pxid{}_{}".format, st.integers(0, 3), st.text("aAeE01_-=", max_size=6))
)


@pytest.mark.proof
@given(st.lists(VENDOR_IDS, max_size=12), st.frozensets(VENDOR_IDS))
def test_ids_fit_are_unique_and_lead_back(vendor_ids: list[str], known: frozenset[str]) -> None:
    taken = set(known)
    mint = map("toolu_fresh{}".format, count()).__next__
    for vendor_id in vendor_ids:
        client_id = wrap_tool_id(vendor_id, taken, mint)
        assert FITS.fullmatch(client_id)
        assert client_id not in taken
        if not client_id.startswith("toolu_fresh"):
            assert unwrap_tool_id(client_id) == vendor_id
        else:
            packed_length = -(-len(vendor_id.encode("utf-8", "surrogatepass")) * 4 // 3)
            assert not vendor_id or packed_length > MAX_LENGTH - len("pxid00_")
        taken.add(client_id)


@pytest.mark.proof
@given(VENDOR_IDS, VENDOR_IDS)
def test_different_ids_stay_different(one: str, other: str) -> None:
    mint = map("toolu_fresh{}".format, count()).__next__
    wrapped = [wrap_tool_id(vendor_id, frozenset(), mint) for vendor_id in (one, other)]
    assert (wrapped[0] == wrapped[1]) == (one == other) or "toolu_fresh" in "".join(wrapped)


@pytest.mark.parametrize(
    "vendor_id", ["call_0", "toolu_01AbC", "chatcmpl-tool-9f", "a", "A" * 64, "0-_"]
)
def test_a_fitting_id_travels_unchanged(vendor_id: str) -> None:
    assert wrap_tool_id(vendor_id, frozenset()) == vendor_id
    assert unwrap_tool_id(vendor_id) == vendor_id


@pytest.mark.parametrize(
    ("vendor_id", "client_id"),
    [
        ("functions.Bash:0", "pxid0_ZnVuY3Rpb25zLkJhc2g6MA"),
        ("call_0 ", "pxid0_Y2FsbF8wIA"),
        ("call_0\n", "pxid0_Y2FsbF8wCg"),
        ("é", "pxid0_w6k"),
        ("pxid0_eA", "pxid0_cHhpZDBfZUE"),
        ("\ud83d", "pxid0_7aC9"),
    ],
)
def test_other_ids_are_wrapped_the_same_way_for_ever(vendor_id: str, client_id: str) -> None:
    assert wrap_tool_id(vendor_id, frozenset()) == client_id
    assert unwrap_tool_id(client_id) == vendor_id


def test_a_repeated_id_gets_the_next_number() -> None:
    taken = {"call_0", "pxid0_Y2FsbF8w", "pxid1_Y2FsbF8w"}
    assert wrap_tool_id("call_0", taken) == "pxid2_Y2FsbF8w"
    assert unwrap_tool_id("pxid2_Y2FsbF8w") == "call_0"


@pytest.mark.parametrize("vendor_id", ["", "x" * 65, "é" * 40])
def test_what_cannot_be_wrapped_gets_a_fresh_id(vendor_id: str) -> None:
    assert wrap_tool_id(vendor_id, frozenset(), lambda: "toolu_new") == "toolu_new"


@pytest.mark.parametrize("client_id", ["pxid0_a", "pxid0__w", "pxid_eA", "pxidx_eA", "", "é"])
def test_ids_that_were_never_wrapped_are_unchanged(client_id: str) -> None:
    assert unwrap_tool_id(client_id) == client_id


@given(st.text())
def test_any_text_may_be_unwrapped(client_id: str) -> None:
    assert isinstance(unwrap_tool_id(client_id), str)


@pytest.mark.parametrize(
    ("mint", "prefix"),
    [(new_message_id, "msg_"), (new_request_id, "req_"), (new_tool_id, "toolu_")],
)
def test_minted_ids(mint: object, prefix: str) -> None:
    assert callable(mint)
    minted = {mint() for _ in range(100)}
    assert len(minted) == 100
    assert all(FITS.fullmatch(new) and new.startswith(prefix) for new in minted)
    assert all(len(new) >= len(prefix) + 20 for new in minted)
