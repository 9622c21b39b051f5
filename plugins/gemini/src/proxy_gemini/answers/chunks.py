"""What Gemini sends, typed: every chunk of a stream is a whole answer of the same shape.

Types are strict for what the client will see and open for the rest.
"""

from __future__ import annotations

import json
from typing import Any, cast

import msgspec
from msgspec import Struct, field

from proxy_core.contract import ProtocolError
from proxy_core.dialects.unread import Left, note_unread, strict
from proxy_core.ledger import Ledger


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

_Shape = Chunk | list[Chunk]
"""An error may come inside an array."""
_decode = msgspec.json.Decoder(_Shape).decode
_decode_strictly = msgspec.json.Decoder(strict(Chunk, LEFT)).decode


def read_chunk(data: bytes, ledger: Ledger) -> Chunk:
    """Decode a chunk or a whole answer; what nobody reads of it is noted.

    Raises `ProtocolError` when it is neither.
    """
    try:
        return cast(Chunk, _decode_strictly(data))
    except msgspec.ValidationError:
        return _read_leniently(data, ledger)
    except (ValueError, RecursionError):
        return _read_surrogates(data)


def _read_leniently(data: bytes, ledger: Ledger) -> Chunk:
    try:
        chunk = _first(_decode(data))
    except msgspec.ValidationError as error:
        raise ProtocolError(f"not an answer of generateContent: {error}") from None
    except (ValueError, RecursionError):
        return _read_surrogates(data)
    note_unread(json.loads(data), Chunk, LEFT, ledger)
    return chunk


def _read_surrogates(data: bytes) -> Chunk:
    """Decode JSON with lone surrogates, which msgspec refuses: half a pair at a chunk's end."""
    try:
        return _first(msgspec.convert(json.loads(data), _Shape))
    except msgspec.ValidationError as error:
        raise ProtocolError(f"not an answer of generateContent: {error}") from None
    except (ValueError, RecursionError):
        raise ProtocolError("an event that is not JSON") from None


def _first(found: Chunk | list[Chunk]) -> Chunk:
    if isinstance(found, Chunk):
        return found
    if not found:
        raise ProtocolError("an empty array instead of an answer")
    return found[0]
