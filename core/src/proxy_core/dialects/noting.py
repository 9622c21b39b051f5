"""Noting what a translation cannot say, on the way."""

from __future__ import annotations

from msgspec import Struct

from proxy_core.ledger import Ledger, LossKind, Reason


class Noting(Struct, frozen=True):
    """Base of what a dialect has at hand while it translates one request."""

    ledger: Ledger

    def dropped(self, path: str, reason: Reason) -> None:
        """Note that the value at `path` is not sent."""
        self.ledger.note(path, LossKind.DROPPED, reason)

    def reshaped(self, path: str, reason: Reason) -> None:
        """Note that the value at `path` is sent in another form."""
        self.ledger.note(path, LossKind.RESHAPED, reason)
