"""The order of messages: what the client wrote, in the order the dialect demands.

After an assistant's calls every one of them is answered by its tool message before anybody
else speaks. What the client wrote between or before the results waits until the last result
is told, and then follows in its own order. Neighbours of one role are one turn.

A message, once written, depends only on what came before it. Two things reach back, as the
API defines them: a further message of the same role joins the turn that was open, and a
system message with `clear_at: next_user_message` vanishes when that user message comes.
"""

from __future__ import annotations

from typing import Any

from proxy_core.anthropic.content import Message, ToolResultBlock
from proxy_core.dialects.openai_chat.requests.assistant import AssistantTurn
from proxy_core.dialects.openai_chat.requests.blocks import pieces_of
from proxy_core.dialects.openai_chat.requests.pieces import Piece, content_of
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.dialects.openai_chat.requests.system import system_text
from proxy_core.dialects.openai_chat.requests.tool_ids import ToolIds
from proxy_core.dialects.openai_chat.requests.tool_results import read_result
from proxy_core.ledger import LossKind, Reason

_SILENCE = "(no content)"
"""What a user message says that says nothing: servers refuse an empty one."""


class Conversation:
    """Writes the upstream's messages while it reads the client's."""

    def __init__(self, scope: Scope, takes_reasoning: bool) -> None:
        self.messages: list[dict[str, Any]] = []
        self._scope = scope
        self._ids = ToolIds(scope.quirks)
        self._takes_reasoning = takes_reasoning
        self._assistant: AssistantTurn | None = None
        self._role = ""
        self._pieces: list[Piece] = []
        self._waiting: dict[str, str] = {}
        self._held: list[tuple[str, Piece]] = []

    def instruct(self, text: str) -> None:
        """Begin with the system's instructions."""
        if text:
            self.messages.append({"role": self._scope.quirks.system_role, "content": text})

    def read(self, message: Message, path: str) -> None:
        """Take in the client's next message."""
        match message.role:
            case "assistant":
                self._read_assistant(message, path)
            case "system":
                self._read_system(message, path)
            case _:
                self._read_user(message, path)

    def finish(self) -> list[dict[str, Any]]:
        """All messages, after the last was read."""
        self._end_assistant()
        self._waiting = {}
        self._release()
        self._end_turn()
        return self.messages

    # -- one message -----------------------------------------------------------------------

    def _read_assistant(self, message: Message, path: str) -> None:
        if self._assistant is None:
            self._end_turn()
            self._assistant = AssistantTurn(self._scope, self._ids, self._takes_reasoning)
        for index, block in enumerate(message.content):
            self._assistant.read(block, f"{path}/content/{index}")

    def _read_system(self, message: Message, path: str) -> None:
        if self._assistant is not None and not self._assistant.waiting:
            self._end_assistant()
        role: str = self._scope.quirks.system_role
        text = system_text(message, path, self._scope)
        if self._scope.quirks.mid_system == "user":
            self._scope.reshaped(f"{path}/role", Reason.ROLE_UNSUPPORTED)
            role, text = "user", text and f"<system-reminder>\n{text}\n</system-reminder>"
        if text:
            self._say(role, text)

    def _read_user(self, message: Message, path: str) -> None:
        self._end_assistant()
        silent = True
        for index, block in enumerate(message.content):
            place = f"{path}/content/{index}"
            if isinstance(block, ToolResultBlock):
                silent = False
                self._answer(block, place)
                continue
            for piece in pieces_of(block, place, self._scope):
                silent = False
                self._say("user", piece)
        if silent:
            # Left out, the request could end with the assistant, as if it were to go on.
            self._scope.ledger.note(path, LossKind.INVENTED, Reason.PLACEHOLDER)
            self._say("user", _SILENCE)

    def _answer(self, block: ToolResultBlock, path: str) -> None:
        call_id = self._ids.result(block.tool_use_id)
        if call_id != block.tool_use_id:
            self._scope.ledger.note(f"{path}/tool_use_id", LossKind.RENAMED, Reason.TOOL_ID)
        call = self._waiting.get(block.tool_use_id, call_id)
        result = read_result(block, call, path, self._scope)
        self._end_turn()
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": result.text})
        for piece in result.attachments:
            self._say("user", piece)
        self._waiting.pop(block.tool_use_id, None)
        self._release()

    # -- turns -----------------------------------------------------------------------------

    def _say(self, role: str, piece: Piece) -> None:
        if self._waiting or self._assistant is not None:
            self._held.append((role, piece))
            return
        if role != self._role:
            self._end_turn()
            self._role = role
        self._pieces.append(piece)

    def _end_turn(self) -> None:
        if self._pieces:
            self.messages.append({"role": self._role, "content": content_of(self._pieces)})
        self._role, self._pieces = "", []

    def _end_assistant(self) -> None:
        if self._assistant is None:
            return
        message = self._assistant.message()
        if message is not None:
            self.messages.append(message)
        self._waiting = self._assistant.waiting
        self._assistant = None
        self._release()

    def _release(self) -> None:
        """Tell what was held back, once every call is answered."""
        if self._waiting:
            return
        held, self._held = self._held, []
        for role, piece in held:
            self._say(role, piece)
