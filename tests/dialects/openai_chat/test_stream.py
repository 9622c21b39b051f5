"""Streams as servers really send them: the rows of the list of cases, and the reader's corners."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy_core.anthropic.message import EventSink
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.contract import SseEvent, UpstreamRequest
from proxy_core.dialects.openai_chat.answers.stream import ChatStream
from proxy_core.dialects.openai_chat.answers.think_tags import ThinkTags
from proxy_core.dialects.openai_chat.context import ChatContext
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.ledger import Ledger
from tests.support.chat_answers import (
    Told,
    a_target,
    a_usage,
    an_upstream,
    call,
    chunk,
    sse,
    tell_stream,
)

STOP = chunk(finish="stop")
CALLED = chunk(finish="tool_calls")


def told(*payloads: Any, done: bool = True, upstream: UpstreamRequest | None = None) -> Told:
    return tell_stream([sse(payloads, done=done)], upstream)


def kinds(answer: Told) -> list[str]:
    """The events in short: `+0:tool_use` opens a block, `-0` closes it."""
    names = []
    for event in answer.events:
        match event["type"]:
            case "content_block_start":
                names.append(f"+{event['index']}:{event['content_block']['type']}")
            case "content_block_stop":
                names.append(f"-{event['index']}")
            case "content_block_delta":
                pass
            case name:
                names.append(name)
    return names


# -- rows of the list of cases -------------------------------------------------------------


def test_s1_parallel_calls_keep_all_their_fragments() -> None:
    answer = told(
        chunk(call(0, id="a", name="Read", arguments="")),
        chunk(call(0, arguments='{"p":')),
        chunk(call(0, arguments="1}")),
        chunk(call(1, id="b", name="Grep", arguments="")),
        chunk(call(1, arguments='{"q":2}')),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Grep", {"q": 2}]]


def test_s2_interleaved_fragments_are_told_one_call_after_the_other() -> None:
    answer = told(
        chunk(call(0, id="a", name="Read", arguments="")),
        chunk(call(1, id="b", name="Grep", arguments="")),
        chunk(call(0, arguments='{"p":')),
        chunk(call(1, arguments='{"q":')),
        chunk(call(0, arguments="1}")),
        chunk(call(1, arguments="2}")),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Grep", {"q": 2}]]
    assert answer.tool_ids == ["a", "b"]


def test_s3_s8_each_block_closes_before_the_next_index_opens() -> None:
    answer = told(
        chunk(call(0, id="a", name="Read", arguments="{}")),
        chunk(call(1, id="b", name="Grep", arguments="{}")),
        CALLED,
    )
    assert kinds(answer) == [
        "message_start",
        *("+0:tool_use", "-0", "+1:tool_use", "-1"),
        "message_delta",
        "message_stop",
    ]


def test_s4_a_new_id_at_the_same_index_is_a_new_call() -> None:
    answer = told(
        chunk(call(0, id="a", name="Read", arguments='{"p":1}')),
        chunk(call(0, id="b", name="Read", arguments='{"p":2}')),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Read", {"p": 2}]]
    assert answer.tool_ids == ["a", "b"]


@pytest.mark.parametrize("index", [0, None])
def test_s5_an_id_repeated_in_each_fragment_is_the_same_call(index: int | None) -> None:
    answer = told(
        chunk(call(index, id="a", name="Read", arguments='{"p":')),
        chunk(call(index, id="a", arguments="1")),
        chunk(call(index, id="a", arguments="}")),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}]]


def test_s6_text_after_a_call_is_a_block_of_its_own() -> None:
    answer = told(
        chunk({"content": "before"}),
        chunk(call(0, id="a", name="Read", arguments="{}")),
        chunk({"content": "after"}),
        CALLED,
    )
    assert answer.blocks == [["text", "before"], ["tool", "Read", {}], ["text", "after"]]
    assert answer.stop == "tool_use"


def test_s7_a_call_alone_brings_no_empty_text() -> None:
    answer = told(
        chunk({"role": "assistant", "content": ""}),
        chunk(call(0, id="a", name="Read", arguments="{}")),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {}]]


@pytest.mark.parametrize("reason", ["stop", "tool_calls", "function_call", "eos", "end"])
def test_s9_a_call_ends_in_tool_use_whatever_the_finish_reason(reason: str) -> None:
    answer = told(chunk(call(0, id="a", name="Read", arguments="{}")), chunk(finish=reason))
    assert answer.stop == "tool_use"


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


def test_s11_reasoning_and_text_alternate_in_blocks_of_their_own() -> None:
    answer = told(
        chunk({"reasoning_content": "r1"}),
        chunk({"content": "t1"}),
        chunk({"reasoning_content": "r2"}),
        chunk({"content": "t2"}),
        STOP,
    )
    assert answer.blocks == [["thinking", "r1"], ["text", "t1"], ["thinking", "r2"], ["text", "t2"]]


@pytest.mark.parametrize("done", [True, False])
def test_s12_a_cut_inside_arguments_is_an_error(done: bool) -> None:
    answer = told(chunk(call(0, id="a", name="Write", arguments='{"p":"x')), done=done)
    assert kinds(answer)[-1] == "error"
    assert answer.stop is None
    assert answer.failure is not None
    assert answer.failure.retryable


def test_s13_a_limit_inside_arguments_keeps_the_fragments() -> None:
    answer = told(chunk(call(0, id="a", name="Write", arguments='{"p":"x')), chunk(finish="length"))
    assert answer.stop == "max_tokens"
    deltas = [event["delta"] for event in answer.events if "delta" in event]
    assert {"type": "input_json_delta", "partial_json": '{"p":"x'} in deltas


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


@pytest.mark.parametrize("arguments", ["", None, "{}", " ", "null"])
def test_s17_a_call_without_arguments_has_an_empty_input(arguments: str | None) -> None:
    answer = told(chunk(call(0, id="a", name="Task", arguments=arguments)), CALLED)
    assert answer.blocks == [["tool", "Task", {}]]


def test_s20_the_bytes_may_come_in_any_form() -> None:
    text = sse([chunk({"content": "é✓"}), {"choices": []}, {**STOP, "usage": None}]).decode()
    text = text.replace("data: ", "data:").replace("\n", "\r\n")
    data = f": comment\r\n\r\ndata:\r\n\r\n{text}".encode()
    answer = tell_stream(bytes([byte]) for byte in data)
    assert (answer.blocks, answer.stop) == ([["text", "é✓"]], "end_turn")


# -- finish reasons ------------------------------------------------------------------------


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


# -- calls ---------------------------------------------------------------------------------


def test_fragments_without_index_and_id_go_on_where_the_last_one_stood() -> None:
    answer = told(
        chunk(call(id="a", name="Read", arguments='{"p":')),
        chunk(call(arguments="1}")),
        chunk(call(id="b", name="Grep", arguments='{"q":')),
        chunk(call(arguments="2}")),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Grep", {"q": 2}]]


def test_calls_with_neither_index_nor_id_begin_with_their_names() -> None:
    answer = told(
        chunk(call(name="Read", arguments='{"p":1}')),
        chunk(call(name="Read", arguments='{"p":2}')),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Read", {"p": 2}]]
    assert len(set(answer.tool_ids)) == 2


def test_a_call_that_never_gets_a_name_is_an_error() -> None:
    assert told(chunk(call(0, id="a", arguments="")), CALLED).failure is not None
    assert told(chunk(call(0, id="a", arguments="{}")), CALLED).failure is not None


def test_an_entry_that_says_nothing_is_no_call() -> None:
    answer = told(chunk({"content": "x", "tool_calls": [{"index": 0}]}), STOP)
    assert (answer.blocks, answer.stop) == ([["text", "x"]], "end_turn")


def test_a_renamed_tool_gets_its_name_back() -> None:
    context = ChatContext(tool_names={"mcp_a": "mcp.a"})
    upstream = an_upstream(context=context)
    payload = chunk(call(0, id="a", name="mcp_a<|channel|>json", arguments="{}"))
    assert told(payload, CALLED, upstream=upstream).blocks == [["tool", "mcp.a", {}]]


def test_too_many_calls_are_an_error() -> None:
    fragments = [{"index": index, "id": str(index)} for index in range(5000)]
    failure = told(chunk({"tool_calls": fragments}), CALLED).failure
    assert failure is not None
    assert "4096" in failure.message


def test_arguments_as_an_object_keep_big_numbers() -> None:
    big = 123456789012345678901234567890
    payload = chunk(call(0, id="a", name="Read", arguments={"n": big, "é": "\ud83d\ude00"}))
    assert told(payload, CALLED).blocks == [["tool", "Read", {"n": big, "é": "😀"}]]


def test_arguments_as_an_object_may_hold_half_a_pair() -> None:
    payload = chunk(call(0, id="a", name="Read", arguments={"p": "\ud83d"}))
    assert told(payload, CALLED).blocks == [["tool", "Read", {"p": "\ufffd"}]]


# -- text and reasoning --------------------------------------------------------------------


def test_the_halves_of_a_surrogate_pair_are_joined() -> None:
    answer = told(chunk({"content": "\ud83d"}), chunk({"content": "\ude00"}), STOP)
    assert answer.blocks == [["text", "😀"]]


def test_the_halves_of_a_pair_inside_arguments_are_joined() -> None:
    answer = told(
        chunk(call(0, id="a", name="Read", arguments='{"p":"\ud83d')),
        chunk(call(0, arguments='\ude00"}')),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": "😀"}]]


def test_reasoning_in_two_fields_is_shown_once() -> None:
    delta = {"reasoning": "r", "reasoning_content": "r", "reasoning_details": [{"text": "r"}]}
    assert told(chunk(delta), STOP).blocks == [["thinking", "r"]]


def test_reasoning_details_are_shown_where_they_are_all_there_is() -> None:
    delta = {"reasoning_details": [{"text": "a"}, {"summary": "b"}, {"data": "x"}]}
    assert told(chunk(delta), STOP).blocks == [["thinking", "ab"]]


def test_the_quirk_names_the_fields_of_reasoning() -> None:
    payload = chunk({"reasoning_content": "a", "reasoning": "b"})
    upstream = an_upstream(a_target(reasoning_fields=("reasoning",)))
    assert told(payload, STOP, upstream=upstream).blocks == [["thinking", "b"]]


def test_reasoning_that_was_not_wanted_is_not_shown() -> None:
    upstream = an_upstream(a_target(think_tags="tagged"), ChatContext(thinking_disabled=True))
    payloads = [
        chunk({"reasoning": "r"}),
        chunk({"content": "<think>r</think>a"}),
        chunk({"content": [{"type": "thinking", "thinking": "r"}, {"type": "text", "text": "b"}]}),
    ]
    assert told(*payloads, STOP, upstream=upstream).blocks == [["text", "ab"]]


def test_parts_of_a_content_list_keep_their_order() -> None:
    parts = [
        {"type": "thinking", "thinking": "a"},
        {"type": "text", "text": "b"},
        {"type": "thinking", "thinking": [{"type": "text", "text": "c"}]},
        {"type": "refusal", "refusal": "d"},
    ]
    answer = told(chunk({"content": parts}), STOP)
    assert answer.blocks == [["thinking", "a"], ["text", "b"], ["thinking", "c"], ["text", "d"]]
    assert answer.stop == "refusal"


@pytest.mark.parametrize(
    ("content", "pieces"),
    [
        ("<think>a</think>b", [("thinking", "a"), ("text", "b")]),
        (" \n<think>a</think>\n\nb", [("thinking", "a"), ("text", "b")]),
        ("<think>a", [("thinking", "a")]),
        ("<think></think>b", [("text", "b")]),
        ("<think>a</thin k></think>b", [("thinking", "a</thin k>"), ("text", "b")]),
        ("a<think>b</think>", [("text", "a<think>b</think>")]),
        ("<thin", [("text", "<thin")]),
        ("  a", [("text", "  a")]),
        ("<think>a</think>b<think>c</think>", [("thinking", "a"), ("text", "b<think>c</think>")]),
        ("<think>a</thi", [("thinking", "a</thi")]),
        ("<think>a</think>\n", [("thinking", "a")]),
    ],
)
def test_think_tags_wherever_they_are_cut(content: str, pieces: list[tuple[str, str]]) -> None:
    for size in range(1, len(content) + 1):
        tags = ThinkTags()
        told_pieces = [
            piece
            for start in range(0, len(content), size)
            for piece in tags.feed(content[start : start + size])
        ]
        assert joined([*told_pieces, *tags.flush()]) == pieces


@pytest.mark.parametrize(
    ("content", "pieces"),
    [
        ("a</think>b", [("thinking", "a"), ("text", "b")]),
        ("<think>a</think>b", [("thinking", "a"), ("text", "b")]),
        ("a", [("thinking", "a")]),
    ],
)
def test_a_tag_that_the_template_opened(content: str, pieces: list[tuple[str, str]]) -> None:
    for size in range(1, len(content) + 1):
        tags = ThinkTags(opened=True)
        told_pieces = [
            piece
            for start in range(0, len(content), size)
            for piece in tags.feed(content[start : start + size])
        ]
        assert joined([*told_pieces, *tags.flush()]) == pieces


def joined(pieces: list[Any]) -> list[tuple[str, str]]:
    """Neighbouring pieces of one kind as one."""
    told_pieces: list[tuple[str, str]] = []
    for kind, text in pieces:
        if told_pieces and told_pieces[-1][0] == kind:
            text = told_pieces.pop()[1] + text  # noqa: PLW2901 -- folding
        told_pieces.append((kind, text))
    return told_pieces


def test_the_quirk_turns_think_tags_on() -> None:
    payload = chunk({"content": "<think>a</think>b"})
    assert told(payload, STOP).blocks == [["text", "<think>a</think>b"]]
    for think_tags, content in (("tagged", "<think>a</think>b"), ("opened", "a</think>b")):
        upstream = an_upstream(a_target(think_tags=think_tags))
        answer = told(chunk({"content": content}), STOP, upstream=upstream)
        assert answer.blocks == [["thinking", "a"], ["text", "b"]]


# -- stop sequences that the server does not take -------------------------------------------


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


# -- servers that say it twice, or otherwise --------------------------------------------------


@pytest.mark.parametrize("indexes", [("0", "1"), (0.0, 1.0), (10**9, 2)])
def test_an_index_may_be_any_kind_of_mark(indexes: tuple[Any, Any]) -> None:
    first, second = indexes
    answer = told(
        chunk(call(first, id="a", name="Read", arguments="")),
        chunk(call(second, id="b", name="Grep", arguments="")),
        chunk(call(first, arguments='{"p":1}')),
        chunk(call(second, arguments='{"q":2}')),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Grep", {"q": 2}]]


@pytest.mark.parametrize("index", [0, None])
def test_an_id_of_its_own_for_each_fragment_is_still_one_call(index: int | None) -> None:
    answer = told(
        chunk(call(index, id="a", name="Read", arguments='{"p":')),
        chunk(call(index, id="b", arguments="")),
        chunk(call(index, id="c", arguments="1}")),
        CALLED,
    )
    assert (answer.blocks, answer.tool_ids) == ([["tool", "Read", {"p": 1}]], ["a"])


def test_ids_may_be_numbers() -> None:
    answer = told(
        chunk(call(0, id=7, name="Read", arguments="{}")),
        chunk(call(0, id=8, name="Read", arguments="{}")),
        CALLED,
    )
    assert answer.tool_ids == ["7", "8"]


@pytest.mark.parametrize("name", ["Read", "Grep"])
def test_whole_calls_at_one_index_without_ids_are_calls_of_their_own(name: str) -> None:
    answer = told(
        chunk(call(0, name="Read", arguments='{"p":1}')),
        chunk(call(0, name=name, arguments='{"p":2}')),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", name, {"p": 2}]]


def test_a_name_in_every_fragment_is_still_one_call() -> None:
    answer = told(
        chunk(call(0, name="Read", arguments='{"p":')),
        chunk(call(0, name="Read", arguments="1}")),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}]]


def test_whole_arguments_told_again_at_the_end_are_told_once() -> None:
    calls = [
        {"index": 0, "id": "a", "function": {"name": "Read", "arguments": '{"p":1}'}},
        {"index": 1, "id": "b", "function": {"name": "Grep", "arguments": '{"q":2}'}},
    ]
    answer = told(
        chunk(call(0, id="a", name="Read", arguments='{"p":')),
        chunk(call(0, arguments="1}")),
        chunk(call(1, id="b", name="Grep", arguments='{"q":2}')),
        chunk({"tool_calls": calls}, "tool_calls"),
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Grep", {"q": 2}]]
    assert (answer.stop, answer.failure) == ("tool_use", None)


@pytest.mark.parametrize("placeholder", ["{}", " {}\n", {}, "null"])
def test_a_placeholder_gives_way_to_the_arguments(placeholder: Any) -> None:
    answer = told(
        chunk(call(0, id="a", name="Read", arguments=placeholder)),
        chunk(call(0, arguments='{"p":')),
        chunk(call(0, arguments="1}")),
        CALLED,
    )
    deltas = [event["delta"] for event in answer.events if event["type"] == "content_block_delta"]
    assert "".join(delta["partial_json"] for delta in deltas) == '{"p":1}'


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


def test_a_message_that_grows_beside_the_deltas_is_not_told() -> None:
    def both(delta: str, message: str, finish: str | None = None) -> Any:
        choice = {"delta": {"content": delta}, "message": {"content": message}}
        return {"choices": [{"index": 0, **choice, "finish_reason": finish}]}

    answer = told(both("Hel", "Hel"), both("lo", "Hello"), both("", "Hello", "stop"))
    assert answer.blocks == [["text", "Hello"]]
