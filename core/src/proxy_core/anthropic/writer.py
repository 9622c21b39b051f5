"""The one place that decides the order of Anthropic events.

Dialects say what they saw, in whatever order the upstream sent it; the writer makes blocks of it
and puts them into a queue that tells them in sequence, so that no illegal order can leave it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from enum import Enum

import msgspec

from proxy_core.anthropic import ids
from proxy_core.anthropic.block_queue import BlockQueue
from proxy_core.anthropic.blocks import (
    RedactedThinkingBlock,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
)
from proxy_core.anthropic.events import mend_surrogates
from proxy_core.anthropic.message import Sink
from proxy_core.anthropic.stops import StopWatch
from proxy_core.anthropic.verdicts import CUT_SHORT, EMPTY, broken_answer
from proxy_core.anthropic.web_search import FoundBlock, Page, SearchBlock, citation
from proxy_core.contract import ErrorVerdict, ProtocolError, Usage

CHARACTERS_PER_TOKEN = 4
"""Rough size of a token, for answers whose upstream tells no usage."""


class ThinkingDisplay(Enum):
    """What the client wants to see of the model's reasoning."""

    SHOWN = "shown"
    OMITTED = "omitted"  # the block without its text
    DROPPED = "dropped"  # no block at all


class WriterOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What core knows of the request that shapes the answer."""

    message_id: str
    model: str
    """The name the client asked for; it is echoed."""
    input_estimate: int = 0
    """Input tokens to show until the upstream tells the true number."""
    taken_ids: Container[str] = frozenset()
    """Tool ids that the conversation holds already."""
    display: ThinkingDisplay = ThinkingDisplay.SHOWN
    seal: Callable[[str], str] = lambda _hidden: ""
    """Signature for a thinking block that got none; receives the text that is not shown."""
    new_tool_id: Callable[[], str] = ids.new_tool_id
    stop_sequences: tuple[str, ...] = ()
    """What ends the answer where it stands in the text; the upstream does not know of it."""
    reword: Callable[[ErrorVerdict], ErrorVerdict] = lambda verdict: verdict
    """Makes a failure fit to be told; what it leaves without a `body` is not relayed."""
    begun: bool = False
    """`message_start` went out already, with an attempt that came to nothing."""


class MessageWriter:
    """Tells one answer to a sink.

    Verbs may come in any order; after `end()` or `fail()` they have no effect. What leaves is
    `message_start`, blocks one after another, then either the message's end or one error.
    """

    def __init__(self, sink: Sink, options: WriterOptions) -> None:
        self.failure: ErrorVerdict | None = None
        """Why the answer ended early, if it did."""
        self.done = False
        """`end()` or `fail()` was reached."""
        self.stop_reason: str | None = None
        """As told to `finish()`; after `end()`, as it was sent."""
        self.begun = options.begun
        """`message_start` was sent."""
        self.has_content = False
        """A block was opened: from here on the answer cannot be taken back."""
        self.stopped = False
        """A stop sequence of the options ended the answer; the upstream may have more to say."""
        self.before_stop: Callable[[], None] = lambda: None
        """Called when a stop sequence was met, before the answer ends: a dialect that keeps back
        what was said so far tells it now."""
        self.usage_estimated = False
        """The upstream told no usage; `final_usage` is this writer's own guess."""
        self.final_usage = Usage()
        self._sink = sink
        self._options = options
        self._stop_sequence: str | None = None
        self._stops = StopWatch(options.stop_sequences) if options.stop_sequences else None
        self._usage: Usage | None = None
        self._blocks = BlockQueue(sink, opening=self._begin_content, seal=options.seal)
        self._tools: list[ToolUseBlock] = []
        self._ids: set[str] = set()
        self._searches = 0
        self._opening: list[bytes] = []
        """What was relayed before any content, and waits for it."""
        self._relays = False

    @property
    def model(self) -> str:
        """The name the client asked for."""
        return self._options.model

    @property
    def streams(self) -> bool:
        """Whether the client gets events; else one whole message."""
        return self._sink.streams

    # -- what dialects say ---------------------------------------------------------------

    def begin(self) -> None:
        """Send `message_start` now; otherwise it goes out with the first block."""
        if self.begun or self.done:
            return
        self.begun = True
        if self._opening:
            self._sink.relay(b"".join(self._opening))
            return
        usage = Usage(input_tokens=self._options.input_estimate)
        self._sink.message_start(self._options.message_id, self._options.model, usage)

    def text(self, text: str) -> None:
        """Say visible text: it continues the text before it, or begins a block.

        A stop sequence in it ends the answer.
        """
        if self.done or self._stops is None:
            self._say(text)
            return
        text, stopped_by = self._stops.feed(text)
        self._say(text)
        if stopped_by is not None:
            self.stopped = True
            self.before_stop()
            self.finish("stop_sequence", stopped_by)
            self.end()

    def _say(self, text: str) -> None:
        if not text or self.done:
            return
        block = self._blocks.last
        if not isinstance(block, TextBlock):
            block = TextBlock()
            self._blocks.append(block)
        self._blocks.add(block, text)

    def thinking(self, text: str) -> None:
        """Say reasoning text."""
        if text and not self.done and self._options.display is not ThinkingDisplay.DROPPED:
            self.settle()
            self._blocks.add(self._thinking_block(), text)

    def signature(self, signature: str) -> None:
        """Sign the reasoning told last, or a block without text; what is told next is another."""
        if signature and not self.done and self._options.display is not ThinkingDisplay.DROPPED:
            self.settle()
            self._blocks.sign(self._thinking_block(), signature)

    def redacted(self, data: str) -> None:
        """Say reasoning that only its vendor can read."""
        if not self.done and self._options.display is not ThinkingDisplay.DROPPED:
            self.settle()
            self._blocks.append(RedactedThinkingBlock(mend_surrogates(data)))

    def tool(self, vendor_id: str, name: str) -> int:
        """Begin a tool call; returns the number under which its arguments are told.

        `vendor_id` may be empty or repeated: the client gets an id that is neither.
        """
        if self.done:
            return -1
        self.settle()
        block = ToolUseBlock(self.tool_id(vendor_id), mend_surrogates(name))
        self._tools.append(block)
        self._blocks.append(block)
        return len(self._tools) - 1

    def tool_id(self, vendor_id: str) -> str:
        """The id by which the client will know a call; for calls that are relayed."""
        tool_id = ids.wrap_tool_id(vendor_id, self, self._options.new_tool_id)
        self._ids.add(tool_id)
        return tool_id

    def tool_json(self, number: int, fragment: str) -> None:
        """Add to the arguments of call `number`. Calls may be told interleaved.

        Raises `ProtocolError` when the call was complete already.
        """
        if self.done or not fragment:
            return
        block = self._tools[number]
        if not block.closed:
            self._blocks.add(block, fragment)
        elif not fragment.isspace() and not block.is_repeated_by(fragment):
            raise ProtocolError(f"arguments of the call to {block.name!r} went on after their end")

    def web_search(self, query: str, pages: Sequence[Page] | None) -> None:
        """Say that the server searched the web, for what, and what it found; None: it failed."""
        if self.done:
            return
        self.settle()
        self._searches += 1
        tool_id = f"srv{self._options.new_tool_id()}"
        self._blocks.append(SearchBlock(tool_id, query))
        self._blocks.append(FoundBlock(tool_id, pages, self._options.seal("")))

    def cite(self, page: Page, quoted: str) -> bool:
        """Name a source of the text told last; False where something else was told last."""
        block = self._blocks.last
        if self.done or not isinstance(block, TextBlock):
            return False
        block.citations.append(citation(page, quoted, self._options.seal("")))
        return True

    def usage(self, usage: Usage) -> None:
        """Token counts so far; the last ones told are the true ones."""
        if not isinstance(usage, Usage):
            raise TypeError("usage: no Usage")
        self._usage = usage

    def relay(self, raw: bytes, *, content: bool) -> None:
        """Pass on what is in the client's own language already: events, or a whole message.

        What comes before the first `content` waits for it, as `message_start` does. The end is
        told as ever, by `finish()` and `end()`, but sends nothing of its own.
        """
        if self.done:
            return
        self._relays = True
        if not content and not self.begun:
            self._opening.append(raw)
            return
        self.begin()
        self.has_content |= content
        self._sink.relay(raw)

    def finish(self, reason: str, stop_sequence: str | None = None) -> None:
        """The model said why it stopped, as an Anthropic stop reason. Usage may follow."""
        if not isinstance(reason, str):
            raise TypeError("finish: the reason is no text")
        if not self.done:
            self.stop_reason = reason
            self._blocks.cut = reason == "max_tokens"
            self._stop_sequence = stop_sequence and mend_surrogates(stop_sequence)

    def end(self) -> None:
        """Nothing more will come: close the message, or report that it was cut short."""
        if self.done:
            return
        if self.stop_reason is None:
            self.fail(CUT_SHORT)
            return
        if self._relays:
            self.done = True
            self.final_usage = self._true_usage()
            return
        self.settle()
        try:
            self._blocks.close()
        except ProtocolError as error:
            self.fail(broken_answer(str(error)))
            return
        reason = self._true_reason(self.stop_reason)
        if self._is_nothing(reason):
            self.fail(EMPTY)
            return
        self.begin()
        self.done = True
        self.stop_reason = reason
        self.final_usage = self._true_usage()
        self._sink.message_end(self.stop_reason, self._stop_sequence, self.final_usage)

    def fail(self, verdict: ErrorVerdict, raw: bytes = b"") -> None:
        """End the answer with an error; nothing follows it.

        `raw` is the error's event as the upstream sent it in the client's own language.
        """
        if self.done:
            return
        self.done = True
        self.failure = verdict = self._options.reword(verdict)
        self.final_usage = self._true_usage()
        if raw and verdict.body:
            self._sink.relay(raw)
        else:
            self._sink.error(verdict.type, verdict.message)

    def __contains__(self, tool_id: object) -> bool:
        """Whether a tool id is taken, by this answer or by the conversation before it."""
        return tool_id in self._ids or tool_id in self._options.taken_ids

    def settle(self) -> None:
        """The text is complete: what might have begun a stop sequence is told."""
        if self._stops is not None:
            self._say(self._stops.flush())

    # -- content -------------------------------------------------------------------------

    def _begin_content(self) -> None:
        self.begin()
        self.has_content = True

    def _thinking_block(self) -> ThinkingBlock:
        """The block that reasoning is added to: the last one, unless it is signed already."""
        block = self._blocks.last
        if not isinstance(block, ThinkingBlock) or block.signature:
            block = ThinkingBlock(omit_text=self._options.display is ThinkingDisplay.OMITTED)
            self._blocks.append(block)
        return block

    # -- the end -------------------------------------------------------------------------

    def _true_reason(self, reason: str) -> str:
        """Whatever the upstream calls it: calls were made, or they were not."""
        if reason in ("end_turn", "tool_use"):
            return "tool_use" if self._tools else "end_turn"
        return reason

    def _is_nothing(self, reason: str) -> bool:
        """No content, and the upstream itself says that it wrote none."""
        told = self._usage is not None and self._usage.output_tokens == 0
        return told and not self.has_content and reason == "end_turn"

    def _true_usage(self) -> Usage:
        return msgspec.structs.replace(self._counted(), web_searches=self._searches)

    def _counted(self) -> Usage:
        estimate = self._options.input_estimate
        if self._usage is None:
            self.usage_estimated = True
            output = -(-self._blocks.characters // CHARACTERS_PER_TOKEN)
            return Usage(input_tokens=estimate, output_tokens=output)
        if estimate and not self._usage.input_tokens:
            # Claude Code keeps the estimate when the final figure is 0, and then counts the
            # cached tokens twice (measured with 2.1.328); 1 replaces it.
            return msgspec.structs.replace(self._usage, input_tokens=1)
        return self._usage
