"""Gemini's streams, good and bad, in one piece, byte by byte and cut at random."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.genai import types
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.contract import Repair
from proxy_gemini.carried import Signatures, unpacked
from tests.support.gemini import (
    FIXTURES,
    Json,
    Told,
    cut,
    fixture,
    send,
    sse,
    target,
    tell_stream,
    tell_whole,
)

BASH = "z9x8c7v6"
EXPECTED: dict[str, Json] = {
    "stream-01-text-sig-on-empty-tail.jsonl": {
        "blocks": [["text", "There are **3** rs in the word."]],
        "stop": "end_turn",
        "usage": [9, 0, 314],
    },
    "stream-02-thoughts-text-call.jsonl": {
        "blocks": [
            ["thinking", "**Planning**\n\nI will list files.\n"],
            ["text", "Let me look."],
            ["thinking", ""],
            ["tool", "Bash", {"command": "ls -la"}],
        ],
        "stop": "tool_use",
        "usage": [1104, 4096, 116],
        "calls": [BASH],
    },
    "stream-03-parallel-calls-split-chunks.jsonl": {
        "blocks": [
            ["thinking", ""],
            ["tool", "Read", {"file_path": "/repo/a.txt"}],
            ["tool", "Read", {"file_path": "/repo/b.txt"}],
            ["tool", "Read", {"file_path": "/repo/c.txt"}],
        ],
        "stop": "tool_use",
        "usage": [800, 0, 254],
        "calls": ["q1w2e3r4", "t5y6u7i8", "o9p0a1s2"],
    },
    "stream-04-call-without-args-or-id.jsonl": {
        "blocks": [["thinking", ""], ["tool", "TaskList", {}]],
        "stop": "tool_use",
        "usage": [300, 0, 45],
    },
    # Pieces of a call are never asked for; to guess at them could run a wrong call.
    "stream-05-vertex-partial-args.jsonl": {"error": (502, "api_error")},
    "stream-06-max-tokens-thoughts-only.jsonl": {
        "blocks": [["thinking", "**Hard problem**"]],
        "stop": "max_tokens",
        "usage": [50, 0, 300],
    },
    "stream-07-prompt-blocked.jsonl": {
        "blocks": [["text", "[gemini refused to answer: SAFETY]"]],
        "stop": "refusal",
        "usage": [12, 0, 0],
    },
    "stream-08-safety-mid-text.jsonl": {
        "blocks": [["text", "Step one is \n\n[gemini refused to answer: SAFETY]"]],
        "stop": "refusal",
        "usage": [20, 0, 4],
    },
    "stream-09-malformed-function-call.jsonl": {"error": (502, "api_error"), "once_more": True},
    "stream-10-empty-stop-no-parts.jsonl": {"error": (502, "api_error"), "once_more": True},
    "stream-11-truncated-no-finish.jsonl": {"error": (502, "api_error")},
    "stream-12-error-inside-200.jsonl": {"error": (503, "api_error")},
    "stream-13-continuation-hop1.jsonl": {
        "blocks": [["text", "...first segment"]],
        "stop": "max_tokens",
        "usage": [100, 0, 65536],
    },
    "stream-14-continuation-hop2.jsonl": {
        "blocks": [["text", " second segment. QED"]],
        "stop": "end_turn",
        "usage": [100, 65536, 940],
    },
    "stream-15-usage-only-and-prefixed-name.jsonl": {
        "blocks": [["thinking", ""], ["tool", "Bash", {"command": "pwd"}]],
        "stop": "tool_use",
        "usage": [210, 0, 78],
        "calls": ["b1b1b1b1"],
    },
    "stream-16-signature-only-part.jsonl": {
        "blocks": [["text", "Answer."]],
        "stop": "end_turn",
        "usage": [33, 0, 12],
    },
    "stream-17-framing.sse": {
        "blocks": [["text", "Hi there — ok"]],
        "stop": "end_turn",
        "usage": [5, 0, 4],
    },
}
"""What the client gets of each stream."""


def stream(name: str) -> bytes:
    path = FIXTURES / name
    if path.suffix == ".sse":
        return path.read_bytes()
    return sse(path.read_text(encoding="utf-8").splitlines())


def check(name: str, told: Told) -> None:
    expected = EXPECTED[name]
    if "error" in expected:
        assert told.failure is not None
        assert (told.failure.status, told.failure.type) == expected["error"]
        assert (told.failure.repair == Repair()) == expected.get("once_more", False)
        assert told.stop is None
        return
    assert told.failure is None
    assert told.blocks == expected["blocks"]
    assert told.stop == expected["stop"]
    assert told.usage == expected["usage"]
    ids = [block["id"] for block in told.content if block["type"] == "tool_use"]
    assert ids == expected.get("calls", ids)
    assert len(ids) == len(set(ids))


def test_every_stream_is_expected() -> None:
    assert {path.name for path in FIXTURES.glob("stream-*")} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_in_one_piece(name: str) -> None:
    check(name, tell_stream([stream(name)]))


@pytest.mark.parametrize("name", EXPECTED)
def test_byte_by_byte(name: str) -> None:
    data = stream(name)
    check(name, tell_stream(bytes([byte]) for byte in data))


@pytest.mark.proof
@pytest.mark.parametrize("name", EXPECTED)
@given(data=st.data())
def test_cut_anywhere(name: str, data: st.DataObject) -> None:
    whole = stream(name)
    places = data.draw(st.lists(st.integers(0, len(whole)), max_size=20))
    check(name, tell_stream(cut(whole, places)))


@pytest.mark.parametrize("name", EXPECTED)
def test_without_its_end_it_is_no_answer(name: str) -> None:
    """Before the chunk that tells the reason, nothing is complete."""
    lines = stream(name).split(b"data: ")
    ends = next((n for n, line in enumerate(lines) if b'"finishReason"' in line), len(lines))
    if ends < len(lines):
        told = tell_stream([b"data: ".join(lines[:ends])], complete=False)
        assert told.failure is not None
        assert told.stop is None


@pytest.mark.parametrize("name", [name for name in EXPECTED if name.endswith("l")])
def test_the_fixture_is_what_the_sdk_takes(name: str) -> None:
    for line in (FIXTURES / name).read_text(encoding="utf-8").splitlines():
        if '"error"' not in line:
            types.GenerateContentResponse.model_validate_json(line)


# -- whole answers -------------------------------------------------------------------------


def test_a_whole_answer_with_parallel_calls() -> None:
    told = tell_whole((FIXTURES / "resp-01-parallel-calls.json").read_bytes())
    assert told.blocks == [
        ["thinking", "**Inspecting**\n\nI should read both."],
        ["text", "Reading both."],
        ["thinking", ""],
        ["tool", "Read", {"file_path": "/repo/a.txt"}],
        ["tool", "Read", {"file_path": "/repo/b.txt"}],
    ]
    assert (told.stop, told.usage) == ("tool_use", [1104, 4096, 401])


def test_a_whole_answer_with_a_signed_text() -> None:
    told = tell_whole((FIXTURES / "resp-02-text-signed.json").read_bytes())
    assert (told.blocks, told.stop) == ([["text", "Done."]], "end_turn")
    assert [loss.reason for loss in told.ledger] == ["signature"]


def test_a_whole_answer_to_a_blocked_prompt() -> None:
    told = tell_whole((FIXTURES / "resp-03-no-candidates-prompt-block.json").read_bytes())
    assert told.stop == "refusal"
    assert told.blocks == [["text", "[gemini refused to answer: PROHIBITED_CONTENT]"]]


@pytest.mark.parametrize("name", ["resp-01-parallel-calls.json", "resp-02-text-signed.json"])
def test_whole_is_as_streamed(name: str) -> None:
    body = fixture(name)
    whole, streamed = tell_whole(json.dumps(body).encode()), tell_stream([sse([body])])
    assert (whole.blocks, whole.stop, whole.usage) == (
        streamed.blocks,
        streamed.stop,
        streamed.usage,
    )


# -- and back ------------------------------------------------------------------------------

SIGNED = [
    ("stream-02-thoughts-text-call.jsonl", "EjIKMGZpeHR1cmUtQi1maXh0dXJl"),
    ("stream-03-parallel-calls-split-chunks.jsonl", "EjIKMGZpeHR1cmUtQS1maXh0dXJl"),
    ("stream-04-call-without-args-or-id.jsonl", "EjIKMGZpeHR1cmUtTi1maXh0dXJl"),
    ("stream-15-usage-only-and-prefixed-name.jsonl", "EjIKMGZpeHR1cmUtUC1maXh0dXJl"),
]


@pytest.mark.parametrize(("name", "signature"), SIGNED)
def test_what_was_signed_comes_home_byte_for_byte(name: str, signature: str) -> None:
    payloads = [json.loads(line) for line in (FIXTURES / name).read_text().splitlines()]
    told = tell_stream([stream(name)])
    contents = send(turn_back(told.content)).contents
    given_out = [
        part
        for payload in payloads
        for candidate in payload.get("candidates", [])
        for part in candidate["content"].get("parts", [])
        if "functionCall" in part
    ]
    came_back = [part for part in contents[1]["parts"] if "functionCall" in part]
    assert [part.get("thoughtSignature") for part in came_back] == [
        part.get("thoughtSignature") for part in given_out
    ]
    assert came_back[0]["thoughtSignature"].startswith(signature)
    for back, out in zip(came_back, given_out, strict=True):
        call = out["functionCall"]
        assert back["functionCall"]["name"] == call["name"].removeprefix("default_api:")
        assert back["functionCall"]["args"] == call.get("args", {})
        assert back["functionCall"]["id"] == call.get("id", back["functionCall"]["id"])


def turn_back(content: list[Json]) -> Json:
    """The next request after an answer with calls."""
    results = [
        {"type": "tool_result", "tool_use_id": block["id"], "content": "out"}
        for block in content
        if block["type"] == "tool_use"
    ]
    return {
        "model": "claude-x",
        "max_tokens": 100,
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": content},
            {"role": "user", "content": results},
        ],
    }


def test_a_signature_is_in_the_block_before_its_call() -> None:
    told = tell_stream([stream("stream-02-thoughts-text-call.jsonl")])
    signed: list[Any] = [block["signature"] for block in told.content if "signature" in block]
    thought = unpacked(signed[-1], target(), "3")
    assert thought is not None
    assert isinstance(thought.signatures, Signatures)
    assert thought.signatures.call.startswith("EjIKMGZpeHR1cmUtQi1maXh0dXJl")
