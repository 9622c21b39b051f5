"""An assistant's turn: its text, its calls, and its reasoning where the server takes it back."""

from __future__ import annotations

from typing import Any

from proxy_core.anthropic.carrier import unseal
from proxy_core.anthropic.content import (
    Block,
    CompactionBlock,
    DocumentBlock,
    FallbackBlock,
    ImageBlock,
    McpToolListingBlock,
    McpToolUseBlock,
    RedactedThinkingBlock,
    ServerResultBlock,
    ServerToolUseBlock,
    TextBlock,
    ThinkingBlock,
    ToolUseBlock,
    UnknownBlock,
)
from proxy_core.anthropic.in_words import result_text
from proxy_core.dialects.openai_chat.requests.documents import document_pieces
from proxy_core.dialects.openai_chat.requests.pieces import (
    Piece,
    misplaced_pieces,
    note_common,
    unknown_text,
)
from proxy_core.dialects.openai_chat.requests.recalled import Recalled
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.dialects.openai_chat.requests.tool_ids import ToolIds
from proxy_core.ledger import LossKind, Reason

SAID = "\n\n"
"""Between two things said one after the other."""


class AssistantTurn:
    """Gathers what one turn of the assistant says, over one or more messages of the client.

    A language that is like this one but puts things otherwise overrides `messages`, `say`,
    `add_call` and `think`.
    """

    def __init__(self, scope: Scope, ids: ToolIds, takes_reasoning: bool) -> None:
        self.scope = scope
        self._ids = ids
        self._history = Recalled(scope) if takes_reasoning else None
        self._text = ""
        self._cited = False
        self._calls: list[dict[str, Any]] = []
        self._server_tools: dict[str, str] = {}
        self.waiting: dict[str, str] = {}
        """What each call that needs a result is named in words, by the client's id."""

    def messages(self) -> list[dict[str, Any]]:
        """The turn as one message; none if nothing is left of it."""
        if not self._text and not self._calls:
            return []
        message: dict[str, Any] = {"role": "assistant"}
        if self._history is not None:
            message |= self._history.fields(self._text)
        if self._text:
            message.setdefault("content", self._text)
        if self._calls:
            message["tool_calls"] = self._calls
        return [message]

    def read(self, block: Block, path: str) -> None:
        """Take in the next block."""
        match block:
            case TextBlock():
                self._say_text(block, path)
            case ToolUseBlock():
                self._call(block, path)
            case ThinkingBlock():
                self._cited = False
                self.think(block, path)
            case RedactedThinkingBlock():
                self.scope.dropped(path, Reason.FOREIGN_REASONING)
            case _:
                self._read_rare(block, path)

    def say(self, text: str, glue: str = SAID) -> None:
        """Add text; `glue` stands between it and text that was said right before."""
        self._text = f"{self._text}{glue}{text}" if self._text else text

    def add_call(self, call_id: str, name: str, arguments: str) -> None:
        """Add a call, all of it as the server is to see it."""
        function = {"name": name, "arguments": arguments}
        self._calls.append({"id": call_id, "type": "function", "function": function})

    def think(self, block: ThinkingBlock, path: str) -> None:
        """Own reasoning goes back to the provider it came from, and to no other."""
        envelope = unseal(block.signature)
        if envelope is None or not envelope.is_from(self.scope.target):
            self.scope.dropped(path, Reason.FOREIGN_REASONING)
            return
        if self._history is not None:
            self._history.add(block, envelope, path)
        else:
            self.scope.dropped(path, Reason.SIGNATURE)

    # -- reading ---------------------------------------------------------------------------

    def _say(self, text: str, glue: str = SAID) -> None:
        if text:
            self.say(text, glue)
        self._cited = False

    def _say_text(self, block: TextBlock, path: str) -> None:
        note_common(block, path, self.scope)
        if not block.text:
            self.scope.dropped(path, Reason.EMPTY)
            return
        # Citations cut one flow of text into blocks, in the middle of a sentence.
        cited = bool(block.citations)
        self._say(block.text, glue="" if cited or self._cited else SAID)
        self._cited = cited

    def _call(self, block: ToolUseBlock, path: str) -> None:
        if block.cache_control is not None:
            self.scope.dropped(f"{path}/cache_control", Reason.CACHE_HINT)
        if block.caller is not None:
            self.scope.dropped(f"{path}/caller", Reason.SERVER_HISTORY)
        name = block.name
        if block.toolset_name is not None:
            name = f"{block.toolset_name}__{name}"
            self.scope.reshaped(f"{path}/toolset_name", Reason.NAME_CHARSET)
        sent_name = self.scope.tool_name(name, f"{path}/name")
        call_id = self._ids.call(block.id)
        if call_id != block.id:
            self.scope.ledger.note(f"{path}/id", LossKind.RENAMED, Reason.TOOL_ID)
        self.add_call(call_id, sent_name, self._arguments(block, path))
        self.waiting[block.id] = f"{sent_name} ({call_id})"
        self._cited = False

    def _arguments(self, block: ToolUseBlock, path: str) -> str:
        """The input as the client wrote it: servers want a string that holds an object."""
        text = bytes(block.input).decode()
        if text.startswith("{"):
            return text
        if text not in ("", "null"):
            self.scope.dropped(f"{path}/input", Reason.NO_EQUIVALENT)
        return "{}"

    def _in_words(self, pieces: list[Piece], path: str) -> str:
        """The texts among the pieces; only a user shows anything else."""
        texts = [piece for piece in pieces if isinstance(piece, str)]
        if len(texts) < len(pieces):
            self.scope.reshaped(path, Reason.IMAGE_UNSUPPORTED)
        return SAID.join(texts)

    def _read_rare(self, block: Block, path: str) -> None:
        scope = self.scope
        match block:
            case ServerToolUseBlock() | McpToolUseBlock():
                self._server_tools[block.id] = block.name
                scope.ledger.note(path, LossKind.MERGED, Reason.SERVER_HISTORY)
                scope.dropped(f"{path}/input", Reason.SERVER_HISTORY)
            case McpToolListingBlock() | FallbackBlock():
                scope.dropped(path, Reason.SERVER_HISTORY)
            case DocumentBlock():
                self._say(self._in_words(document_pieces(block, path, scope), path))
            case ImageBlock():
                scope.dropped(path, Reason.IMAGE_UNSUPPORTED)  # only a user shows images
            case CompactionBlock():
                scope.reshaped(path, Reason.SERVER_HISTORY)
                self._say(block.content or "")
            case UnknownBlock():
                self._say(unknown_text(block, path, scope))
            case _ if isinstance(block, ServerResultBlock):
                name = self._server_tools.get(block.tool_use_id, "a server tool")
                scope.reshaped(path, Reason.SERVER_HISTORY)
                self._say(result_text(block, name))
            case _:
                misplaced_pieces(block, path, scope)
