"""The order of contents: what the client wrote, in the order Gemini demands.

Roles alternate, the first is the user's, and the content after a model's calls begins with
one response for each of them, in the order of the calls. What the client wrote between or
before the results follows in the same content.
"""

from __future__ import annotations

from typing import Any

from proxy_core.anthropic.content import Block, ToolResultBlock
from proxy_core.dialects.openai_chat.requests.conversation import Conversation
from proxy_core.dialects.openai_chat.requests.pieces import Piece
from proxy_core.dialects.openai_chat.requests.tool_results import result_pieces
from proxy_core.ledger import LossKind, Reason
from proxy_gemini.requests.media import Part, fits_in_result, media_type, read_block
from proxy_gemini.requests.model_turn import UNKNOWN, Call, ModelTurn
from proxy_gemini.requests.scope import Scope

_OPENING = "(no content)"
"""The user's first words where the history begins with the model."""


class Contents(Conversation):
    """Writes the contents while it reads the client's messages."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope, takes_reasoning=True)
        self.instruction = ""
        """What the model is told before the conversation, for `systemInstruction`."""
        self._scope = scope
        self._calls: dict[str, Call] = {}
        """All calls so far, by id."""
        self._responses: dict[str, tuple[int, Part]] = {}
        """The responses in the last content with the numbers of their calls, by id."""

    def instruct(self, text: str) -> None:
        if self._scope.gemini.system_instruction:
            self.instruction = text
        elif text:
            self._scope.ledger.note("/system", LossKind.MERGED, Reason.ROLE_UNSUPPORTED)
            self.add_said("user", [text])

    def new_turn(self) -> ModelTurn:
        self._responses = {}
        return ModelTurn(self._scope, self.ids, self._calls)

    def read_block(self, block: Block, path: str) -> list[Piece]:
        return read_block(block, path, self._scope)

    def add_said(self, role: str, pieces: list[Piece]) -> None:  # noqa: ARG002 -- always the user
        parts = [{"text": piece} if isinstance(piece, str) else piece for piece in pieces]
        self._user_parts().extend(parts)

    def add_result(self, block: ToolResultBlock, call_id: str, call: str, path: str) -> list[Piece]:
        """Add the response to a call; what it cannot hold follows all responses.

        Its text stays one string, whatever JSON it may be: a `$ref` inside an object would mean
        one of the response's own parts, and every JSON Schema has some.
        """
        if not self._scope.gemini.call_ids:
            self._scope.dropped(f"{path}/tool_use_id", Reason.TOOL_ID)
        pieces = result_pieces(
            block, path, self._scope, lambda inner, at, _: self.read_block(inner, at)
        )
        media = [piece for piece in pieces if not isinstance(piece, str)]
        text = "\n".join(
            piece if isinstance(piece, str) else f"[{media_type(piece)} attached]"
            for piece in pieces
        )
        inside = [part for part in media if fits_in_result(part, self._scope)]
        self._respond(call_id, text, bool(block.is_error), inside)
        outside: list[Piece] = [part for part in media if part not in inside]
        if not outside:
            return []
        self._scope.reshaped(f"{path}/content", Reason.IMAGE_MOVED)
        return [f"Attached to the result of {call}:", *outside]

    def finish(self) -> list[dict[str, Any]]:
        """All contents, after the last message was read."""
        contents = super().finish()
        if contents and contents[0]["role"] == "model":
            self._scope.ledger.note("/messages/0", LossKind.INVENTED, Reason.PLACEHOLDER)
            contents.insert(0, {"role": "user", "parts": [{"text": _OPENING}]})
        return contents

    def _respond(self, call_id: str, text: str, failed: bool, inside: list[Part]) -> None:
        """All responses of a turn stand in one content, in the order of its calls."""
        told = {"error": text or "Error"} if failed else {"output": text}
        call = self._calls.get(call_id, UNKNOWN)
        response: Part = {"name": call.name, "response": told}
        if self._scope.gemini.call_ids:
            response["id"] = call_id
        if inside:
            response["parts"] = inside
        parts = self._user_parts()
        told_before = len(self._responses)
        self._responses[call_id] = (call.number, {"functionResponse": response})
        ordered = sorted(self._responses.values(), key=lambda numbered: numbered[0])
        parts[:told_before] = [part for _, part in ordered]

    def _user_parts(self) -> list[Part]:
        """The parts of the user's content that is last, or of a new one."""
        if not self.messages or self.messages[-1]["role"] != "user":
            self.messages.append({"role": "user", "parts": []})
        parts: list[Part] = self.messages[-1]["parts"]
        return parts
