"""The record of one exchange while it runs, and the log line it ends in."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from typing import Any

from proxy_core.anthropic import ids
from proxy_core.anthropic.tokens import Estimate
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import ErrorVerdict, Exchange, Target, Usage
from proxy_core.ledger import Ledger, Loss

_log = logging.getLogger("proxy_core.exchange")


class Record:
    """Collects what is known of an exchange. Figures and names only, never content."""

    def __init__(self) -> None:
        self.request_id = ids.new_request_id()
        self.upstream_request_id: str | None = None
        self.requested_model = ""
        self.target = ""
        self.fallbacks: list[str] = []
        self.repairs: list[str] = []
        self.stream = False
        self.outcome = "ok"
        self.request_bytes = 0
        self.prompt = Estimate(0)
        self.writer: MessageWriter | None = None
        self.ledger = Ledger()
        self.upstream_headers: Mapping[str, str] = {}
        self._began = time.monotonic()
        self._first_byte: float | None = None

    def note_answer(self, request_id: str | None, headers: Mapping[str, str]) -> None:
        """The upstream has begun to answer."""
        self.upstream_request_id = request_id
        self.upstream_headers = headers
        self._first_byte = time.monotonic() - self._began

    def give_up(self, target: Target, verdict: ErrorVerdict) -> None:
        """The target cannot answer, or cannot be asked."""
        self.fallbacks.append(f"{target.name}={verdict.type}")

    def note_repair(
        self, target: Target, quirks: Mapping[str, Any], *, learned: bool = False
    ) -> None:
        """The target is asked under these quirks; `learned` of them from an earlier request."""
        names = ",".join(sorted(quirks))
        self.repairs.append(f"{target.name}={names}{' (learned)' if learned else ''}")
        if not learned:
            asked = _one_word(target.name)
            _log.info("%s  %s refused it; asked anew with %s", self.request_id, asked, names)

    def finish(self, status: int, response_bytes: int) -> Exchange:
        """The finished record, logged as one line."""
        exchange = Exchange(
            request_id=self.request_id,
            upstream_request_id=self.upstream_request_id,
            requested_model=self.requested_model,
            target=self.target,
            fallbacks=tuple(self.fallbacks),
            repairs=tuple(self.repairs),
            stream=self.stream,
            status=status,
            outcome=self.outcome,
            stop_reason=self.writer.stop_reason if self.writer else None,
            usage=self.writer.final_usage if self.writer else Usage(),
            losses=tuple(self.ledger),
            request_bytes=self.request_bytes,
            response_bytes=response_bytes,
            first_byte_seconds=self._first_byte,
            total_seconds=time.monotonic() - self._began,
        )
        _log.info("%s", _line(exchange), extra={"exchange": exchange})
        return exchange


def _line(exchange: Exchange) -> str:
    words = [
        exchange.request_id,
        f"{_one_word(exchange.requested_model)} -> {_one_word(exchange.target)}",
        f"{exchange.status} {exchange.outcome}",
        *_tokens(exchange),
        f"{exchange.total_seconds:.2f}s",
    ]
    if exchange.fallbacks:
        words.append(f"after={','.join(map(_one_word, exchange.fallbacks))}")
    if exchange.repairs:
        words.append(f"repairs={len(exchange.repairs)}")
    words += _losses("losses", [loss for loss in exchange.losses if not loss.in_answer])
    words += _losses("answer_losses", [loss for loss in exchange.losses if loss.in_answer])
    return "  ".join(words)


def _losses(name: str, losses: list[Loss]) -> list[str]:
    """How many, and for which reasons; where each was is in the exchange and in `explain`."""
    reasons = sorted({str(loss.reason) for loss in losses})
    return [f"{name}={len(losses)}:{','.join(reasons)}"] if losses else []


def _tokens(exchange: Exchange) -> list[str]:
    """Token counts; those of a failed exchange are estimates at best, and left out."""
    usage = exchange.usage
    if exchange.outcome != "ok":
        return []
    return [
        f"in={usage.input_tokens} cached={usage.cache_read_input_tokens}",
        f"out={usage.output_tokens}",
    ]


def _one_word(name: str) -> str:
    """A client's model name in a log: printable, short, without white space."""
    return "".join(char if char.isprintable() and char != " " else "?" for char in name[:80])
