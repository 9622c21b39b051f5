"""The conversation as items, in the order in which the model produced and met them."""

from __future__ import annotations

from typing import Any

from proxy_core.anthropic.content import ThinkingBlock, ToolResultBlock
from proxy_core.dialects.openai_chat.requests.assistant import SAID, AssistantTurn
from proxy_core.dialects.openai_chat.requests.conversation import Conversation
from proxy_core.dialects.openai_chat.requests.pieces import Piece
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.dialects.openai_chat.requests.tool_ids import ToolIds
from proxy_core.dialects.openai_chat.requests.tool_results import result_pieces, told_result
from proxy_core.ledger import Reason
from proxy_openai.responses.state import recall

Item = dict[str, Any]


class Items(Conversation):
    """Writes items where Chat writes messages. The first instructions stand beside them."""

    def __init__(self, scope: Scope) -> None:
        super().__init__(scope, takes_reasoning=scope.quirks.reasoning_history != "none")
        self.instructions = ""
        self._recalled: set[str] = set()

    def instruct(self, text: str) -> None:
        self.instructions = text

    def new_turn(self) -> AssistantTurn:
        return ItemTurn(self.scope, self.ids, self._takes_reasoning, self._recalled)

    def add_said(self, role: str, pieces: list[Piece]) -> None:
        self.messages.append({"role": role, "content": [_part(piece) for piece in pieces]})

    def add_result(
        self,
        block: ToolResultBlock,
        call_id: str,
        call: str,  # noqa: ARG002 -- everything finds room in the result itself
        path: str,
    ) -> list[Piece]:
        output = self._output(block, path)
        self.messages.append({"type": "function_call_output", "call_id": call_id, "output": output})
        return []

    def _output(self, block: ToolResultBlock, path: str) -> str | list[Item]:
        """What a tool gave back: text, or parts where there is more than text."""
        pieces = result_pieces(block, path, self.scope)
        texts = [piece for piece in pieces if isinstance(piece, str)]
        if len(texts) == len(pieces):
            return told_result("\n".join(texts), block, path, self.scope)
        if block.is_error:
            first = pieces.pop(0) if isinstance(pieces[0], str) else ""
            pieces.insert(0, told_result(str(first), block, path, self.scope))
        return [_part(piece) for piece in pieces]


class ItemTurn(AssistantTurn):
    """One turn of the assistant: what it reasoned, said and called, each an item of its own."""

    def __init__(
        self, scope: Scope, ids: ToolIds, takes_reasoning: bool, recalled: set[str]
    ) -> None:
        super().__init__(scope, ids, takes_reasoning)
        self._items: list[Item] = []
        self._recalled = recalled
        """Ids of the reasoning items in the conversation; one that repeats is refused."""
        self._phase = ""
        self._reasoned_at: list[str] = []
        """Places of the reasoning that nothing has followed yet."""

    def messages(self) -> list[Item]:
        """The items. Reasoning must be followed by what it led to, so none stands last."""
        for path in self._reasoned_at:
            self._items.pop()
            self.scope.dropped(path, Reason.SIGNATURE)
        self._reasoned_at = []
        return self._items

    def say(self, text: str, glue: str = SAID) -> None:
        last = self._items[-1] if self._items else {}
        if "role" in last:
            last["content"] += f"{glue}{text}"
            return
        phase = {"phase": self._phase} if self._phase else {}
        self._add({"role": "assistant", "content": text, **phase})

    def add_call(self, call_id: str, name: str, arguments: str) -> None:
        # Without the id of its own that the call once had: the server would insist on the
        # reasoning item it was made with.
        self._add(
            {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}
        )

    def think(self, block: ThinkingBlock, path: str) -> None:
        recalled = recall(block, self.scope.target)
        if recalled is None:
            self.scope.dropped(path, Reason.FOREIGN_REASONING)
            return
        if self._history is None:
            self.scope.dropped(path, Reason.SIGNATURE)
            return
        item_id: str = recalled.item["id"]
        if item_id in self._recalled:
            self.scope.dropped(path, Reason.DUPLICATE)
            return
        self._recalled.add(item_id)
        self.scope.reshaped(f"{path}/signature", Reason.SIGNATURE)
        self._items.append(recalled.item)
        self._reasoned_at.append(path)
        self._phase = recalled.phase

    def _add(self, item: Item) -> None:
        self._items.append(item)
        self._reasoned_at = []
        self._phase = ""


def _part(piece: Piece) -> Item:
    """A piece of content: the dialect's parts under the names they have here."""
    if isinstance(piece, str):
        return {"type": "input_text", "text": piece}
    if piece["type"] == "image_url":
        return {"type": "input_image", "detail": "auto", "image_url": piece["image_url"]["url"]}
    return {"type": "input_file", **piece["file"]}
