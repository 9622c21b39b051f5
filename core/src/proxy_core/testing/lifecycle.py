"""The life of an event stream: which events may follow which, and what they add up to.

The rules are those of the Messages API, made stricter where a real client stumbles over what
the API would allow. They are written without the code that produces events, to judge it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from proxy_core.testing.folding import TEXT_OF_DELTA, TOOL_TYPES, fold, parse_json, tool_input

__all__ = ["LifecycleError", "check_events", "fold", "parse_events"]

_DELTAS = {
    "text": frozenset({"text_delta", "citations_delta"}),
    "thinking": frozenset({"thinking_delta", "signature_delta"}),
    "redacted_thinking": frozenset[str](),
    **dict.fromkeys(TOOL_TYPES, frozenset({"input_json_delta"})),
    "compaction": frozenset({"compaction_delta"}),
    "container_upload": frozenset[str](),
    "fallback": frozenset[str](),
}
"""The deltas that each type of block may have; results of server tools have none."""

_STARTS: dict[str, dict[str, Any]] = {
    "text": {"text": ""},
    "thinking": {"thinking": "", "signature": ""},
    **{kind: {"input": {}} for kind in TOOL_TYPES},
}
"""What a block that is told in deltas must begin with: SDKs append to it."""

_TOOL_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class LifecycleError(AssertionError):
    """The stream breaks a rule; the message says which rule, and at which event."""


# -- reading -------------------------------------------------------------------------------


def parse_events(data: bytes) -> list[dict[str, Any]]:
    """Read a whole stream as this project writes it: named events of one data line each.

    Stricter than a client: other framing that the protocol allows is refused too.
    """
    if data and not data.endswith(b"\n\n"):
        raise LifecycleError("the stream ends inside an event")
    return [_parse_frame(frame, number) for number, frame in enumerate(data.split(b"\n\n")[:-1])]


def _parse_frame(frame: bytes, number: int) -> dict[str, Any]:
    try:
        # `splitlines` knows more line ends than the protocol, and so do some clients.
        lines = frame.decode().splitlines()
        name, event = lines[0].removeprefix("event: "), parse_json(lines[1][6:])
    except (ValueError, IndexError, RecursionError) as error:
        raise LifecycleError(f"event {number}: cannot be read: {error}") from None
    if len(lines) != 2 or lines[0] != f"event: {name}" or not lines[1].startswith("data: "):
        raise LifecycleError(f"event {number}: not one `event:` line and one `data:` line")
    if not isinstance(event, dict) or event.get("type") != name:
        raise LifecycleError(f"event {number}: its JSON does not repeat the type {name!r}")
    return event


# -- checking ------------------------------------------------------------------------------


def check_events(events: Iterable[dict[str, Any]]) -> None:
    """Raise `LifecycleError` unless `events` are one whole, legal stream."""
    stream = _Stream()
    for position, event in enumerate(events):
        stream.where = f"event {position} ({event.get('type')})"
        stream.read(event)
    stream.where = "after the last event"
    stream.require(stream.over, "a stream ends with message_stop or an error")


class _Stream:
    """What was seen so far of one stream."""

    def __init__(self) -> None:
        self.where = ""
        self.over = False
        self._started = False
        self._stop_reason: str | None = None
        self._blocks = 0
        self._open: dict[str, Any] | None = None
        self._told: list[dict[str, Any]] = []
        """Deltas of the open block."""
        self._tool_ids: set[str] = set()
        self._broken_tool: str | None = None
        """Where a call was closed whose input is no object."""

    def require(self, kept: bool, rule: str) -> None:
        if not kept:
            raise LifecycleError(f"{self.where}: {rule}")

    def require_object(self, value: Any, name: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise LifecycleError(f"{self.where}: {name} is an object")
        return value

    def read(self, event: dict[str, Any]) -> None:
        kind = event.get("type")
        self.require(not self.over, "nothing may follow the end")
        self.require(
            self._started or kind in ("message_start", "error"), "message_start comes first"
        )
        match kind:
            case "message_start":
                self._start(self.require_object(event.get("message"), "message"))
            case "ping":
                self.require(event == {"type": "ping"}, "a ping carries nothing")
            case "error":
                self._error(self.require_object(event.get("error"), "error"))
            case "message_stop":
                self.require(self._stop_reason is not None, "message_delta comes before")
                self.over = True
            case "message_delta":
                self._end(event)
            case "content_block_start":
                self._open_block(event)
            case "content_block_delta":
                self._delta(event)
            case "content_block_stop":
                self._close_block(event)
            case _:
                self.require(False, "no such event")

    def _start(self, message: dict[str, Any]) -> None:
        self.require(not self._started, "message_start comes once")
        self._started = True
        for name, value in (("type", "message"), ("role", "assistant"), ("content", [])):
            self.require(message.get(name) == value, f"the message starts with {name} {value!r}")
        for name in ("id", "model"):
            self.require(_is_name(message.get(name)), f"the message has its {name}")
        for name in ("stop_reason", "stop_sequence"):
            self.require(message.get(name, "") is None, f"the message starts with {name} null")
        usage = message.get("usage")
        self.require(_counts(usage, "input_tokens", "output_tokens"), "the message has its usage")

    def _error(self, error: dict[str, Any]) -> None:
        told = _is_name(error.get("type")) and _is_name(error.get("message"))
        self.require(told, "an error has type and message")
        self.over = True

    def _end(self, event: dict[str, Any]) -> None:
        self.require(self._open is None, "all blocks are closed before message_delta")
        self.require(self._stop_reason is None, "message_delta comes once")
        reason = self.require_object(event.get("delta"), "delta").get("stop_reason")
        counted = _counts(event.get("usage"), "output_tokens")
        self.require(_is_name(reason), "message_delta has a stop_reason")
        self.require(counted, "message_delta has usage.output_tokens")
        self.require(reason != "tool_use" or bool(self._tool_ids), "tool_use needs a tool block")
        self.require(reason != "end_turn" or not self._tool_ids, "with tool blocks it is tool_use")
        cut = reason == "max_tokens" or self._broken_tool is None
        self.require(cut, f"tool input is a JSON object, but not at {self._broken_tool}")
        self._stop_reason = reason

    # -- blocks --------------------------------------------------------------------------

    def _open_block(self, event: dict[str, Any]) -> None:
        block = self.require_object(event.get("content_block"), "content_block")
        self.require(self._stop_reason is None, "no block after message_delta")
        self.require(self._open is None, "one block is open at a time")
        self.require(event.get("index") == self._blocks, f"the next index is {self._blocks}")
        kind = str(block.get("type"))
        known = kind in _DELTAS or kind.endswith("_tool_result")
        self.require(known, f"no such type of block: {kind}")
        for name, value in _STARTS.get(kind, {}).items():
            self.require(block.get(name) == value, f"a {kind} block starts with {name} {value!r}")
        if kind == "tool_use":
            self._name_tool(block)
        self._open, self._told = block, []

    def _name_tool(self, block: dict[str, Any]) -> None:
        tool_id = block.get("id")
        fits = isinstance(tool_id, str) and _TOOL_ID.fullmatch(tool_id)
        self.require(bool(fits), f"a tool id matches {_TOOL_ID.pattern}")
        self.require(tool_id not in self._tool_ids, "tool ids are unique")
        self.require(isinstance(block.get("name"), str), "a tool_use block has a name")
        self._tool_ids.add(str(tool_id))

    def _current(self, event: dict[str, Any]) -> dict[str, Any]:
        index = event.get("index")
        is_open = self._open is not None and index == self._blocks
        self.require(is_open, f"no block {index!r} is open")
        return self._open or {}

    def _delta(self, event: dict[str, Any]) -> None:
        block, delta = self._current(event), self.require_object(event.get("delta"), "delta")
        kind = str(delta.get("type"))
        allowed = _DELTAS.get(block["type"], ())
        self.require(kind in allowed, f"a {block['type']} block has no {kind}")
        key = TEXT_OF_DELTA.get(kind)
        self.require(key is None or isinstance(delta.get(key), str), f"a {kind} has a {key}")
        signed = any(told["type"] == "signature_delta" for told in self._told)
        self.require(not signed, "the signature comes once, and last in its block")
        self._told.append(delta)

    def _close_block(self, event: dict[str, Any]) -> None:
        block = self._current(event)
        self._blocks += 1
        self._open = None
        if block["type"] == "text":
            text = "".join(told.get("text", "") for told in self._told)
            # The API refuses such a block when the client sends it back.
            self.require(text.strip() != "", "no text block is empty or white space alone")
        elif block["type"] in TOOL_TYPES and tool_input(self._told) is None:
            self._broken_tool = self._broken_tool or self.where


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _counts(usage: Any, *names: str) -> bool:
    return isinstance(usage, dict) and all(
        type(usage.get(name)) is int and usage[name] >= 0 for name in names
    )
