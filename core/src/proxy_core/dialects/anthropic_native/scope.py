"""What every part of one request's mending needs at hand."""

from __future__ import annotations

from msgspec import Struct

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import Target
from proxy_core.dialects.anthropic_native.quirks import Quirks
from proxy_core.ledger import Ledger, LossKind, Reason


class Scope(Struct, frozen=True):
    """The request, where it goes, how the server speaks, and what is noted on the way."""

    request: MessagesRequest
    target: Target
    quirks: Quirks
    ledger: Ledger

    def dropped(self, path: str, reason: Reason) -> None:
        """Note that the value at `path` is not sent."""
        self.ledger.note(path, LossKind.DROPPED, reason)

    def reshaped(self, path: str, reason: Reason) -> None:
        """Note that the value at `path` is sent in another form."""
        self.ledger.note(path, LossKind.RESHAPED, reason)
