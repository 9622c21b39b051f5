"""The ledger: what was lost, in order, once, and fit for anyone's eyes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.ledger import EXPLANATIONS, MEANINGFUL, Ledger, Loss, LossKind, Reason

LOSSES = st.builds(
    Loss,
    st.sampled_from(["/a", "/b/0", "/é~1x"]),
    st.sampled_from(LossKind),
    st.sampled_from(Reason),
)


def ledger_of(losses: list[Loss]) -> Ledger:
    ledger = Ledger()
    for path, kind, reason, in_answer in losses:
        (ledger.for_answer() if in_answer else ledger).note(path, kind, reason)
    return ledger


@given(st.lists(LOSSES))
def test_each_loss_stands_once_in_the_order_it_was_met(losses: list[Loss]) -> None:
    ledger = ledger_of(losses)
    assert list(ledger) == list(dict.fromkeys(losses))
    assert len(ledger) == len(set(losses))
    assert list(ledger) == list(ledger)


@given(st.lists(LOSSES))
def test_the_header_says_how_many_and_why(losses: list[Loss]) -> None:
    header = ledger_of(losses).header()
    count, _, reasons = header.partition("; ")
    assert int(count) == len(set(losses))
    codes = {f"answer:{loss.reason}" if loss.in_answer else loss.reason.value for loss in losses}
    assert reasons.split(",") == (sorted(codes) or [""])
    assert re.fullmatch(r"[0-9]+; [a-z_,:]*", header)


@given(st.lists(LOSSES))
def test_what_strict_refuses_is_a_part_in_order(losses: list[Loss]) -> None:
    ledger = ledger_of(losses)
    assert ledger.meaningful() == [
        loss for loss in ledger if loss.reason in MEANINGFUL and not loss.in_answer
    ]


def test_an_example() -> None:
    ledger = Ledger()
    ledger.note("/top_k", LossKind.DROPPED, Reason.UNSUPPORTED_BY_MODEL)
    ledger.note("/system/0/cache_control", LossKind.DROPPED, Reason.CACHE_HINT)
    ledger.note("/top_k", LossKind.DROPPED, Reason.UNSUPPORTED_BY_MODEL)
    ledger.note("/top_k", LossKind.CLAMPED, Reason.UNSUPPORTED_BY_MODEL)
    assert ledger.header() == "3; cache_hint,unsupported_by_model"
    assert [loss.path for loss in ledger] == ["/top_k", "/system/0/cache_control", "/top_k"]
    assert [loss.kind for loss in ledger.meaningful()] == [LossKind.DROPPED, LossKind.CLAMPED]


def test_nothing_lost() -> None:
    assert Ledger().header() == "0; "
    assert not Ledger().meaningful()
    assert len(Ledger()) == 0


@pytest.mark.parametrize("code", [*LossKind, *Reason])
def test_codes_are_plain_words(code: LossKind | Reason) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", code.value)
    assert code.name == code.value.upper()


def test_codes_are_only_ever_added() -> None:
    """The codes of API 1.0: logs and scripts rely on each."""
    assert {kind.value for kind in LossKind} >= {
        "dropped", "clamped", "renamed", "reshaped", "merged", "invented", "deferred",
    }  # fmt: skip
    assert {reason.value for reason in Reason} >= {
        "attribution", "cache_hint", "citations", "client_metadata", "declared_limit",
        "deferred_tool", "document_as_text", "document_unsupported", "duplicate", "empty",
        "expired", "foreign_reasoning", "image_moved", "image_unsupported", "name_charset",
        "no_equivalent", "no_tools", "placeholder", "role_unsupported", "schema_keyword",
        "server_history", "server_tool", "signature", "structured_output", "tool_error_as_text",
        "tool_id", "tool_limit", "unknown_block", "unknown_field", "unsupported_by_model",
        "usage_estimated",
    }  # fmt: skip


def test_each_reason_is_explained_in_one_sentence_of_its_own() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    assert len(set(EXPLANATIONS.values())) == len(EXPLANATIONS)
    for sentence in EXPLANATIONS.values():
        assert re.fullmatch(r"[A-Z][^.]+\.", sentence)
        assert len(sentence) <= 80
