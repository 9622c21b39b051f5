"""The chunks of a stream: bytes in any form, text, and usage wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.chat_answers import (
    STOP,
    a_usage,
    chunk,
    sse,
    tell_stream,
    told,
)


@pytest.mark.parametrize(
    "payloads",
    [
        pytest.param([STOP, {"choices": [], "usage": a_usage(1000, 50, 800)}], id="empty-choices"),
        pytest.param([chunk(finish="stop", usage=a_usage(1000, 50, 800))], id="finish-chunk"),
        pytest.param(
            [
                chunk({}, None, a_usage(1000, 1)),
                chunk({}, "stop", a_usage(1000, 50)),
                {"choices": [], "usage": a_usage(1000, 50, 800)},
            ],
            id="every-chunk",
        ),
        pytest.param(
            [{"choices": [{"finish_reason": "stop", "usage": a_usage(1000, 50, 800)}]}],
            id="in-the-choice",
        ),
        pytest.param(
            [{**STOP, "x_groq": {"id": "r", "usage": a_usage(1000, 50, 800)}}], id="x_groq"
        ),
        pytest.param(
            [chunk(finish="stop", usage=a_usage(1000, 50, 800)), {"choices": [], "usage": {}}],
            id="nothing-after",
        ),
    ],
)
def test_s10_usage_is_read_wherever_it_stands(payloads: list[Any]) -> None:
    assert told(chunk({"content": "x"}), *payloads).usage == [200, 800, 0, 50]


def test_s10_the_top_level_is_believed_before_the_choice_and_groqs_own() -> None:
    payload = chunk({"content": "x"}, "stop", a_usage(7, 1))
    payload["choices"][0]["usage"] = a_usage(8, 1)
    payload["x_groq"] = {"usage": a_usage(9, 1)}
    assert told(payload).usage == [7, 0, 0, 1]
    payload["usage"] = {"total_time": 0.5}
    assert told(payload).usage == [8, 0, 0, 1]


def test_s20_the_bytes_may_come_in_any_form() -> None:
    text = sse([chunk({"content": "é✓"}), {"choices": []}, {**STOP, "usage": None}]).decode()
    text = text.replace("data: ", "data:").replace("\n", "\r\n")
    data = f": comment\r\n\r\ndata:\r\n\r\n{text}".encode()
    answer = tell_stream(bytes([byte]) for byte in data)
    assert (answer.blocks, answer.stop) == ([["text", "é✓"]], "end_turn")


def test_the_halves_of_a_surrogate_pair_are_joined() -> None:
    answer = told(chunk({"content": "\ud83d"}), chunk({"content": "\ude00"}), STOP)
    assert answer.blocks == [["text", "😀"]]


def test_only_the_first_choice_is_read() -> None:
    other = {"choices": [{"index": 1, "delta": {"content": "no"}}, {"index": 0, "delta": None}]}
    assert told(chunk({"content": "yes"}), other, STOP).blocks == [["text", "yes"]]


@pytest.mark.parametrize(
    "payload",
    [
        "junk",
        "[1]",
        "5",
        '{"choices": 5}',
        '{"choices": [{"delta": {"content": 5}}]}',
        '{"choices": [{"delta": {"refusal": 5, "content": "\\ud83d"}}]}',
    ],
)
def test_what_is_no_chunk_is_an_error(payload: str) -> None:
    failure = told(chunk({"content": "x"}), payload).failure
    assert failure is not None
    assert failure.type == "api_error"


def test_a_message_that_grows_beside_the_deltas_is_not_told() -> None:
    def both(delta: str, message: str, finish: str | None = None) -> Any:
        choice = {"delta": {"content": delta}, "message": {"content": message}}
        return {"choices": [{"index": 0, **choice, "finish_reason": finish}]}

    answer = told(both("Hel", "Hel"), both("lo", "Hello"), both("", "Hello", "stop"))
    assert answer.blocks == [["text", "Hello"]]
