"""What scenarios of the real Claude Code share: whom they are played through, and commands."""

import json

import pytest

from tests.e2e.stage import said_of
from tests.e2e.upstream_script import Call, Json, call
from tests.e2e.vendors import (
    CHAT,
    GEMINI,
    GROQ,
    MOONSHOT,
    MOONSHOT_CHAT,
    PASSTHROUGH,
    RESPONSES,
    Vendor,
)

VENDORS = (CHAT, RESPONSES, GROQ, GEMINI, MOONSHOT, MOONSHOT_CHAT, PASSTHROUGH)
SEARCHER = "Perform a web search for the query"
"""Begins what the client's own search asks of a model."""


def played_through(*vendors: Vendor) -> list[pytest.MarkDecorator]:
    """A module's `pytestmark`: the real client is needed, and each scenario is one per vendor."""
    return [pytest.mark.claude_code, pytest.mark.parametrize("vendor", vendors, ids=str)]


def bash(id_: str, command: str) -> Call:
    """A command that the model runs."""
    return call(id_, "Bash", {"command": command, "description": "Run it"})


def calls_of(body: Json) -> list[tuple[str, Json]]:
    """Names and arguments of all calls in a request's history."""
    return [
        (one["function"]["name"], json.loads(one["function"]["arguments"]))
        for message in said_of(body, "assistant")
        for one in message.get("tool_calls", ())
    ]
