"""How the writer ends an answer: stop reasons, failures, bounds."""

from __future__ import annotations

import pytest

from proxy_core.anthropic import block_queue
from proxy_core.anthropic.verdicts import CUT_SHORT, EMPTY
from proxy_core.contract import ErrorVerdict, ProtocolError, Usage
from tests.support.told import Told, finished


@pytest.mark.parametrize("reason", ["end_turn", "tool_use"])
def test_the_stop_reason_says_whether_calls_were_made(reason: str) -> None:
    with_call, without = Told(), Told()
    with_call.writer.tool("t", "f")
    without.writer.text("x")
    assert finished(with_call, reason).message()["stop_reason"] == "tool_use"
    assert finished(without, reason).message()["stop_reason"] == "end_turn"
    assert with_call.writer.stop_reason == "tool_use"


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "pause_turn", "stop_sequence"])
def test_other_stop_reasons_stand(reason: str) -> None:
    told = Told()
    told.writer.tool("t", "f")
    assert finished(told, reason).message()["stop_reason"] == reason


def test_the_stop_sequence_is_told() -> None:
    told = Told()
    told.writer.text("x")
    told.writer.finish("stop_sequence", "##\u2028\ud83d")
    told.writer.end()
    assert told.message()["stop_sequence"] == "##\u2028\ufffd"


def test_an_end_without_a_reason_is_a_cut() -> None:
    told = Told()
    told.writer.text("half")
    told.writer.end()
    assert told.writer.failure is CUT_SHORT
    assert told.types[-1] == "error"
    assert "stop 0" not in told.types


def test_an_answer_that_is_nothing_by_its_own_count_is_an_error() -> None:
    told = Told()
    told.writer.usage(Usage(input_tokens=5, output_tokens=0))
    assert finished(told).error() == EMPTY.message


@pytest.mark.parametrize("reason", ["max_tokens", "refusal"])
def test_an_empty_answer_with_a_cause_is_an_answer(reason: str) -> None:
    told = Told()
    told.writer.usage(Usage(input_tokens=5, output_tokens=0))
    assert finished(told, reason).content() == []


def test_an_empty_answer_of_some_tokens_is_an_answer() -> None:
    told = Told()
    told.writer.usage(Usage(input_tokens=5, output_tokens=1))
    assert finished(told).types == ["message_start", "message_delta", "message_stop"]


def test_after_a_failure_nothing_follows() -> None:
    told = Told()
    told.writer.text("x")
    told.writer.fail(ErrorVerdict(status=529, type="overloaded_error", message="full"))
    told.writer.fail(CUT_SHORT)
    sent = told.data
    told.writer.text("more")
    assert told.writer.tool("t", "f") == -1
    told.writer.tool_json(-1, "{}")
    finished(told)
    assert told.data == sent
    assert told.events[-1] == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "full"},
        "request_id": "req_1",
    }
    assert told.writer.done


def test_after_the_end_the_first_reason_stands() -> None:
    told = finished(Told())
    told.writer.finish("refusal")
    told.writer.fail(CUT_SHORT)
    assert told.writer.failure is None
    assert told.message()["stop_reason"] == "end_turn"


def test_a_failure_before_the_start_is_the_only_event() -> None:
    told = Told()
    told.writer.fail(CUT_SHORT)
    assert told.types == ["error"]


def test_begin_sends_the_start_once() -> None:
    told = Told()
    told.writer.begin()
    told.writer.begin()
    assert (told.writer.begun, told.writer.has_content) == (True, False)
    told.writer.text("x")
    assert (told.writer.begun, told.writer.has_content) == (True, True)
    assert finished(told).types.count("message_start") == 1


def test_a_second_attempt_goes_on_after_the_start() -> None:
    told = Told(begun=True)
    told.writer.text("x")
    assert finished(told).types[0] == "start 0 text"


# -- bounds --------------------------------------------------------------------------------


def test_the_number_of_blocks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_queue, "MAX_BLOCKS", 3)
    told = Told()
    for _ in range(3):
        told.writer.redacted("r")
    with pytest.raises(ProtocolError, match="more than 3 blocks"):
        told.writer.tool("t", "f")


def test_the_length_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(block_queue, "MAX_CHARACTERS", 10)
    told = Told()
    told.writer.text("12345")
    told.writer.thinking("678")
    number = told.writer.tool("t", "f")
    told.writer.tool_json(number, "{}")
    with pytest.raises(ProtocolError, match="more than 10 characters"):
        told.writer.tool_json(number, " ")
