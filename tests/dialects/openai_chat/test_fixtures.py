"""Streams of many vendors, good and bad, in one piece, byte by byte and cut at random."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionChunk

from proxy_core.anthropic.ids import unwrap_tool_id
from proxy_core.contract import UpstreamRequest
from proxy_core.dialects.openai_chat.context import ChatContext
from tests.support.chat_answers import Told, a_target, an_upstream, sse, tell_stream

FIXTURES = Path(__file__).parents[2] / "fixtures" / "openai"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FIXTURES / "expect.json").read_text())
"""Blocks, stop reason, usage or error of each stream, by file name."""

QUIRKS: dict[str, dict[str, Any]] = {
    "13-think-tags-split.jsonl": {"think_tags": "tagged"},
    "21-kimi-special-token-leak.jsonl": {"leaked_calls": "kimi"},
    "27-xai-empty-finish-reasoning-usage.jsonl": {"output_excludes_reasoning": True},
}
CLEAN = [
    name
    for name, expected in EXPECTED.items()
    if not expected.get("malformed") and not name.startswith(("16", "17", "18"))
]
FINISHED = [
    name
    for name, expected in EXPECTED.items()
    # xAI's empty finish reason is no end without `[DONE]`.
    if "stop" in expected and not name.startswith("27")
]


def stream(name: str) -> bytes:
    """The bytes of a fixture as they come over the wire."""
    path = FIXTURES / name
    if path.suffix == ".sse":
        return path.read_bytes()
    return sse(path.read_text(encoding="utf-8").splitlines())


def upstream(name: str) -> UpstreamRequest:
    context = ChatContext(tools=frozenset({"Bash", "Read"}))
    return an_upstream(a_target(**QUIRKS.get(name, {})), context)


def check(name: str, told: Told) -> None:
    expected = EXPECTED[name]
    if "error" in expected:
        assert told.failure is not None
        assert told.failure.type in expected["error"].split(" or ")
        assert expected.get("message", told.failure.message) == told.failure.message
        assert told.blocks[: len(expected["blocks"])] == expected["blocks"]
        assert told.stop is None
        return
    assert told.failure is None
    assert told.blocks == expected["blocks"]
    assert told.stop == expected["stop"]
    assert told.usage == expected.get("usage", told.usage)
    assert len(set(told.tool_ids)) == sum(block[0] == "tool" for block in told.blocks)


def test_every_fixture_is_expected() -> None:
    files = {path.name for path in FIXTURES.glob("[0-3]*")}
    assert files == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_in_one_piece(name: str) -> None:
    check(name, tell_stream([stream(name)], upstream(name)))


@pytest.mark.parametrize("name", EXPECTED)
def test_byte_by_byte(name: str) -> None:
    data = stream(name)
    check(name, tell_stream((bytes([byte]) for byte in data), upstream(name)))


@pytest.mark.parametrize("name", EXPECTED)
@given(data=st.data())
def test_cut_anywhere(name: str, data: st.DataObject) -> None:
    whole = stream(name)
    places = data.draw(st.lists(st.integers(0, len(whole)), max_size=20).map(sorted))
    edges = [0, *places, len(whole)]
    pieces = [whole[start:end] for start, end in itertools.pairwise(edges)]
    check(name, tell_stream(pieces, upstream(name)))


@pytest.mark.parametrize("name", FINISHED)
def test_without_its_end_mark(name: str) -> None:
    check(name, tell_stream([stream(name).replace(b"data: [DONE]\n\n", b"")], upstream(name)))


@pytest.mark.parametrize("name", [name for name in CLEAN if name.endswith(".jsonl")])
def test_the_fixture_is_what_the_sdk_takes(name: str) -> None:
    for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines():
        ChatCompletionChunk.model_validate_json(line)


def test_05_native_ids_survive() -> None:
    name = "05-kimi-usage-in-choice-native-id.jsonl"
    (tool_id,) = tell_stream([stream(name)], upstream(name)).tool_ids
    assert unwrap_tool_id(tool_id) == "functions.Bash:0"


def test_16_a_call_of_a_tool_that_was_not_offered_stays_an_error() -> None:
    name = "16-groq-tool-use-failed-mid-stream.sse"
    told = tell_stream([stream(name)], an_upstream())
    assert told.blocks == [["text", "Checking."]]
    assert told.failure is not None
    assert told.failure.type == "invalid_request_error"


def test_21_native_ids_survive_the_leak() -> None:
    name = "21-kimi-special-token-leak.jsonl"
    ids = tell_stream([stream(name)], upstream(name)).tool_ids
    assert [unwrap_tool_id(tool_id) for tool_id in ids] == ["functions.Read:0", "functions.Bash:1"]
