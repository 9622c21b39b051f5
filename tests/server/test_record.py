"""The line that an exchange ends in: who answered, after whom, and what was lost, without paths."""

import logging

import pytest

from proxy_core.ledger import LossKind, Reason
from proxy_core.server.record import Record


def test_the_line_names_what_was_lost_and_who_was_asked_before(
    caplog: pytest.LogCaptureFixture,
) -> None:
    record = Record()
    record.requested_model, record.target = "claude-opus-5-5", "b/big"
    record.fallbacks.append("a/small model=rate_limit_error")
    for path in ("/top_k", "/temperature"):
        record.ledger.note(path, LossKind.DROPPED, Reason.UNSUPPORTED_BY_MODEL)
    record.ledger.note("/speed", LossKind.DROPPED, Reason.ADVISORY)
    record.ledger.for_answer().note("/usage", LossKind.INVENTED, Reason.USAGE_ESTIMATED)
    with caplog.at_level(logging.INFO, "proxy_core.exchange"):
        exchange = record.finish(200, 10)
    (line,) = caplog.messages
    assert "claude-opus-5-5 -> b/big" in line
    assert "  after=a/small?model=rate_limit_error  " in line
    assert "  losses=3:advisory,unsupported_by_model  " in line
    assert line.endswith("  answer_losses=1:usage_estimated")
    assert (len(exchange.losses), exchange.fallbacks) == (4, tuple(record.fallbacks))


def test_the_line_of_an_exchange_without_losses_is_short(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "proxy_core.exchange"):
        Record().finish(200, 10)
    assert "losses" not in caplog.text
    assert "after" not in caplog.text
