"""What properties of translated conversations look at: marks, beginnings, bytes."""

import json
import re
from typing import Any

import msgspec
from hypothesis import assume
from hypothesis import strategies as st

from proxy_core.testing.strategies.conversations import may_end

Json = dict[str, Any]

MARKER = re.compile(r"<[0-9]+>")


def markers(asked: Json, roles: tuple[str, ...]) -> list[str]:
    """The markers that the client wrote for these roles, results being the tools'."""
    found: list[str] = []
    for message in asked["messages"]:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        for block in blocks:
            role = "tool" if block["type"] == "tool_result" else message["role"]
            if role in roles and block["type"] != "thinking":
                found += MARKER.findall(json.dumps(block, ensure_ascii=False))
    return found


def beginning(messages: list[Json], data: st.DataObject) -> list[Json]:
    """The conversation as it was before one of its answers."""
    cuts = [
        cut
        for cut in range(1, len(messages))
        if may_end(messages[:cut]) and messages[cut]["role"] == "assistant"
    ]
    assume(cuts)
    return messages[: data.draw(st.sampled_from(cuts))]


def elements(body: bytes, name: str) -> list[bytes]:
    """Those of a list in a body, as they are written."""
    members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return [bytes(raw) for raw in msgspec.json.decode(members[name], type=list[msgspec.Raw])]
