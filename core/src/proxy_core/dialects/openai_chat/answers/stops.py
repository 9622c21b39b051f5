"""Stop sequences watched for here, for servers that take none or fewer than asked for."""

from __future__ import annotations

from collections.abc import Sequence

from proxy_core.dialects.openai_chat.answers.think_tags import held_back


class StopWatch:
    """Looks for stop sequences in text that arrives in fragments."""

    def __init__(self, sequences: Sequence[str]) -> None:
        self._sequences = [sequence for sequence in sequences if sequence]
        self._held = ""

    def feed(self, text: str) -> tuple[str, str | None]:
        """The text that may be told, and the sequence that ends it, if one was found."""
        text = self._held + text
        found = [(text.find(mark), -len(mark), mark) for mark in self._sequences if mark in text]
        if found:
            position, _, mark = min(found)
            self._held = ""
            return text[:position], mark
        keep = max((held_back(text, mark) for mark in self._sequences), default=0)
        cut = len(text) - keep
        self._held = text[cut:]
        return text[:cut], None

    def flush(self) -> str:
        """What was held back and turned out to be text."""
        held, self._held = self._held, ""
        return held
