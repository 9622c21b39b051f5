"""What Gemini sends, typed: every chunk of a stream is a whole answer of the same shape.

Types are strict for what the client will see and open for the rest.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from proxy_core.dialects.unread import AnswerDecoder, Left


class FunctionCall(Struct):
    name: str | None = None
    args: dict[str, Any] | None = None
    id: Any = None
    partial_args: Any = field(name="partialArgs", default=None)
    will_continue: Any = field(name="willContinue", default=None)

    @property
    def is_partial(self) -> bool:
        """A piece of a call, which only Vertex sends and only when it is asked to."""
        return bool(self.partial_args or self.will_continue) or self.name is None


class Part(Struct):
    text: str | None = None
    thought: Any = None
    thought_signature: Any = field(name="thoughtSignature", default=None)
    function_call: FunctionCall | None = field(name="functionCall", default=None)
    inline_data: Any = field(name="inlineData", default=None)
    executable_code: Any = field(name="executableCode", default=None)
    code_execution_result: Any = field(name="codeExecutionResult", default=None)

    @property
    def is_foreign(self) -> bool:
        """What no answer to a client's request holds: media, or code that Google ran."""
        return any((self.inline_data, self.executable_code, self.code_execution_result))


class Content(Struct):
    parts: list[Part] | None = None


class Candidate(Struct):
    index: Any = None
    content: Content | None = None
    finish_reason: Any = field(name="finishReason", default=None)
    grounding: Any = field(name="groundingMetadata", default=None)


class PromptFeedback(Struct):
    block_reason: Any = field(name="blockReason", default=None)


class Chunk(Struct):
    candidates: list[Candidate] | None = None
    prompt_feedback: PromptFeedback | None = field(name="promptFeedback", default=None)
    usage: Any = field(name="usageMetadata", default=None)
    error: Any = None

    def first_candidate(self) -> Candidate | None:
        """The one answer that was asked for."""
        for candidate in self.candidates or ():
            if not candidate.index:
                return candidate
        return None


_OWN = "the client gets the proxy's own, or the one that it asked with"
_FIGURE = "figures that no client of the Messages API knows"
_FILTER = "verdicts of a filter; its word is the finish reason"

LEFT: Left = {
    "Chunk": {"responseId": _OWN, "modelVersion": _OWN, "createTime": _FIGURE},
    "Candidate": {
        "safetyRatings": _FILTER,
        "finishMessage": _FILTER,
        "avgLogprobs": _FIGURE,
        "logprobsResult": _FIGURE,
        "tokenCount": _FIGURE,
    },
    "Content": {"role": "says what the form of the answer says"},
    "PromptFeedback": {"safetyRatings": _FILTER, "blockReasonMessage": _FILTER},
}
"""What of an answer is left alone on purpose, and why."""

read_chunk = AnswerDecoder(Chunk, LEFT, "an answer of generateContent", in_array=True).decode
"""Decode a chunk or a whole answer, with the ledger for what nobody reads of it. An error may come
inside an array.

Raises `ProtocolError` when it is neither.
"""
