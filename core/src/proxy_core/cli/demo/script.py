"""The demo's conversation: what the client asks, what the model says, what must come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

QUESTION = "Do I need an umbrella in Lisbon?"
TOOL = "get_weather"
THOUGHT = "I cannot see the sky from here: ask."
SENTENCE = "Let me look at the sky over Lisbon."
TOOL_INPUT = {"city": "Lisbon", "unit": "celsius"}
ARGUMENTS = ('{"ci', 'ty": "Lis', 'bon", "un', 'it": "celsius"}')
"""The tool's input as upstreams send it: in fragments that are no JSON by themselves."""
OBSERVATION = "18 °C, light rain until the evening"
CONCLUSION = "18 °C and light rain until the evening: take the umbrella."
MODEL = "demo-model"

_TOOLS = [
    {
        "name": TOOL,
        "description": "The weather of a city, now.",
        "input_schema": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "unit": {"type": "string", "enum": ["celsius", "fahrenheit"]},
            },
            "required": ["city"],
        },
    }
]


def request(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """What a client of the Anthropic Messages API asks."""
    return {
        "model": "claude-sonnet-5",
        "max_tokens": 1024,
        "stream": True,
        "system": "You are a weather reporter.",
        "thinking": {"type": "adaptive"},
        "tools": _TOOLS,
        "messages": messages,
    }


def question() -> dict[str, Any]:
    return {"role": "user", "content": QUESTION}


def observation(tool_use_id: str) -> dict[str, Any]:
    """The client ran the tool and says what it saw."""
    result = {"type": "tool_result", "tool_use_id": tool_use_id, "content": OBSERVATION}
    return {"role": "user", "content": [result]}


def difference(first: Mapping[str, Any], second: Mapping[str, Any]) -> str | None:
    """How the two messages the client received differ from the script; None if they do not."""
    expected = {
        "the first answer's blocks": (
            [block["type"] for block in first["content"]],
            ["thinking", "text", "tool_use"],
        ),
        "the thought": (first["content"][0].get("thinking"), THOUGHT),
        "the sentence": (first["content"][1:2] and first["content"][1].get("text"), SENTENCE),
        "the tool's input": (first["content"][-1].get("input"), TOOL_INPUT),
        "the first answer's end": (first["stop_reason"], "tool_use"),
        "the conclusion": ([block.get("text") for block in second["content"]], [CONCLUSION]),
        "the second answer's end": (second["stop_reason"], "end_turn"),
    }
    for what, (got, wanted) in expected.items():
        if got != wanted:
            return f"{what} should be {wanted!r} and is {got!r}"
    return None
