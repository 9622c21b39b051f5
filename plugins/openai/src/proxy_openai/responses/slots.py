"""The items of an answer while they are told: which event speaks of which of them."""

from __future__ import annotations

from typing import Any

from proxy_core.anthropic.block_queue import MAX_BLOCKS
from proxy_core.contract import ProtocolError
from proxy_openai.responses.events import Event, word_in


class Slot:
    """One item, and how much of it the client has been told."""

    __slots__ = ("call_id", "done", "heard", "id", "kind", "name", "number", "part", "source")

    def __init__(self, kind: str, item_id: str) -> None:
        self.kind = kind
        """Type of the item: `message`, `reasoning`, `function_call` or one that is not read."""
        self.id = item_id
        self.heard: list[str] = []
        """Its text so far, or a call's arguments."""
        self.done = False
        self.source = ""
        """Whether reasoning comes as a summary or as it is: the first that comes is told."""
        self.part: Any = None
        """The part of the reasoning that was told last."""
        self.name = ""
        self.call_id = ""
        self.number: int | None = None
        """The writer's number of a call that has begun."""

    def rest_of(self, full: str) -> str:
        """What was not heard yet of a text that is now told in full.

        Nothing, if it is not the text that was heard: both cannot be true, and the client has
        seen the one.
        """
        heard = "".join(self.heard)
        return full.removeprefix(heard) if full.startswith(heard) else ""


class Slots:
    """The items of one answer, by their place and by their id, whichever the server tells."""

    def __init__(self) -> None:
        self._all: list[Slot] = []
        self._by_index: dict[int, Slot] = {}
        self._by_id: dict[str, Slot] = {}

    def __len__(self) -> int:
        return len(self._all)

    def of_event(self, event: Event, kind: str) -> Slot:
        """The item that an event adds to; a new one of `kind` if none was announced."""
        slot = self._find(event.output_index, event.item_id)
        if slot is None and event.output_index is None and not word_in(event.item_id):
            slot = self._all[-1] if self._all else None
        if slot is not None and slot.kind == kind and not slot.done:
            return slot
        return self.begin(kind, event.output_index, event.item_id)

    def of_item(self, item: dict[str, Any], index: Any) -> Slot | None:
        """The item of the same id or at the same place, if it was met before."""
        slot = self._find(index, item.get("id"))
        return slot if slot is not None and slot.kind == word_in(item.get("type")) else None

    def begin(self, kind: str, index: Any, item_id: Any) -> Slot:
        """A further item."""
        if len(self._all) >= MAX_BLOCKS:
            raise ProtocolError(f"more than {MAX_BLOCKS} items in one answer")
        slot = Slot(kind, word_in(item_id))
        self._all.append(slot)
        if type(index) is int:
            self._by_index[index] = slot
        if slot.id:
            self._by_id[slot.id] = slot
        return slot

    def is_followed(self, slot: Slot) -> bool:
        """Whether anything of a later item was told already."""
        later = self._all[self._all.index(slot) + 1 :]
        return any(other.heard or other.number is not None for other in later)

    def check(self) -> None:
        """Raise `ProtocolError` when a call never got a name: it cannot be told or dropped."""
        if any(slot.kind == "function_call" and slot.number is None for slot in self._all):
            raise ProtocolError("a tool call without a name")

    def _find(self, index: Any, item_id: Any) -> Slot | None:
        """By its id, else by its place: some gateways give an item another id in each event."""
        known = self._by_id.get(word_in(item_id))
        return known or (self._by_index.get(index) if type(index) is int else None)
