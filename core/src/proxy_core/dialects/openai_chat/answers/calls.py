"""Which tool call a fragment belongs to, and what of it is told.

Servers name a call by index, by id, by both or by neither; ids come late, twice or in every
fragment. A call begins when its name is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from proxy_core.anthropic.block_queue import MAX_BLOCKS
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import ProtocolError
from proxy_core.dialects.openai_chat.answers.chunks import CallPart, Function
from proxy_core.dialects.openai_chat.answers.leaked_calls import LeakedCall
from proxy_core.dialects.openai_chat.answers.loose_json import is_object, read_value


class _Call:
    __slots__ = ("id", "name", "number", "pieces")

    def __init__(self, call_id: str) -> None:
        self.id = call_id
        self.name = ""
        self.number: int | None = None
        """The writer's number of the call, once it has begun."""
        self.pieces: list[str] = []
        """The arguments as they came: in one piece, if the server does not stream them."""

    @property
    def first_piece(self) -> str:
        return self.pieces[0] if self.pieces else ""


class ToolCalls:
    """Tells the calls of one answer to its writer.

    `names` has the client's name of each tool that was sent under another name.
    """

    def __init__(self, writer: MessageWriter, names: Mapping[str, str]) -> None:
        self._writer = writer
        self._names = names
        self._all: list[_Call] = []
        self._nameless = 0
        self._by_index: dict[int | float | str, _Call] = {}
        self._by_id: dict[str, _Call] = {}
        self._by_position: dict[int, _Call] = {}
        """The call met last at each place of a fragment list."""

    def feed(self, fragments: list[CallPart]) -> None:
        """Tell the fragments of one chunk, each to its call."""
        for position, fragment in enumerate(fragments):
            function = fragment.function or Function()
            call_id = _as_id(fragment.id)
            if not (call_id or function.name or function.arguments):
                continue
            call = self._find(fragment.index, call_id, function, position)
            self._by_position[position] = call
            self._tell(call, function)

    def whole(self, fragments: list[CallPart]) -> None:
        """Tell complete calls: each entry is one, whatever its id or index."""
        for fragment in fragments:
            self._tell(self._new(_as_id(fragment.id)), fragment.function or Function())

    def leaked(self, found: list[LeakedCall]) -> None:
        """Tell the calls that were found in text; some servers tell them properly as well."""
        told = {(call.name, _canonical("".join(call.pieces))) for call in self._all}
        for leak in dict.fromkeys(found):
            if (leak.name, _canonical(leak.arguments)) not in told:
                function = Function(name=leak.name, arguments=leak.arguments)
                self._tell(self._new(leak.id), function)

    @property
    def begun(self) -> bool:
        """Whether there was any call."""
        return bool(self._all)

    def check(self) -> None:
        """Raise `ProtocolError` when a call never got a name: it cannot be told or dropped."""
        if self._nameless:
            raise ProtocolError("a tool call without a name")

    def _find(self, index: Any, call_id: str, function: Function, position: int) -> _Call:
        met = self._by_position.get(position)
        if isinstance(index, int | float | str):
            call = self._by_index.get(index)
            if call is None or _is_another(call, call_id, function):
                call = self._by_index[index] = self._new(call_id)
        elif call_id:
            goes_on = met if _goes_on(function) else None
            call = self._by_id.get(call_id) or goes_on or self._new(call_id)
        else:
            call = met if met is not None and not function.name else self._new("")
        if call_id and not call.id:
            call.id = call_id
            self._by_id[call_id] = call
        return call

    def _new(self, call_id: str) -> _Call:
        if len(self._all) >= MAX_BLOCKS:
            raise ProtocolError(f"more than {MAX_BLOCKS} tool calls in one answer")
        self._nameless += 1
        call = _Call(call_id)
        self._all.append(call)
        if call_id:
            self._by_id[call_id] = call
        return call

    def _tell(self, call: _Call, function: Function) -> None:
        # gpt-oss may let a token of its chat template slip into a name
        # (`Read<|channel|>commentary`), and some servers repeat the name in every fragment.
        name = (function.name or "").partition("<|")[0].strip()
        if call.number is None and name:
            self._nameless -= 1
            call.name = name
            call.number = self._writer.tool(call.id, self._names.get(name, name))
        arguments = _as_text(function.arguments)
        if not arguments:
            return
        if call.number is None:
            raise ProtocolError("arguments of a tool call that has no name")
        call.pieces.append(arguments)
        self._writer.tool_json(call.number, arguments)


def _canonical(arguments: str) -> str:
    """The same for texts that mean the same arguments."""
    found = read_value(arguments.strip() or "{}")
    return json.dumps(found[0], sort_keys=True) if found else arguments


def _goes_on(function: Function) -> bool:
    """Whether the fragment can only be the rest of a call: it has arguments and no name."""
    return function.arguments is not None and not function.name


def _is_another(call: _Call, call_id: str, function: Function) -> bool:
    """Whether a fragment at the index of `call` begins another call.

    Gemini's OpenAI endpoint gives all its calls the same index, with ids or without; some
    versions of vLLM give every fragment of one call an id of its own.
    """
    if _goes_on(function):
        return False
    if call_id and call.id:
        return call_id != call.id
    arguments = _as_text(function.arguments)
    return arguments not in ("", call.first_piece) and is_object(call.first_piece)


def _as_id(value: Any) -> str:
    """The id as text: LM Studio and others count their calls. Mistral names a call that has no id
    `null` (default of its SDK's type)."""
    if isinstance(value, str):
        return "" if value == "null" else value
    return str(value) if type(value) is int else ""


def _as_text(arguments: str | dict[str, object] | None) -> str:
    if isinstance(arguments, dict):
        return json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    return arguments or ""
