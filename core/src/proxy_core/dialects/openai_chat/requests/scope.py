"""What every part of one request's translation needs at hand."""

from __future__ import annotations

from msgspec import Struct

from proxy_core.contract import Target
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.dialects.openai_chat.requests.tool_names import ToolNames
from proxy_core.ledger import Ledger, LossKind, Reason


class Scope(Struct, frozen=True):
    """Where a request goes, how the server speaks, and what is noted on the way."""

    target: Target
    quirks: Quirks
    ledger: Ledger
    names: ToolNames

    def dropped(self, path: str, reason: Reason) -> None:
        """Note that the value at `path` is not sent."""
        self.ledger.note(path, LossKind.DROPPED, reason)

    def reshaped(self, path: str, reason: Reason) -> None:
        """Note that the value at `path` is sent in another form."""
        self.ledger.note(path, LossKind.RESHAPED, reason)

    def tool_name(self, name: str, path: str) -> str:
        """The name under which the tool at `path` is sent; noted if it differs."""
        sent = self.names.sent(name)
        if sent != name:
            self.ledger.note(path, LossKind.RENAMED, Reason.NAME_CHARSET)
        return sent
