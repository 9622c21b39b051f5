"""Recorded shapes of streams, in one piece, byte by byte and cut at random; one request."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from proxy_core.anthropic.carrier import unseal
from proxy_core.anthropic.content import ThinkingBlock
from proxy_openai.responses.state import ReasoningState, recall, signature
from tests.e2e.responses_rules import check_body
from tests.support.chat_answers import Told
from tests.support.responses import Json, frames, send, target, tell_stream, tell_whole

FIXTURES = Path(__file__).parents[3] / "fixtures" / "openai_responses"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FIXTURES / "expect.json").read_text())
"""Blocks, stop reason, usage or error of each stream, by file name."""


def events_of(name: str) -> list[Json]:
    lines = (FIXTURES / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def stream(name: str) -> bytes:
    return frames(events_of(name))


def check(name: str, told: Told) -> None:
    expected = EXPECTED[name]
    assert told.blocks == expected["blocks"]
    if "error" in expected:
        assert told.failure is not None
        assert told.failure.type == expected["error"]
        assert expected.get("message", told.failure.message) == told.failure.message
        assert told.stop is None
        return
    assert told.failure is None
    assert told.stop == expected["stop"]
    assert told.usage == expected["usage"]


def test_every_fixture_is_expected() -> None:
    assert {path.name for path in FIXTURES.glob("2*")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_in_one_piece_and_byte_by_byte(name: str) -> None:
    data = stream(name)
    check(name, tell_stream([data]))
    check(name, tell_stream(bytes([byte]) for byte in data))


@pytest.mark.parametrize("name", EXPECTED)
@given(data=st.data())
def test_cut_anywhere(name: str, data: st.DataObject) -> None:
    whole = stream(name)
    places = data.draw(st.lists(st.integers(0, len(whole)), max_size=20).map(sorted))
    edges = [0, *places, len(whole)]
    check(name, tell_stream(whole[start:end] for start, end in itertools.pairwise(edges)))


TOLD_WHOLE = [name for name in EXPECTED if events_of(name)[-1].get("response", {}).get("output")]
"""Those whose last event has the answer in full."""


@pytest.mark.parametrize("name", TOLD_WHOLE)
def test_the_whole_answer_in_the_last_event_says_the_same(name: str) -> None:
    whole = tell_whole(json.dumps(events_of(name)[-1]["response"]).encode())
    check(name, whole)
    assert whole.message["content"] == tell_stream([stream(name)]).message["content"]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_stream_without_its_last_event_was_cut(name: str) -> None:
    for kept in range(len(events_of(name))):
        told = tell_stream([frames(events_of(name)[:kept])])
        assert told.failure is not None
        assert told.stop is None


@pytest.mark.parametrize("name", EXPECTED)
def test_the_fixture_is_what_the_sdk_takes(name: str) -> None:
    reading: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    for event in events_of(name):
        reading.validate_python(event)


def test_23_the_final_state_is_carried_and_never_the_partial_one() -> None:
    (block, _) = tell_stream([stream("23-responses-reasoning-encrypted.jsonl")]).message["content"]
    envelope = unseal(block["signature"])
    assert envelope is not None
    assert b"gAAAAFINAL" in envelope.state
    assert b"PARTIAL" not in envelope.state
    carried = recall(ThinkingBlock(block["thinking"], block["signature"]), target())
    assert carried is not None
    assert carried.item == {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "First.\n\nSecond."}],
        "encrypted_content": "gAAAAFINAL",
    }
    assert carried.phase == "final_answer"


def test_25_says_when_to_try_again() -> None:
    failure = tell_stream([stream("25-responses-failed.jsonl")]).failure
    assert failure is not None
    assert (failure.retryable, failure.retry_after) == (True, 1.2)


def test_41_a_tool_loop_with_an_image() -> None:
    """The request as it should be, but for what a session id becomes and settings left alone."""
    expected = json.loads((FIXTURES / "41-request-responses-tool-loop.json").read_text())
    signed = signature(ReasoningState("rs_1", "gAAAAFINAL"), target())
    image = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
    shown = [{"type": "text", "text": "a.png"}, {"type": "image", "source": image}]
    schema = expected["tools"][0]["parameters"]
    sent = send(
        {
            "model": "claude-x",
            "max_tokens": 32_000,
            "stream": True,
            "system": "You are helpful.",
            "thinking": {"type": "adaptive"},
            "output_config": {"effort": "high"},
            "metadata": {"user_id": json.dumps({"session_id": "sess-1"})},
            "tools": [{"name": "Bash", "description": "Run", "input_schema": schema}],
            "messages": [
                {"role": "user", "content": "List and show pic"},
                {
                    "role": "assistant",
                    "content": [
                        {"type": "thinking", "thinking": "List first.", "signature": signed},
                        {
                            "type": "tool_use",
                            "id": "call_a",
                            "name": "Bash",
                            "input": {"command": "ls"},
                        },
                    ],
                },
                {
                    "role": "user",
                    "content": [{"type": "tool_result", "tool_use_id": "call_a", "content": shown}],
                },
            ],
        }
    )
    check_body(sent.body)
    assert len(sent.body.pop("prompt_cache_key")) == 64
    assert len(sent.body.pop("safety_identifier")) == 64
    del expected["prompt_cache_key"], expected["parallel_tool_calls"]
    assert sent.body == expected
