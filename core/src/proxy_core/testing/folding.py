"""What an event stream adds up to: the message that a client's SDK accumulates.

Written without the code that produces events, to judge it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from typing import Any, NoReturn

TEXT_OF_DELTA = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
}
"""The field of each delta that is appended to."""

TOOL_TYPES = frozenset({"tool_use", "server_tool_use", "mcp_tool_use"})
"""Blocks whose input is told as JSON in fragments."""


def fold(events: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The message that a client's SDK accumulates from legal events.

    A call that was cut off has the input `{}`; a stream that ends with an error gives what
    was told before it.
    """
    message: dict[str, Any] = {}
    told: list[list[dict[str, Any]]] = []
    for event in events:
        match event["type"]:
            case "message_start":
                message = copy.deepcopy(event["message"])
            case "content_block_start":
                message["content"].append(copy.deepcopy(event["content_block"]))
                told.append([])
                if event["content_block"]["type"] == "fallback":
                    message["model"] = event["content_block"]["to"]["model"]
            case "content_block_delta":
                told[event["index"]].append(event["delta"])
            case "message_delta":
                _fold_end(message, event)
    for block, deltas in zip(message.get("content", ()), told, strict=True):
        _fold_block(block, deltas)
    return message


def _fold_end(message: dict[str, Any], event: dict[str, Any]) -> None:
    message.update(event["delta"])
    given = {name: count for name, count in event["usage"].items() if count is not None}
    message["usage"].update(given)
    message.update({name: event[name] for name in event.keys() - {"type", "delta", "usage"}})


def _fold_block(block: dict[str, Any], deltas: list[dict[str, Any]]) -> None:
    if block["type"] in TOOL_TYPES:
        block["input"] = tool_input(deltas) or {}
        return
    for kind, key in TEXT_OF_DELTA.items():
        if pieces := [delta[key] for delta in deltas if delta["type"] == kind]:
            block[key] += "".join(pieces)
    for delta in deltas:
        if delta["type"] == "citations_delta":
            block["citations"] = [*(block.get("citations") or ()), delta["citation"]]
        elif delta["type"] == "compaction_delta":
            block.update({name: delta[name] for name in delta.keys() - {"type"}})


def tool_input(deltas: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The input that the deltas of a call add up to; None when it is no object."""
    text = "".join(delta["partial_json"] for delta in deltas)
    try:
        value = parse_json(text or "{}")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def parse_json(text: str) -> Any:
    """JSON and nothing beyond it: no NaN, no Infinity. Raises `ValueError`."""
    return json.loads(text, parse_constant=_refuse_constant)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
