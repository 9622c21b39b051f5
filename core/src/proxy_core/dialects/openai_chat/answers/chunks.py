"""What the server sends, typed: a chunk of a stream, or a whole answer.

One shape serves both: a whole answer is one chunk whose choice has a `message` instead of a
`delta`. Types are strict for what the client will see and open for the rest, because servers
differ in the rest and no answer should fail for it.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from proxy_core.dialects.openai_chat.answers.left import LEFT
from proxy_core.dialects.unread import AnswerDecoder


class Part(Struct):
    """One part of a content list; Mistral puts reasoning there, in parts of its own."""

    type: Any = None
    text: str | None = None
    refusal: str | None = None
    thinking: str | list[Part] | None = None


class Function(Struct):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None
    """JSON text; Mistral may send the object itself."""


class CallPart(Struct):
    """A tool call, or a fragment of one."""

    index: Any = None
    id: Any = None
    function: Function | None = None


class Delta(Struct):
    content: str | list[Part] | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_text: str | None = None
    reasoning_details: list[Any] | None = None
    """OpenRouter: text, a summary or something encrypted each (`reasoning_details`)."""
    tool_calls: list[CallPart] | None = None


class Choice(Struct):
    index: Any = None
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: Any = None
    usage: Any = None
    error: Any = None


class XGroq(Struct):
    """Groq's own field: usage without `stream_options`, and why a stream stopped early."""

    usage: Any = None
    error: Any = None


class Chunk(Struct):
    choices: list[Choice] | None = None
    usage: Any = None
    error: Any = None
    x_groq: XGroq | None = None
    base_resp: Any = None
    status_code: Any = None
    """Beside `error`: the status that it would have been; Cerebras."""
    message: Any = None
    """In place of choices: an error that is not wrapped, as of vLLM, with `type` and `code`."""
    type: Any = None
    code: Any = None

    def first_choice(self) -> Choice | None:
        """The one choice that was asked for; further ones have another index."""
        for choice in self.choices or ():
            if not choice.index:
                return choice
        return None

    def failure(self, choice: Choice | None) -> Any:
        """The error that a server reports beside or instead of an answer, or None.

        `choice` is the first choice.
        """
        if self.error:
            return {"error": self.error, "status_code": self.status_code}
        if self.message and self.choices is None:
            return {"message": self.message, "type": self.type, "code": self.code}
        if self.x_groq is not None and self.x_groq.error:
            return {"error": self.x_groq.error}
        if isinstance(self.base_resp, dict) and self.base_resp.get("status_code"):
            return {"base_resp": self.base_resp}
        return {"error": choice.error} if choice is not None and choice.error else None


read_chunk = AnswerDecoder(Chunk, LEFT, "a chat completion").decode
"""Decode a chunk or a whole answer, with the ledger for what nobody reads of it.

Raises `ProtocolError` when it is neither.
"""
