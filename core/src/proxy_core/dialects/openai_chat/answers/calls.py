"""Which tool call a fragment belongs to, and what of it is told.

Servers name a call by index, by id, by both or by neither; ids come late, twice or in every
fragment. A call begins when its name is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from proxy_core.anthropic.writer import MAX_BLOCKS, MessageWriter
from proxy_core.contract import ProtocolError
from proxy_core.dialects.openai_chat.answers.chunks import CallPart, Function


class _Call:
    __slots__ = ("id", "number")

    def __init__(self, call_id: str) -> None:
        self.id = call_id
        self.number: int | None = None
        """The writer's number of the call, once it has begun."""


class ToolCalls:
    """Tells the calls of one answer to its writer.

    `names` has the client's name of each tool that was sent under another name.
    """

    def __init__(self, writer: MessageWriter, names: Mapping[str, str]) -> None:
        self._writer = writer
        self._names = names
        self._count = 0
        self._nameless = 0
        self._by_index: dict[int, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._by_position: dict[int, _Call] = {}
        """The call met last at each place of a fragment list."""

    def feed(self, fragments: list[CallPart]) -> None:
        """Tell the fragments of one chunk, each to its call."""
        for position, fragment in enumerate(fragments):
            function = fragment.function or Function()
            call_id = fragment.id if isinstance(fragment.id, str) else ""
            index = fragment.index if type(fragment.index) is int else None
            if not (call_id or function.name or function.arguments):
                continue
            call = self._find(index, call_id, function.name, position)
            self._by_position[position] = call
            self._tell(call, function)

    def whole(self, fragments: list[CallPart]) -> None:
        """Tell complete calls: each entry is one, whatever its id or index."""
        for fragment in fragments:
            call_id = fragment.id if isinstance(fragment.id, str) else ""
            self._tell(self._new(call_id), fragment.function or Function())

    def check(self) -> None:
        """Raise `ProtocolError` when a call never got a name: it cannot be told or dropped."""
        if self._nameless:
            raise ProtocolError("a tool call without a name")

    def _find(self, index: int | None, call_id: str, name: str | None, position: int) -> _Call:
        if index is not None:
            call = self._by_index.get(index)
            if call is None or (call_id and call.id and call_id != call.id):
                # Gemini's OpenAI endpoint gives all its calls the same index.
                call = self._by_index[index] = self._new(call_id)
        elif call_id:
            call = self._by_id.get(call_id) or self._new(call_id)
        else:
            met = self._by_position.get(position)
            call = met if met is not None and not name else self._new("")
        if call_id and not call.id:
            call.id = call_id
            self._by_id[call_id] = call
        return call

    def _new(self, call_id: str) -> _Call:
        self._count += 1
        if self._count > MAX_BLOCKS:
            raise ProtocolError(f"more than {MAX_BLOCKS} tool calls in one answer")
        self._nameless += 1
        call = _Call(call_id)
        if call_id:
            self._by_id[call_id] = call
        return call

    def _tell(self, call: _Call, function: Function) -> None:
        # gpt-oss may let a token of its chat template slip into a name
        # (`Read<|channel|>commentary`), and some servers repeat the name in every fragment.
        name = (function.name or "").partition("<|")[0].strip()
        if call.number is None and name:
            self._nameless -= 1
            call.number = self._writer.tool(call.id, self._names.get(name, name))
        arguments = _as_text(function.arguments)
        if not arguments:
            return
        if call.number is None:
            raise ProtocolError("arguments of a tool call that has no name")
        self._writer.tool_json(call.number, arguments)


def _as_text(arguments: str | dict[str, object] | None) -> str:
    if isinstance(arguments, dict):
        return json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    return arguments or ""
