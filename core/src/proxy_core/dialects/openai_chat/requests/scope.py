"""What every part of one request's translation needs at hand."""

from __future__ import annotations

from proxy_core.contract import Target
from proxy_core.dialects.noting import Noting
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.dialects.openai_chat.requests.tool_names import ToolNames
from proxy_core.ledger import LossKind, Reason


class Scope(Noting, frozen=True):
    """Where a request goes, how the server speaks, and what is noted on the way."""

    target: Target
    quirks: Quirks
    names: ToolNames

    def tool_name(self, name: str, path: str) -> str:
        """The name under which the tool at `path` is sent; noted if it differs."""
        sent = self.names.sent(name)
        if sent != name:
            self.ledger.note(path, LossKind.RENAMED, Reason.NAME_CHARSET)
        return sent
