"""What a request says about how its answer is told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from proxy_core.anthropic.answering import writer_options
from proxy_core.anthropic.carrier import Envelope, unseal
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import ThinkingDisplay, WriterOptions
from proxy_core.contract import ModelFacts, Provider, Target, UpstreamRequest

TARGET = Target(
    provider=Provider(name="acme", base_url="https://acme.example"),
    model="m-1",
    facts=ModelFacts(pattern="m-1"),
)
UPSTREAM = UpstreamRequest(
    target=TARGET, path="/", body=b"{}", stream=True, stop_sequences=("END",)
)


def options(**fields: Any) -> WriterOptions:
    body = {"model": "claude-opus-5", "max_tokens": 1, "messages": [], **fields}
    return writer_options(parse(msgspec.json.encode(body)), UPSTREAM, "msg_1")


def test_b30_the_requested_name_is_echoed() -> None:
    made = options()
    assert (made.model, made.message_id, made.input_estimate) == ("claude-opus-5", "msg_1", 1)


@pytest.mark.parametrize(
    ("thinking", "display"),
    [
        (None, ThinkingDisplay.SHOWN),
        ({"type": "enabled", "budget_tokens": 1024}, ThinkingDisplay.SHOWN),
        ({"type": "adaptive"}, ThinkingDisplay.SHOWN),
        ({"type": "adaptive", "display": "summarized"}, ThinkingDisplay.SHOWN),
        ({"type": "adaptive", "display": "updates"}, ThinkingDisplay.SHOWN),
        ({"type": "adaptive", "display": "omitted"}, ThinkingDisplay.OMITTED),
        ({"type": "disabled"}, ThinkingDisplay.DROPPED),
        ({"type": "disabled", "display": "omitted"}, ThinkingDisplay.DROPPED),
    ],
)
def test_reasoning_is_shown_as_the_client_wants_it(
    thinking: dict[str, Any] | None, display: ThinkingDisplay
) -> None:
    assert options(thinking=thinking).display is display


def test_hidden_reasoning_is_sealed_for_the_model_it_came_from() -> None:
    sealed = unseal(options().seal("secret thoughts"))
    assert sealed == Envelope("acme", "m-1", "secret thoughts", origin="https://acme.example")


def test_stops_that_the_server_does_not_take_are_the_writers() -> None:
    assert options(stop_sequences=["a", "END"]).stop_sequences == ("END",)


def test_ids_in_the_conversation_are_taken() -> None:
    calls = [
        {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {}},
        {"type": "text", "text": "and"},
        {"type": "tool_use", "id": "toolu_2", "name": "Read", "input": {}},
        {"type": "server_tool_use", "id": "srvtoolu_3", "name": "web_search", "input": {}},
        {"type": "mcp_tool_use", "id": "mcptoolu_4", "name": "x", "server_name": "s", "input": {}},
    ]
    made = options(
        messages=[
            {"role": "assistant", "content": calls},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_9"}]},
        ]
    )
    assert made.taken_ids == {"toolu_1", "toolu_2", "srvtoolu_3", "mcptoolu_4"}
