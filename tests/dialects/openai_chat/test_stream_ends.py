"""The end of a stream: finish reasons, stop sequences, refusals, errors."""

from __future__ import annotations

import json

import pytest

from proxy_core.anthropic.message import EventSink
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.contract import SseEvent
from proxy_core.dialects.openai_chat.answers.stream import ChatStream
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.ledger import Ledger
from tests.support.chat_answers import (
    CALLED,
    STOP,
    an_upstream,
    call,
    chunk,
    kinds,
    sse,
    tell_stream,
    told,
)


@pytest.mark.parametrize("named", ["", "event: error\n"])
def test_s14_an_error_object_ends_the_stream(named: str) -> None:
    error = '{"error": {"message": "slow down", "type": "rate_limit_error"}}'
    data = sse([chunk({"content": "x"})], done=False) + f"{named}data: {error}\n\n".encode()
    answer = tell_stream([data + sse([STOP])])
    assert answer.failure is not None
    assert (answer.failure.type, answer.failure.status) == ("rate_limit_error", 429)
    assert kinds(answer)[-1] == "error"


def test_s14_an_error_event_need_not_wrap_its_object() -> None:
    answer = tell_stream([b'event: error\ndata: {"message": "full", "code": 503}\n\n'])
    assert answer.failure is not None
    assert answer.failure.message == "acme: full"
    assert answer.failure.status == 503


@pytest.mark.parametrize("reason", ["content_filter", "sensitive"])
def test_s15_a_filter_is_a_refusal(reason: str) -> None:
    assert told(chunk({"content": "x"}), chunk(finish=reason)).stop == "refusal"


def test_s15_words_of_refusal_are_shown() -> None:
    answer = told(chunk({"refusal": "I will not"}), chunk({"refusal": "."}), STOP)
    assert (answer.blocks, answer.stop) == ([["text", "I will not."]], "refusal")


def test_s16_nothing_follows_the_end() -> None:
    answer = told(chunk({"content": "x"}), STOP, "[DONE]", chunk({"content": "late"}), "junk")
    assert answer.blocks == [["text", "x"]]
    assert kinds(answer)[-2:] == ["message_delta", "message_stop"]


def test_s16_what_follows_the_end_is_not_even_read() -> None:
    upstream = an_upstream()
    writer = MessageWriter(EventSink(), WriterOptions(message_id="msg_1", model="claude-x"))
    stream = ChatStream(upstream, Quirks(), writer, Ledger())
    for payload in (json.dumps(STOP), "[DONE]", "junk"):
        stream.feed(SseEvent("", payload.encode()))
    assert writer.stop_reason == "end_turn"


@pytest.mark.parametrize(
    ("reason", "stop"),
    [
        ("stop", "end_turn"),
        ("LENGTH", "max_tokens"),
        ("length", "max_tokens"),
        ("eos", "end_turn"),
        ("never_heard_of", "end_turn"),
        ("model_context_window_exceeded", "model_context_window_exceeded"),
        ("", "end_turn"),
    ],
)
def test_finish_reasons_of_a_text(reason: str, stop: str) -> None:
    assert told(chunk({"content": "x"}), chunk(finish=reason)).stop == stop


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("error", 502),
        ("network_error", 502),
        ("abort", 502),
        ("insufficient_system_resource", 503),
    ],
)
def test_finish_reasons_that_are_failures(reason: str, status: int) -> None:
    failure = told(chunk({"content": "x"}), chunk(finish=reason)).failure
    assert failure is not None
    assert (failure.status, failure.type, failure.retryable) == (status, "api_error", True)
    assert reason in failure.message


def test_an_empty_finish_reason_is_no_end_without_the_end_mark() -> None:
    """Some servers send it with every chunk."""
    assert told(chunk({"content": "x"}, ""), done=False).failure is not None


def test_an_empty_finish_reason_does_not_outlive_the_next_chunk() -> None:
    cut = told(chunk({"content": "x"}, ""), chunk({"content": "y"}))
    assert cut.failure is not None


def test_the_first_finish_reason_counts() -> None:
    assert told(chunk({"content": "x"}, "length"), STOP).stop == "max_tokens"


def test_text_after_the_finish_reason_is_not_lost() -> None:
    assert told(chunk({"content": "x"}, "stop"), chunk({"content": "y"})).blocks == [["text", "xy"]]


@pytest.mark.parametrize(
    ("pieces", "text", "stopped_by"),
    [
        (["one END two"], "one ", "END"),
        (["one E", "N", "D two"], "one ", "END"),
        (["one EN", "d"], "one ENd", None),
        (["one E"], "one E", None),
        (["a\n\nb END"], "a", "\n\n"),
        (["EEND"], "E", "END"),
    ],
)
def test_stop_sequences_are_watched_for(
    pieces: list[str], text: str, stopped_by: str | None
) -> None:
    upstream = an_upstream(stop_sequences=("END", "\n\n", ""))
    answer = told(*(chunk({"content": piece}) for piece in pieces), STOP, upstream=upstream)
    assert answer.blocks == [["text", text]]
    assert answer.stop_sequence == stopped_by
    assert answer.stop == ("stop_sequence" if stopped_by else "end_turn")


def test_text_held_back_for_a_stop_sequence_comes_before_the_call() -> None:
    upstream = an_upstream(stop_sequences=("END",))
    payloads = [
        chunk({"content": "x E"}),
        chunk(call(0, id="a", name="Read", arguments="{}")),
        CALLED,
    ]
    answer = told(*payloads, upstream=upstream)
    assert answer.blocks == [["text", "x E"], ["tool", "Read", {}]]


def test_an_error_with_half_a_surrogate_pair_is_told() -> None:
    failure = told('{"error": {"message": "cut \\ud83d", "code": 429}}').failure
    assert failure is not None
    assert (failure.status, failure.message) == (429, "acme: cut \ufffd")


def test_an_error_may_have_its_status_beside_it() -> None:
    failure = told({"error": {"message": "wait"}, "status_code": 429}).failure
    assert failure is not None
    assert (failure.status, failure.type) == (429, "rate_limit_error")


def test_an_error_in_place_of_a_chunk_need_not_be_wrapped() -> None:
    words = "This model's maximum context length is 100 tokens. You requested 200 tokens."
    error = {"object": "error", "message": words, "type": "BadRequestError", "code": 400}
    failure = told(error).failure
    assert failure is not None
    assert failure.message == "prompt is too long: 200 tokens > 100 maximum"
