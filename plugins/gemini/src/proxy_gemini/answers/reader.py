"""The one mapping from what Gemini said to the verbs of the writer.

A whole answer is a stream of one chunk, so both tell the same story.
"""

from __future__ import annotations

import json
import re

import msgspec

from proxy_core.anthropic.errors import safe_text
from proxy_core.anthropic.verdicts import EMPTY
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import (
    FailureKind,
    ProtocolError,
    Repair,
    Target,
    UpstreamFailure,
    Usage,
)
from proxy_core.ledger import Ledger, LossKind, Reason
from proxy_gemini.answers.chunks import Candidate, Chunk, FunctionCall, Part
from proxy_gemini.answers.finish import (
    NOT_BLOCKED,
    STOP_REASONS,
    empty_verdict,
    failure_verdict,
    stop_reason,
)
from proxy_gemini.answers.grounding import Grounding
from proxy_gemini.answers.names import ClientNames
from proxy_gemini.answers.signing import Signing
from proxy_gemini.context import GeminiContext
from proxy_gemini.errors import read_failure
from proxy_gemini.usage import UsageMeter

_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+=*")
_PLACE = "/candidates/0/content/parts"


class AnswerReader:
    """Reads the chunks of one answer and tells them to its writer."""

    def __init__(
        self, target: Target, context: GeminiContext, writer: MessageWriter, ledger: Ledger
    ) -> None:
        self._target = target
        self._writer = writer
        self._ledger = ledger
        self._hide_thinking = context.thinking_disabled
        self._names = ClientNames(context.tool_names)
        self._signing = Signing(target, context, writer)
        self._meter = UsageMeter()
        self._grounding = Grounding(ledger)
        self._usage: Usage | None = None
        self._finish_reason = ""
        self._said_text = False

    def read(self, chunk: Chunk) -> None:
        """Tell one chunk, or one whole answer. Raises `ProtocolError`."""
        if chunk.error:
            self.fail(msgspec.json.encode({"error": chunk.error}))
            return
        self._usage = self._meter.read(chunk.usage)
        if self._usage is not None:
            self._writer.usage(self._usage)
        candidate = chunk.first_candidate()
        if candidate is not None:
            self._candidate(candidate)
        elif chunk.prompt_feedback is not None:
            self._blocked(chunk.prompt_feedback.block_reason)

    def fail(self, body: bytes) -> None:
        """End the answer with the error that Gemini reported in it."""
        failure = UpstreamFailure(kind=FailureKind.STREAM, body=body)
        self._writer.fail(read_failure(failure, self._target))

    def close(self) -> None:
        """Nothing more will come: tell what was held back, judge what came to nothing."""
        writer = self._writer
        writer.settle()
        self._grounding.tell(writer)
        if writer.done or writer.stop_reason != "end_turn" or writer.has_content:
            return
        wrote_nothing = self._usage is not None and self._usage.output_tokens == 0
        if self._finish_reason not in STOP_REASONS:
            writer.fail(empty_verdict(safe_text(self._finish_reason), self._target.provider.name))
        elif wrote_nothing:
            # Known to happen now and then; asked again, Gemini answers.
            writer.fail(msgspec.structs.replace(EMPTY, repair=Repair()))

    # -- one candidate -------------------------------------------------------------------

    def _candidate(self, candidate: Candidate) -> None:
        if candidate.content is not None:
            for index, part in enumerate(candidate.content.parts or ()):
                self._part(part, f"{_PLACE}/{index}")
        if candidate.grounding is not None:
            self._grounding.add(candidate.grounding)
        if isinstance(candidate.finish_reason, str) and candidate.finish_reason:
            self._finish(candidate.finish_reason)

    def _part(self, part: Part, place: str) -> None:
        signature = _signature_of(part)
        if part.function_call is not None:
            self._call(part.function_call, signature)
        elif part.thought is True:
            if not self._hide_thinking:
                self._thought(part.text or "", signature)
        elif part.text:
            self._text(part.text)
        if signature and part.function_call is None and part.thought is not True:
            # Of an answer's text: never asked for again, and a signature alone is refused.
            self._ledger.note(f"{place}/thoughtSignature", LossKind.DROPPED, Reason.SIGNATURE)
        if part.is_foreign:
            self._ledger.note(place, LossKind.DROPPED, Reason.UNKNOWN_BLOCK)

    def _call(self, call: FunctionCall, signature: str) -> None:
        if call.is_partial or not call.name:
            raise ProtocolError("a piece of a function call, or one without a name")
        self._signing.call(signature)
        call_id = call.id if isinstance(call.id, str) else ""
        number = self._writer.tool(call_id, self._names.of(call.name))
        arguments = json.dumps(call.args or {}, ensure_ascii=False, separators=(",", ":"))
        self._writer.tool_json(number, arguments)

    def _thought(self, text: str, signature: str) -> None:
        self._signing.thought(text, signature)

    def _text(self, text: str) -> None:
        self._signing.text()
        self._say(text)

    def _say(self, text: str) -> None:
        self._said_text = self._said_text or bool(text)
        self._writer.text(text)

    # -- the end -------------------------------------------------------------------------

    def _finish(self, reason: str) -> None:
        if self._writer.done or self._finish_reason:
            return
        self._finish_reason = reason
        counted = self._usage is not None and self._usage.output_tokens > 0
        wrote = counted or self._writer.has_content
        failed = failure_verdict(reason, self._target.provider.name, wrote=wrote)
        if failed is not None:
            self._writer.fail(failed)
            return
        stop = stop_reason(reason)
        if stop == "refusal":
            self._refuse(reason)
        self._writer.finish(stop)

    def _blocked(self, reason: object) -> None:
        """The prompt was not even answered: a refusal, and no error, which would be repeated."""
        if isinstance(reason, str) and reason not in NOT_BLOCKED and not self._finish_reason:
            self._finish_reason = reason
            self._refuse(reason)
            self._writer.finish("refusal")

    def _refuse(self, reason: str) -> None:
        said = "\n\n" if self._said_text else ""
        name = self._target.provider.name
        self._say(f"{said}[{name} refused to answer: {safe_text(reason)}]")


def _signature_of(part: Part) -> str:
    """The part's signature; what is no base64 is none, and could not travel."""
    signature = part.thought_signature
    if isinstance(signature, str) and _BASE64.fullmatch(signature):
        return signature
    return ""
