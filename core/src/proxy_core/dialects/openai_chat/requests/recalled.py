"""What the model reasoned in an earlier turn, as its server takes it back."""

from __future__ import annotations

from typing import Any

from msgspec import Raw

from proxy_core.anthropic.carrier import Envelope
from proxy_core.anthropic.content import ThinkingBlock
from proxy_core.dialects.openai_chat.reasoning_details import ReasoningDetails, is_of_same_maker
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import Reason

_PARAGRAPH = "\n\n"


class Recalled:
    """Gathers the reasoning of one turn; all of it was the provider's own."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._texts: list[str] = []
        self._details = ReasoningDetails()

    def add(self, block: ThinkingBlock, envelope: Envelope, path: str) -> None:
        """Take in the next block, whose signature is `envelope`."""
        scope = self._scope
        if scope.quirks.reasoning_history == "reasoning_details" and envelope.state:
            if not is_of_same_maker(envelope.model, scope.target.model):
                scope.dropped(path, Reason.FOREIGN_REASONING)
            elif self._details.join(envelope.state):
                scope.reshaped(f"{path}/signature", Reason.SIGNATURE)
            else:
                scope.dropped(path, Reason.SIGNATURE)
        elif text := block.thinking or envelope.reasoning:
            self._texts.append(text)
            scope.dropped(f"{path}/signature", Reason.SIGNATURE)
        else:
            scope.dropped(path, Reason.SIGNATURE)

    def fields(self, said: str) -> dict[str, Any]:
        """The fields of the assistant's message; `said` is its text."""
        quirks = self._scope.quirks
        text = _PARAGRAPH.join(self._texts) or quirks.reasoning_history_filler
        match quirks.reasoning_history:
            case "reasoning_details":
                if details := self._details.encoded():
                    return {"reasoning_details": Raw(details)}
                return {"reasoning": text} if text else {}
            case "thinking_parts":
                return {"content": _parts(text, said)} if text else {}
            case field:
                return {field: text} if text else {}


def _parts(thought: str, said: str) -> list[dict[str, Any]]:
    """Mistral: types of its SDK 3.7, `ThinkChunk`."""
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": thought}]}
    return [thinking, {"type": "text", "text": said}] if said else [thinking]
