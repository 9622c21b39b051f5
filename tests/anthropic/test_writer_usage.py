"""The usage that the writer tells, and a whole message with all that belongs to it."""

from __future__ import annotations

import pytest

from proxy_core.anthropic.verdicts import CUT_SHORT
from proxy_core.contract import Usage
from tests.support.told import Told, as_json, finished, sealed, whole


def test_the_start_tells_the_estimate_and_the_end_the_truth() -> None:
    told = Told(input_estimate=9)
    told.writer.begin()
    assert told.events[0]["message"]["usage"]["input_tokens"] == 9
    told.writer.usage(Usage(input_tokens=3, output_tokens=1))
    told.writer.text("x")
    told.writer.finish("end_turn")
    told.writer.usage(
        Usage(
            input_tokens=4, output_tokens=2, cache_read_input_tokens=5,
            cache_creation_input_tokens=6, thinking_tokens=1,
        )
    )  # fmt: skip
    told.writer.end()
    assert told.message()["usage"] == {
        "input_tokens": 4,
        "output_tokens": 2,
        "cache_read_input_tokens": 5,
        "cache_creation_input_tokens": 6,
        "output_tokens_details": {"thinking_tokens": 1},
    }
    assert not told.writer.usage_estimated


def test_thinking_tokens_that_are_not_known_are_not_told() -> None:
    told = Told()
    told.writer.usage(Usage(output_tokens=2))
    told.writer.text("x")
    assert "output_tokens_details" not in finished(told).message()["usage"]


@pytest.mark.parametrize(("characters", "tokens"), [(1, 1), (4, 1), (5, 2), (400, 100)])
def test_usage_that_nobody_tells_is_estimated(characters: int, tokens: int) -> None:
    told = Told(input_estimate=9)
    told.writer.text("x" * characters)
    usage = finished(told).message()["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (9, tokens)
    assert told.writer.usage_estimated
    assert told.writer.final_usage.output_tokens == tokens


@pytest.mark.parametrize(
    ("estimate", "told_input", "shown"), [(9, 0, 1), (0, 0, 0), (9, 3, 3), (0, 3, 3)]
)
def test_a_wholly_cached_prompt_shows_one_token(estimate: int, told_input: int, shown: int) -> None:
    told = Told(input_estimate=estimate)
    told.writer.usage(Usage(input_tokens=told_input, output_tokens=1, cache_read_input_tokens=50))
    usage = finished(told).message()["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"]) == (shown, 50)


def test_usage_counts_after_a_failure_too() -> None:
    told = Told()
    told.writer.usage(Usage(input_tokens=5, output_tokens=2))
    told.writer.fail(CUT_SHORT)
    assert told.writer.final_usage == Usage(input_tokens=5, output_tokens=2)


def test_a_whole_message() -> None:
    writing, sink = whole(input_estimate=3, seal=sealed)
    writing.thinking("hm")
    number = writing.tool("call_1", "f")
    writing.tool_json(number, '{"n": 12345678901234567890123, "f": 1.50}')
    writing.finish("end_turn")
    writing.usage(Usage(input_tokens=1, output_tokens=2))
    writing.end()
    assert as_json(sink) == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "<>"},
            {
                "type": "tool_use",
                "id": "call_1",
                "name": "f",
                "input": {"n": 12345678901234567890123, "f": 1.5},
            },
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 1,
            "output_tokens": 2,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        },
    }
    assert b'"input":{"n": 12345678901234567890123, "f": 1.50}' in sink.json()


@pytest.mark.parametrize("arguments", ['{"a', '{"a":' + "[" * 100_000, '{"a":"\ud83d'])
def test_a_cut_call_in_a_whole_message_has_no_input(arguments: str) -> None:
    writing, sink = whole()
    writing.tool_json(writing.tool("t", "f"), arguments)
    writing.finish("max_tokens")
    writing.end()
    assert as_json(sink)["content"][0]["input"] == {}
