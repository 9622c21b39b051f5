"""What holds for every conversation, whichever of Kimi's APIs and models it goes to."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anthropic.types import message_create_params as params
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.ids import unwrap_tool_id, wrap_tool_id
from proxy_core.contract import Unsupported
from proxy_core.ledger import Ledger
from proxy_core.testing.leaves import unexplained
from proxy_core.testing.strategies.conversations import requests
from tests.e2e import kimi_chat
from tests.e2e.messages_rules import check_kimi
from tests.e2e.openai_types import first_error, strict
from tests.support.claude_code import RECORDED
from tests.support.moonshot import MODELS, Json, target, translated

FIXTURES = Path(__file__).parents[2] / "fixtures"
WIRES = ("chat", "anthropic")
MESSAGES: dict[bool, TypeAdapter[Any]] = {
    True: TypeAdapter(strict(params.MessageCreateParamsStreaming)),
    False: TypeAdapter(strict(params.MessageCreateParamsNonStreaming)),
}


def check(body: Json, wire: str) -> None:
    """Refuse what Kimi would refuse, and what the types of the SDKs do not have."""
    if wire == "chat":
        kimi_chat.check_body(body)
        return
    check_kimi({**body, "messages": in_turns(body["messages"])}, lambda _: True)
    if body.get("thinking") == {"type": "enabled"}:  # Kimi has no budget, which the SDK requires
        body = {**body, "thinking": {"type": "enabled", "budget_tokens": 1024}}
    assert first_error(MESSAGES[body.get("stream") is True], body) is None


def in_turns(messages: list[Json]) -> list[Json]:
    """Messages of one role in a row as the one turn that they are to this API."""
    turns: list[Json] = []
    for message in messages:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if turns and turns[-1]["role"] == message["role"]:
            turns[-1] = {**message, "content": [*turns[-1]["content"], *blocks]}
        else:
            turns.append({**message, "content": blocks})
    return turns


def comes_between(messages: list[Json]) -> Iterator[bool]:
    """Of each message of the system, whether it stands between a call and its result. The relay
    keeps places, and Anthropic's API has no rule for this one."""
    waiting: set[str] = set()
    for message in messages:
        for block in message["content"] if isinstance(message["content"], list) else ():
            if block["type"] == "tool_use":
                waiting.add(block["id"])
            elif block["type"] == "tool_result":
                waiting.discard(block["tool_use_id"])
        if message["role"] == "system":
            yield bool(waiting)


def with_own_ids(asked: Json) -> Json:
    """The request with the ids that the server gave out, for those that were made of them."""
    own = copy.deepcopy(asked)
    for message in own["messages"]:
        for block in message["content"] if isinstance(message["content"], list) else ():
            for name in {"id", "tool_use_id"} & block.keys():
                block[name] = unwrap_tool_id(block[name])
    return own


@pytest.mark.proof
@pytest.mark.parametrize("wire", WIRES)
@given(asked=requests(), model=st.sampled_from(MODELS))
def test_whatever_is_asked_kimi_would_take_it(wire: str, asked: Json, model: str) -> None:
    assume(wire == "chat" or not any(comes_between(asked["messages"])))
    before = copy.deepcopy(asked)
    try:
        upstream = translated(asked, target(model, wire))
    except Unsupported:
        return  # nothing is left to say, or what was asked must not be guessed
    check(json.loads(upstream.body), wire)
    assert translated(asked, target(model, wire)).body == upstream.body
    assert asked == before


@pytest.mark.proof
@pytest.mark.parametrize("wire", WIRES)
@given(asked=requests(), model=st.sampled_from(MODELS))
def test_nothing_vanishes_in_silence(wire: str, asked: Json, model: str) -> None:
    ledger = Ledger()
    try:
        body = json.loads(translated(asked, target(model, wire), ledger).body)
    except Unsupported:
        return
    lost = set(unexplained(asked, body, ledger))
    assert lost & set(unexplained(with_own_ids(asked), body, ledger)) == set()


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: str(path.stem))
def test_what_claude_code_sends_is_taken(path: Path, model: str, wire: str) -> None:
    asked = {"max_tokens": 100, **json.loads(path.read_bytes())}
    check(json.loads(translated(asked, target(model, wire)).body), wire)


def test_a_tool_loop_with_a_picture_as_it_should_be() -> None:
    """But for what a session's id becomes, and the words beside a picture."""
    expected = json.loads((FIXTURES / "openai" / "40-request-kimi-tool-loop.json").read_text())
    to = target("kimi-k3", "chat")
    thought = {"type": "thinking", "thinking": "List first.", "signature": seal(Envelope.of(to))}
    call_id = wrap_tool_id("functions.Bash:0", ())
    picture = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    asked = {
        "model": "claude-x",
        "max_tokens": 32_000,
        "stream": True,
        "system": "You are helpful.",
        "output_config": {"effort": "medium"},
        "metadata": {"user_id": json.dumps({"session_id": "sess-1"})},
        "tools": [
            {
                "name": "Bash",
                "description": "Run",
                "input_schema": expected["tools"][0]["function"]["parameters"],
            }
        ],
        "messages": [
            {"role": "user", "content": "List and show pic"},
            {
                "role": "assistant",
                "content": [
                    thought,
                    {"type": "tool_use", "id": call_id, "name": "Bash", "input": {"command": "ls"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": call_id,
                        "content": [
                            {"type": "text", "text": "a.png"},
                            {"type": "image", "source": picture},
                        ],
                    }
                ],
            },
        ],
    }
    body = json.loads(translated(asked, to).body)
    for made in (body, expected):
        *_, result, shown = made["messages"]
        assert result.pop("content").startswith("a.png\n")
        assert shown["content"].pop(0)["type"] == "text"
        made.pop("safety_identifier", None)
    assert len(body.pop("prompt_cache_key")) == 64
    del expected["prompt_cache_key"]
    for made in (body, expected):
        (call,) = made["messages"][2]["tool_calls"]
        call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    assert body == expected
