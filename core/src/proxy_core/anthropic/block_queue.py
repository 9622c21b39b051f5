"""The blocks of one answer, told one after another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from proxy_core.anthropic.blocks import AnswerBlock, TextBlock, ThinkingBlock
from proxy_core.anthropic.message import Sink
from proxy_core.contract import ProtocolError

MAX_BLOCKS = 4096
MAX_CHARACTERS = 256 << 20
"""Bounds of one answer; an upstream that goes beyond them is not answering."""


class BlockQueue:
    """Numbers, opens and closes blocks, strictly in sequence.

    Only the first one may be open: what is added to a later one waits for its turn. `opening` is
    called before a block opens; `seal` signs thinking that got no signature, and receives the text
    that is not shown. Beyond the bounds, and for what a block cannot hold, `ProtocolError`.
    """

    def __init__(
        self, sink: Sink, *, opening: Callable[[], None], seal: Callable[[str], str]
    ) -> None:
        self.characters = 0
        """How many were told."""
        self.cut = False
        """A limit ended the answer: the last block may be incomplete."""
        self._sink = sink
        self._opening = opening
        self._seal = seal
        self._waiting: deque[AnswerBlock] = deque()
        """Those that are not closed."""
        self._blocks = 0
        self._next_index = 0

    @property
    def last(self) -> AnswerBlock | None:
        """The block told last, if it is not closed."""
        return self._waiting[-1] if self._waiting else None

    def append(self, block: AnswerBlock) -> None:
        """Put a block at the end; those before it close as soon as they are complete."""
        self._blocks += 1
        if self._blocks > MAX_BLOCKS:
            raise ProtocolError(f"more than {MAX_BLOCKS} blocks in one answer")
        self._waiting.append(block)
        self._advance()

    def add(self, block: AnswerBlock, text: str) -> None:
        """Add to a block that is not closed."""
        self.characters += len(text)
        if self.characters > MAX_CHARACTERS:
            raise ProtocolError(f"more than {MAX_CHARACTERS} characters in one answer")
        block.add(text)
        if block is self._waiting[0]:
            self._send(block)
            if len(self._waiting) > 1:
                self._advance()

    def sign(self, block: ThinkingBlock, signature: str) -> None:
        """Sign a block that is not closed; it may be worth opening for that alone."""
        block.signature = signature
        if block is self._waiting[0]:
            self._send(block)

    def close(self) -> None:
        """Close all of them: nothing more will come."""
        while self._waiting:
            self._close(self._waiting.popleft())

    def _advance(self) -> None:
        """Close what is complete and has a successor; begin what is then first."""
        while len(self._waiting) > 1 and self._waiting[0].is_complete():
            self._close(self._waiting.popleft())
        self._send(self._waiting[0])

    def _send(self, block: AnswerBlock, *, last: bool = False) -> None:
        """Open the block if there is cause to, and send what it has to say."""
        if block.index is None:
            if not block.may_open():
                return
            self._opening()
            block.index = self._next_index
            self._next_index += 1
            self._sink.block_start(block.index, block.start())
        text = block.take(last=last)
        if text:
            self._sink.block_delta(block.index, block.delta, text)

    def _close(self, block: AnswerBlock) -> None:
        self._send(block, last=True)
        block.verify(cut=self.cut)
        if block.index is None:
            return
        if isinstance(block, TextBlock):
            for source in block.citations:
                self._sink.block_citation(block.index, source)
        if isinstance(block, ThinkingBlock):
            signature = block.signature or self._seal(block.hidden)
            if signature:
                self._sink.block_delta(block.index, "signature_delta", signature)
        self._sink.block_stop(block.index)
