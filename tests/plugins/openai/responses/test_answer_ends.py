"""How answers end: limits, refusals, stop sequences, usage, failures."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy_core.contract import About
from tests.support.responses import (
    ASKED,
    Json,
    a_call,
    a_message,
    a_reasoning,
    a_response,
    both,
    frames,
    last,
    streamed,
    tell_stream,
    tell_whole,
    told_in_deltas,
)


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("max_output_tokens", "max_tokens"),
        ("content_filter", "refusal"),
        ("max_messages", "end_turn"),
        ("steered", "end_turn"),
        (None, "end_turn"),
    ],
)
def test_incomplete_answers(reason: str | None, stop: str) -> None:
    details = {"reason": reason} if reason else None
    response = a_response(a_message("Half"), status="incomplete", incomplete_details=details)
    assert both(response).stop == stop


def test_s13_arguments_cut_by_the_limit() -> None:
    details = {"reason": "max_output_tokens"}
    cut = a_call(arguments='{"a": "half')
    told = both(a_response(cut, status="incomplete", incomplete_details=details))
    assert told.stop == "max_tokens"


def test_a_refusal_is_shown_and_said() -> None:
    message = a_message("Well. ")
    message["content"].append({"type": "refusal", "refusal": "I will not."})
    response = a_response(message)
    delta = {"type": "response.refusal.delta", "output_index": 0, "item_id": message["id"]}
    events = told_in_deltas(0, a_message("Well. "))[:-1]
    events += [delta | {"delta": text} for text in ("I will", " not.")]
    for told in (
        tell_whole(json.dumps(response).encode()),
        tell_stream([frames([*events, last(response)])]),
        tell_stream([frames([last(response)])]),
    ):
        assert (told.blocks, told.stop) == ([["text", "Well. I will not."]], "refusal")


@pytest.mark.parametrize("cut", [1, 2, 5, 100])
def test_b22_a_stop_sequence_ends_the_answer(cut: int) -> None:
    asked = ASKED | {"stop_sequences": ["END"]}
    response = a_response(a_reasoning("rs_1", "END of thought"), a_message("a EN b E", "ND c"))
    whole = tell_whole(json.dumps(response).encode(), asked)
    assert whole.blocks == [["thinking", "END of thought"], ["text", "a EN b "]]
    assert (whole.stop, whole.stop_sequence) == ("stop_sequence", "END")
    data = frames(streamed(response))
    told = tell_stream((data[n : n + cut] for n in range(0, len(data), cut)), asked)
    assert (told.blocks, told.stop) == (whole.blocks, whole.stop)


def test_what_looked_like_a_stop_sequence_is_told() -> None:
    asked = ASKED | {"stop_sequences": ["END"]}
    told = both(a_response(a_message("a EN"), a_call()), asked)
    assert told.blocks == [["text", "a EN"], ["tool", "Read", {}]]
    assert both(a_response(a_message("a EN")), asked).blocks == [["text", "a EN"]]


USAGE: Json = {
    "input_tokens": 2000,
    "input_tokens_details": {"cached_tokens": 1536, "cache_write_tokens": 256},
    "output_tokens": 50,
    "output_tokens_details": {"reasoning_tokens": 10},
}


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (USAGE, [208, 1536, 256, 50]),
        ({"input_tokens": 5, "output_tokens": 1}, [5, 0, 0, 1]),
        (USAGE | {"input_tokens_details": {"cached_tokens": 9999}}, [1, 2000, 0, 50]),
        (USAGE | {"input_tokens_details": None, "output_tokens_details": 3}, [2000, 0, 0, 50]),
    ],
)
def test_usage(usage: Json, expected: list[int]) -> None:
    assert both(a_response(a_message("Hi."), usage=usage)).usage == expected


@pytest.mark.parametrize("usage", [None, {}, [], "many", {"input_tokens": -1}])
def test_usage_that_is_none_is_estimated(usage: Any) -> None:
    told = both(a_response(a_message("Hi."), usage=usage))
    assert told.usage[3] > 0


@pytest.mark.parametrize(
    ("code", "status", "about", "retryable"),
    [
        ("server_error", 500, About.UPSTREAM, True),
        ("rate_limit_exceeded", 429, About.RATE_LIMIT, True),
        ("invalid_prompt", 400, About.CONTENT_FILTER, False),
        ("bio_policy", 400, About.CONTENT_FILTER, False),
        ("misalignment_policy_violation", 400, About.CONTENT_FILTER, False),
        ("image_content_policy_violation", 400, About.CONTENT_FILTER, False),
        ("data_residency_mismatch", 400, About.REQUEST, False),
        ("image_too_large", 400, About.REQUEST, False),
        ("invalid_base64_image", 400, About.REQUEST, False),
        ("failed_to_download_image", 400, About.REQUEST, False),
        ("vector_store_timeout", 504, About.UPSTREAM, True),
        ("context_length_exceeded", 400, About.CONTEXT_OVERFLOW, False),
        ("insufficient_quota", 403, About.QUOTA, False),
        ("something_new", 502, About.UPSTREAM, True),
    ],
)
def test_failed_answers(code: str, status: int, about: About, retryable: bool) -> None:
    error = {"code": code, "message": "No."}
    failed = a_response(status="failed", error=error)
    told = [
        tell_stream([frames([last(failed, "response.failed")])]),
        tell_stream([frames([{"type": "error", **error, "param": None}])]),
        tell_stream([frames([{"type": "error", "error": error}])]),
        tell_stream([frames([{"error": error}])]),
        tell_whole(json.dumps(failed).encode()),
    ]
    for one in told:
        assert one.failure is not None
        found = one.failure.status, one.failure.about, one.failure.retryable
        assert found == (status, about, retryable)


@pytest.mark.parametrize("kind", ["response.failed", "response.cancelled"])
def test_a_failure_without_words(kind: str) -> None:
    for response in (None, {}, {"status": "failed", "error": None}, {"error": "words"}):
        told = tell_stream([frames([{"type": kind, "response": response}])])
        assert told.failure is not None
        assert told.failure.retryable


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"null", b"<html>", b'{"output": {}}', b"[" * 100_000, b"\xff"]
)
def test_what_is_no_answer(body: bytes) -> None:
    told = tell_whole(body)
    assert told.failure is not None
    assert "cannot be read" in told.failure.message


def test_an_answer_of_nothing_is_a_failure() -> None:
    empty = a_response(usage={"input_tokens": 5, "output_tokens": 0})
    assert both(empty).failure is not None
