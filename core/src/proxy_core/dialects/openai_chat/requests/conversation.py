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

from proxy_core.anthropic.content import Block, Message, ToolResultBlock
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
_HEARD = "OK."
"""What the assistant says to results where it must speak before a user does."""


class Conversation:
    """Writes the upstream's messages while it reads the client's.

    A language that is like this one but puts things otherwise overrides `instruct`, `new_turn`,
    `read_block`, `add_said` and `add_result`.
    """

    def __init__(self, scope: Scope, takes_reasoning: bool) -> None:
        self.messages: list[dict[str, Any]] = []
        self.scope = scope
        self.ids = ToolIds(scope.quirks)
        self._takes_reasoning = takes_reasoning
        self._assistant: AssistantTurn | None = None
        self._role = ""
        self._pieces: list[Piece] = []
        self._waiting: dict[str, str] = {}
        self._held: list[tuple[str, Piece]] = []

    def instruct(self, text: str) -> None:
        """Begin with the system's instructions."""
        if text:
            self.messages.append({"role": self.scope.quirks.system_role, "content": text})

    def new_turn(self) -> AssistantTurn:
        """What gathers the assistant's next turn."""
        return AssistantTurn(self.scope, self.ids, self._takes_reasoning)

    def read_block(self, block: Block, path: str) -> list[Piece]:
        """What a block of somebody other than the assistant becomes."""
        return pieces_of(block, path, self.scope)

    def add_said(self, role: str, pieces: list[Piece]) -> None:
        """Add what somebody other than the assistant says."""
        after_tool = bool(self.messages) and self.messages[-1]["role"] == "tool"
        if role == "user" and after_tool and not self.scope.quirks.user_after_tool:
            self.scope.ledger.note("/messages", LossKind.INVENTED, Reason.PLACEHOLDER)
            self.messages.append({"role": "assistant", "content": _HEARD})
        self.messages.append({"role": role, "content": content_of(pieces)})

    def add_result(self, block: ToolResultBlock, call_id: str, call: str, path: str) -> list[Piece]:
        """Add the result of a call, which `call` names in words.

        Returns what the result cannot hold; it is said right after the last result.
        """
        result = read_result(block, call, path, self.scope)
        self.messages.append({"role": "tool", "tool_call_id": call_id, "content": result.text})
        return result.attachments

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
            self._assistant = self.new_turn()
        for index, block in enumerate(message.content):
            self._assistant.read(block, f"{path}/content/{index}")

    def _read_system(self, message: Message, path: str) -> None:
        if self._assistant is not None and not self._assistant.waiting:
            self._end_assistant()
        role: str = self.scope.quirks.system_role
        text = system_text(message, path, self.scope)
        if self.scope.quirks.mid_system == "user":
            self.scope.reshaped(f"{path}/role", Reason.ROLE_UNSUPPORTED)
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
            for piece in self.read_block(block, place):
                silent = False
                self._say("user", piece)
        if silent:
            # Left out, the request could end with the assistant, as if it were to go on.
            self.scope.ledger.note(path, LossKind.INVENTED, Reason.PLACEHOLDER)
            self._say("user", _SILENCE)

    def _answer(self, block: ToolResultBlock, path: str) -> None:
        call_id = self.ids.result(block.tool_use_id)
        if call_id != block.tool_use_id:
            self.scope.ledger.note(f"{path}/tool_use_id", LossKind.RENAMED, Reason.TOOL_ID)
        call = self._waiting.get(block.tool_use_id, call_id)
        self._end_turn()
        for piece in self.add_result(block, call_id, call, path):
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
            self.add_said(self._role, self._pieces)
        self._role, self._pieces = "", []

    def _end_assistant(self) -> None:
        if self._assistant is None:
            return
        self.messages += self._assistant.messages()
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
