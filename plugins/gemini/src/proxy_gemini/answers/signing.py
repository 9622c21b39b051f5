"""Thoughts and their signatures, told so that the client brings them back."""

from __future__ import annotations

from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import Target
from proxy_gemini.carried import Signatures, packed
from proxy_gemini.context import GeminiContext


class Signing:
    """Tells thinking blocks: one for a thought, or an empty one before a signed call."""

    def __init__(self, target: Target, context: GeminiContext, writer: MessageWriter) -> None:
        self._target = target
        self._era = context.signature_era
        self._omits_text = context.thinking_omitted
        self._writer = writer
        self._hidden: list[str] = []
        """Text of the thought that is being told, where the client does not see it."""

    def thought(self, text: str, signature: str) -> None:
        """A thought, or more of the one that is being told; signed, it is complete."""
        self._writer.thinking(text)
        if self._omits_text:
            self._hidden.append(text)
        if signature:
            self._sign(Signatures(self._era, thought=signature))

    def call(self, signature: str) -> None:
        """A call follows: its signature goes with the thought before it, or alone."""
        if signature:
            self._sign(Signatures(self._era, call=signature))
        self._hidden.clear()

    def text(self) -> None:
        """Text follows: the thought is complete."""
        self._hidden.clear()

    def _sign(self, signatures: Signatures) -> None:
        self._writer.signature(packed(signatures, "".join(self._hidden), self._target))
        self._hidden.clear()
