"""A model's turn: its text, its calls, and its thoughts with their signatures."""

from __future__ import annotations

from typing import Any, NamedTuple

from msgspec import Raw

from proxy_core.anthropic.content import Block, ThinkingBlock, ToolUseBlock
from proxy_core.dialects.openai_chat.requests.assistant import SAID, AssistantTurn
from proxy_core.dialects.openai_chat.requests.tool_ids import ToolIds
from proxy_core.ledger import Reason
from proxy_gemini.carried import unpacked
from proxy_gemini.requests.media import Part
from proxy_gemini.requests.scope import Scope


class Call(NamedTuple):
    """A call as it was sent, for its response."""

    name: str
    number: int
    """How many calls came before it."""


UNKNOWN = Call("unknown", 0)
"""Of a result without its call, in a fragment given to count_tokens."""


class ModelTurn(AssistantTurn):
    """Gathers what one turn of the model says, over one or more messages of the client."""

    def __init__(self, scope: Scope, ids: ToolIds, calls: dict[str, Call]) -> None:
        """`calls` takes each call of the conversation, by its id."""
        super().__init__(scope, ids, takes_reasoning=True)
        self._gemini = scope.gemini
        self._calls_by_id = calls
        self._parts: list[Part] = []
        self._says_something = False
        self._signature = ""
        """Of the call that stands next, told by the thinking block before it."""

    def messages(self) -> list[dict[str, Any]]:
        """The turn as one content; none if nothing but thoughts is left of it."""
        if not self._says_something:
            return []
        return [{"role": "model", "parts": self._with_dummy()}]

    def read(self, block: Block, path: str) -> None:
        """Take in the next block."""
        if not isinstance(block, ToolUseBlock):
            self._signature = ""
        elif not self._gemini.call_ids:
            # Call and response then belong together by their order.
            self.scope.dropped(f"{path}/id", Reason.TOOL_ID)
        super().read(block, path)

    def say(self, text: str, glue: str = SAID) -> None:
        self._says_something = True
        last = self._parts[-1] if self._parts else {}
        if not glue and set(last) == {"text"}:
            last["text"] += text
        else:
            self._parts.append({"text": text})

    def add_call(self, call_id: str, name: str, arguments: str) -> None:
        call: dict[str, Any] = {"name": name, "args": Raw(arguments.encode())}
        if self._gemini.call_ids:
            call["id"] = call_id
        part: Part = {"functionCall": call}
        if self._signature:
            part["thoughtSignature"] = self._signature
        self._signature = ""
        self._parts.append(part)
        self._says_something = True
        self._calls_by_id[call_id] = Call(name, len(self._calls_by_id))

    def think(self, block: ThinkingBlock, path: str) -> None:
        """A thought goes back where it came from, and to no other vendor or generation."""
        thought = unpacked(block.signature, self.scope.target, self._gemini.signature_era)
        if thought is None:
            self.scope.dropped(path, Reason.FOREIGN_REASONING)
            return
        if not self._gemini.signature_history:
            self.scope.dropped(path, Reason.SIGNATURE)
            return
        self.scope.reshaped(f"{path}/signature", Reason.SIGNATURE)
        signatures = thought.signatures
        if text := block.thinking or thought.hidden:
            part: Part = {"text": text, "thought": True}
            if signatures is not None and signatures.thought:
                part["thoughtSignature"] = signatures.thought
            self._parts.append(part)
        self._signature = signatures.call if signatures is not None else ""

    def _with_dummy(self) -> list[Part]:
        """The parts, the first call signed: by the model itself or, where it was another that
        called, by Google's stand-in. Calls beside the first need no signature."""
        first = next((part for part in self._parts if "functionCall" in part), None)
        if first is not None and self._gemini.signature_dummy:
            first.setdefault("thoughtSignature", self._gemini.signature_dummy)
        return self._parts
