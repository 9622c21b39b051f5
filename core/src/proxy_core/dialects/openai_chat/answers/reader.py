"""The one mapping from what a model said to the verbs of the writer.

Streamed chunks and whole answers go through the same reader, so both tell the same story.
"""

from __future__ import annotations

import json

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import FailureKind, Target, UpstreamFailure
from proxy_core.dialects.openai_chat.answers.calls import ToolCalls
from proxy_core.dialects.openai_chat.answers.chunks import Choice, Chunk, Delta, Part
from proxy_core.dialects.openai_chat.answers.finish import failure_verdict, stop_reason
from proxy_core.dialects.openai_chat.answers.leaked_calls import LeakFilter
from proxy_core.dialects.openai_chat.answers.rescue import rescued_calls
from proxy_core.dialects.openai_chat.answers.think_tags import Piece, ThinkTags
from proxy_core.dialects.openai_chat.answers.usage import read_usage
from proxy_core.dialects.openai_chat.context import ChatContext
from proxy_core.dialects.openai_chat.failures.verdict import read_failure
from proxy_core.dialects.openai_chat.quirks import REASONING_FIELDS, Quirks
from proxy_core.dialects.openai_chat.reasoning_details import ReasoningDetails, shown_text
from proxy_core.ledger import Ledger, LossKind, Reason


class AnswerReader:
    """Reads the chunks of one answer and tells them to its writer."""

    def __init__(
        self,
        target: Target,
        context: ChatContext,
        quirks: Quirks,
        writer: MessageWriter,
        ledger: Ledger,
    ) -> None:
        self.blank_finish = False
        """The last choice's finish reason was an empty string; xAI ends tool calls so."""
        self._target = target
        self._quirks = quirks
        self._writer = writer
        self._ledger = ledger
        self._context = context
        self._hide_thinking = context.thinking_disabled
        self._calls = ToolCalls(writer, context.tool_names)
        tags = quirks.think_tags != "none"
        self._tags = ThinkTags(opened=quirks.think_tags == "opened") if tags else None
        leaks = quirks.leaked_calls != "none"
        self._content_leaks = LeakFilter() if leaks else None
        self._thinking_leaks = LeakFilter() if leaks else None
        kept = quirks.reasoning_history == "reasoning_details"
        self._details = ReasoningDetails() if kept else None
        writer.before_stop = self._tell_leaks
        self._refused = False

    def read(self, chunk: Chunk) -> None:
        """Tell one chunk, or one whole answer. Raises `ProtocolError`."""
        choice = chunk.first_choice()
        failure = chunk.failure(choice)
        if failure is not None:
            self.fail(json.dumps(failure).encode())  # lone surrogates pass as escapes
            return
        x_groq = chunk.x_groq
        if chunk.usage or x_groq is not None or (choice is not None and choice.usage):
            self._usage(chunk.usage, choice and choice.usage, x_groq and x_groq.usage)
        if choice is not None:
            self._choice(choice)

    def fail(self, body: bytes) -> None:
        """End the answer with the error that the server reported in it, or with the calls that
        it could not read but sent along."""
        if not self._calls.begun and (calls := rescued_calls(body, self._context)):
            self._end_text()
            self._calls.leaked(calls)
            self._writer.finish("tool_use")
            self._writer.end()
            return
        failure = UpstreamFailure(kind=FailureKind.STREAM, body=body)
        self._writer.fail(read_failure(failure, self._target, self._quirks))

    def close(self) -> None:
        """Nothing more will come: tell what was held back. Raises `ProtocolError`."""
        if self._thinking_leaks is not None:
            self._think(self._thinking_leaks.flush())
        if self._content_leaks is not None:
            self._answer(self._content_leaks.flush())
        self._end_text()
        self._sign()
        if not self._writer.done and self._writer.stop_reason is not None:
            self._tell_leaks()
            self._calls.check()

    # -- one choice ----------------------------------------------------------------------

    def _choice(self, choice: Choice) -> None:
        # Perplexity streams all that was said so far as `message` beside each delta.
        if choice.delta is not None:
            self._delta(choice.delta, whole=False)
        elif choice.message is not None:
            self._delta(choice.message, whole=True)
        self._finish(choice.finish_reason)

    def _delta(self, delta: Delta, *, whole: bool) -> None:
        if reasoning := self._reasoning_of(delta, "message" if whole else "delta"):
            self._thinking(reasoning)
        if self._details is not None and delta.reasoning_details:
            self._details.add(delta.reasoning_details, whole=whole)
        content = delta.content
        if isinstance(content, str):
            self._content(content)
        elif content:
            self._parts(content)
        if delta.refusal:
            self._refusal(delta.refusal)
        if delta.tool_calls:
            self._end_thinking()
            self._end_text()
            self._sign()
            tell = self._calls.whole if whole else self._calls.feed
            tell(delta.tool_calls)

    def _finish(self, reason: object) -> None:
        self.blank_finish = reason == ""
        if not reason or not isinstance(reason, str):
            return
        failed = failure_verdict(reason, self._target.provider.name)
        if failed is not None:
            self._writer.fail(failed)
        elif self._writer.stop_reason is None:
            self._writer.finish("refusal" if self._refused else stop_reason(reason))

    def _usage(self, *places: object) -> None:
        """Tell the first that has counts; those of the last chunk are the true ones."""
        for place in places:
            if place and (usage := read_usage(place, self._quirks)):
                self._writer.usage(usage)
                return

    # -- text and reasoning --------------------------------------------------------------

    def _reasoning_of(self, delta: Delta, member: str) -> str:
        """Reasoning, once: several fields may hold copies of it."""
        texts = {name: text for name in REASONING_FIELDS if (text := getattr(delta, name))}
        if texts:
            fields = self._quirks.reasoning_fields
            told: str = next((texts[name] for name in fields if name in texts), "")
            for name, text in texts.items():
                if text != told:
                    place = f"/choices/0/{member}/{name}"
                    self._ledger.note(place, LossKind.DROPPED, Reason.UNKNOWN_FIELD)
            if told:
                return told
        if not delta.reasoning_details:
            return ""
        return shown_text(delta.reasoning_details)

    def _thinking(self, text: str) -> None:
        self._think(text if self._thinking_leaks is None else self._thinking_leaks.feed(text))

    def _think(self, text: str) -> None:
        if text and not self._hide_thinking:
            self._end_text()
            self._writer.thinking(text)

    def _parts(self, parts: list[Part]) -> None:
        for part in parts:
            if part.thinking:
                self._thinking(_thinking_text(part.thinking))
            if part.text:
                self._content(part.text)
            if part.refusal:
                self._refusal(part.refusal)

    def _refusal(self, text: str) -> None:
        """The model's own words of refusal are shown, and the answer ends as refused."""
        self._refused = True
        self._text(text)

    def _content(self, text: str) -> None:
        if text:
            self._end_thinking()
        self._answer(text if self._content_leaks is None else self._content_leaks.feed(text))

    def _answer(self, text: str) -> None:
        if self._tags is None:
            self._text(text)
        else:
            self._pieces(self._tags.feed(text))

    def _pieces(self, pieces: list[Piece]) -> None:
        for piece in pieces:
            if piece.kind == "text":
                self._text(piece.text)
            elif not self._hide_thinking:
                self._writer.thinking(piece.text)

    def _sign(self) -> None:
        """Something follows the reasoning: its details go with it, to come back with it."""
        if self._details is not None and (state := self._details.take()):
            self._writer.signature(seal(Envelope.of(self._target, state=state)))

    def _text(self, text: str) -> None:
        if text:
            self._sign()
            self._writer.text(text)

    def _tell_leaks(self) -> None:
        """Leaked calls come last, as calls do: only then it is known which of them were told."""
        for leaks in (self._thinking_leaks, self._content_leaks):
            if leaks is not None:
                self._calls.leaked(leaks.calls)

    def _end_thinking(self) -> None:
        """Something else follows: what was held back of the reasoning is told before it."""
        if self._thinking_leaks is not None:
            self._think(self._thinking_leaks.settle())

    def _end_text(self) -> None:
        """Something else follows: what was held back of the text is told before it."""
        if self._content_leaks is not None:
            self._answer(self._content_leaks.settle())
        if self._tags is not None:
            self._pieces(self._tags.flush())


def _thinking_text(thinking: str | list[Part]) -> str:
    if isinstance(thinking, str):
        return thinking
    return "".join(part.text or "" for part in thinking)
