"""What answers become, streamed and whole, from OpenAI and from servers that are like it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy_core.anthropic.carrier import unseal
from proxy_core.anthropic.content import ThinkingBlock
from proxy_core.contract import About
from proxy_openai.responses.state import Recalled, recall
from tests.support.chat_answers import Told
from tests.support.responses import (
    ASKED,
    Json,
    a_call,
    a_message,
    a_reasoning,
    a_response,
    frames,
    send,
    streamed,
    target,
    tell_stream,
    tell_whole,
    told_in_deltas,
)

OMITTED = ASKED | {"thinking": {"type": "adaptive", "display": "omitted"}}
DISABLED = ASKED | {"thinking": {"type": "disabled"}}


def both(response: Json, asked: Json | None = None) -> Told:
    """The answer told in both forms, which must come to the same."""
    whole = tell_whole(json.dumps(response).encode(), asked)
    stream = tell_stream([frames(streamed(response))], asked)
    assert stream.failure == whole.failure
    assert stream.stop == whole.stop
    assert whole.failure or stream.message["content"] == whole.message["content"]
    return whole


def last(response: Json, kind: str = "response.completed") -> Json:
    return {"type": kind, "response": response}


def recalled(block: Json) -> Recalled:
    found = recall(ThinkingBlock(block["thinking"], block["signature"]), target())
    assert found is not None
    return found


# -- reasoning -----------------------------------------------------------------------------


def test_reasoning_without_a_summary_is_a_block_too() -> None:
    told = both(a_response(a_reasoning("rs_1"), a_message("Hi.")))
    assert told.blocks == [["thinking", ""], ["text", "Hi."]]
    assert recalled(told.message["content"][0]).item == a_reasoning("rs_1")


def test_each_reasoning_item_is_a_block_of_its_own() -> None:
    items = a_reasoning("rs_1", "One."), a_reasoning("rs_2"), a_reasoning("rs_3", "Three.")
    told = both(a_response(*items, a_message("Hi.")))
    assert [words for _, words in told.blocks] == ["One.", "", "Three.", "Hi."]
    blocks = told.message["content"][:3]
    assert [recalled(block).item["id"] for block in blocks] == ["rs_1", "rs_2", "rs_3"]


def test_the_phase_of_a_message_travels_with_the_reasoning_before_it() -> None:
    items = a_reasoning("rs_1"), a_message("Looking.", phase="commentary"), a_call()
    told = both(a_response(*items))
    assert recalled(told.message["content"][0]).phase == "commentary"
    called = both(a_response(a_reasoning("rs_1"), a_call()))
    assert recalled(called.message["content"][0]).phase == ""


def test_reasoning_that_cannot_come_back_is_shown_all_the_same() -> None:
    told = both(a_response(a_reasoning("rs_1", "Hm.", encrypted=None), a_message("Hi.")))
    assert told.blocks[0] == ["thinking", "Hm."]
    envelope = unseal(told.message["content"][0]["signature"])
    assert envelope is not None
    assert envelope.state == b""


def test_a_state_that_comes_too_late_is_not_put_in_a_wrong_place() -> None:
    """Azure may tell it in the last event alone, after what it led to."""
    told_early = told_in_deltas(0, a_reasoning("rs_1", "Hm.", encrypted=None))
    events = [*told_early, *told_in_deltas(1, a_call())]
    response = a_response(a_reasoning("rs_1", "Hm."), a_call())
    told = tell_stream([frames([*events, last(response)])])
    assert told.blocks == [["thinking", "Hm."], ["tool", "Read", {}]]
    assert b"gAAAA" not in json.dumps(told.message).encode()


def test_text_the_client_does_not_want_travels_in_the_signature() -> None:
    told = both(a_response(a_reasoning("rs_1", "Hush."), a_message("Hi.")), OMITTED)
    block = told.message["content"][0]
    assert block["thinking"] == ""
    assert "Hush" not in json.dumps(block)
    assert recalled(block).item == a_reasoning("rs_1", "Hush.")


def test_who_wants_no_thinking_gets_none() -> None:
    told = both(a_response(a_reasoning("rs_1", "Hush."), a_message("Hi.")), DISABLED)
    assert told.blocks == [["text", "Hi."]]


def test_reasoning_of_open_models_is_told_as_it_is() -> None:
    item: Json = {"type": "reasoning", "id": "rs_1", "summary": []}
    item["content"] = [{"type": "reasoning_text", "text": text} for text in ("One.", "Two.")]
    deltas = [
        {"type": "response.reasoning_text.delta", "item_id": "rs_1", "output_index": 0}
        | {"content_index": index, "delta": text}
        for index, text in enumerate(("One.", "Two."))
    ]
    done: Json = {"type": "response.output_item.done", "output_index": 0, "item": item}
    response = a_response(item, a_message("Hi."))
    for events in ([*deltas, done], [done], []):
        told = tell_stream([frames([*events, last(response)])])
        assert told.blocks == [["thinking", "One.\n\nTwo."], ["text", "Hi."]]
        back = recalled(told.message["content"][0]).item
        assert back["content"] == [{"type": "reasoning_text", "text": "One.\n\nTwo."}]


def test_reasoning_told_both_ways_is_told_once() -> None:
    item = a_reasoning("rs_1", "Short.")
    item["content"] = [{"type": "reasoning_text", "text": "At length."}]
    delta = {"type": "response.reasoning_text.delta", "item_id": "rs_1", "delta": "At length."}
    events = [*told_in_deltas(0, item)[:-1], delta, last(a_response(item, a_message("Hi.")))]
    assert tell_stream([frames(events)]).blocks[0] == ["thinking", "Short."]


# -- calls ---------------------------------------------------------------------------------


def test_a_call_keeps_its_id_and_gets_its_name_back() -> None:
    renamed = ASKED | {"tools": [{"name": "mcp:read", "input_schema": {"type": "object"}}]}
    (sent,) = send(renamed).body["tools"]
    told = both(a_response(a_call("call_a", sent["name"], '{"a": 1}')), renamed)
    assert told.blocks == [["tool", "mcp:read", {"a": 1}]]
    assert (told.tool_ids, told.stop) == (["call_a"], "tool_use")


def test_s17_a_call_without_arguments() -> None:
    assert both(a_response(a_call(arguments=""))).blocks == [["tool", "Read", {}]]


def test_a_name_that_comes_late() -> None:
    call = a_call(arguments='{"a": 1}')
    events = told_in_deltas(0, call)
    del events[0]["item"]["name"], events[0]["item"]["call_id"]
    told = tell_stream([frames([*events, last(a_response())])])
    assert (told.blocks, told.tool_ids) == ([["tool", "Read", {"a": 1}]], ["call_a"])


def test_a_call_without_a_name_is_no_answer() -> None:
    nameless = a_call() | {"name": None}
    for told in (
        tell_stream([frames([told_in_deltas(0, nameless)[0], last(a_response())])]),
        tell_whole(json.dumps(a_response(nameless)).encode()),
    ):
        assert told.failure is not None
        assert "a tool call without a name" in told.failure.message


def test_arguments_that_are_no_object_are_no_call() -> None:
    told = both(a_response(a_call(arguments="[1]")))
    assert told.failure is not None


def test_text_between_calls_stays_between_them() -> None:
    items = a_call("a"), a_message("And."), a_call("b")
    assert both(a_response(*items)).blocks == [
        ["tool", "Read", {}],
        ["text", "And."],
        ["tool", "Read", {}],
    ]


# -- what servers leave out ----------------------------------------------------------------

ITEMS = a_reasoning("rs_1", "Hm."), a_message("Hel", "lo."), a_call(arguments='{"a": "bcdefg"}')
FULL = [["thinking", "Hm."], ["text", "Hello."], ["tool", "Read", {"a": "bcdefg"}]]


def without(kind: str, *fields: str) -> list[Json]:
    """The stream of an answer without one type of event, or without some fields."""
    kept = [event for event in streamed(a_response(*ITEMS)) if event["type"] != kind]
    return [{k: v for k, v in event.items() if k not in fields} for event in kept]


@pytest.mark.parametrize(
    "events",
    [
        without("response.output_item.added"),
        without("response.output_item.done"),
        without("response.output_text.delta"),
        without("response.function_call_arguments.delta"),
        without("response.reasoning_summary_text.delta"),
        without("", "item_id"),
        without("", "output_index"),
        [last(a_response(*ITEMS))],
        [event for event in without("") if event["type"].startswith("response.output_item")]
        + [last(a_response())],
    ],
)
def test_what_is_not_told_is_taken_from_what_comes_later(events: list[Json]) -> None:
    told = tell_stream([frames(events)])
    assert told.blocks == FULL
    assert told.stop == "tool_use"


@pytest.mark.parametrize("repeated", [(), ITEMS])
def test_items_without_index_or_id_go_on_where_they_are(repeated: tuple[Json, ...]) -> None:
    events = without("", "output_index", "item_id")
    for event in events:
        if "item" in event:
            del event["item"]["id"]
    nameless = [{k: v for k, v in item.items() if k != "id"} for item in repeated]
    events[-1] = last(a_response(*nameless))
    told = tell_stream([frames([e for e in events if not e["type"].endswith("item.done")])])
    assert told.blocks[1:] == FULL[1:]


def test_ids_that_change_with_every_event_do_no_harm() -> None:
    """GitHub's gateway encrypts ids anew each time."""
    events = streamed(a_response(*ITEMS))
    for number, event in enumerate(events):
        if "item_id" in event:
            event["item_id"] = f"x{number}"
        if "item" in event:
            event["item"]["id"] = f"y{number}"
    for number, item in enumerate(events[-1]["response"]["output"]):
        item["id"] = f"z{number}"
    assert tell_stream([frames(events)]).blocks == FULL


def test_one_index_for_all_items() -> None:
    response = a_response(*ITEMS, a_call("call_b", arguments=""))
    events = [{**event, "output_index": 0} for event in streamed(response)]
    events[-1] = last(a_response())
    assert tell_stream([frames(events)]).blocks == [*FULL, ["tool", "Read", {}]]


def test_arguments_whose_deltas_were_skipped_are_completed() -> None:
    events = told_in_deltas(0, ITEMS[2])
    full = {"type": "response.function_call_arguments.done", "output_index": 0}
    full |= {"item_id": ITEMS[2]["id"], "arguments": ITEMS[2]["arguments"]}
    kept = [*events[:2], full, last(a_response())]
    assert tell_stream([frames(kept)]).blocks == FULL[2:]


def test_a_text_told_otherwise_in_the_end_stays_as_it_was_told() -> None:
    events = told_in_deltas(0, a_message("Hello."))
    events[-1] = {**events[-1], "item": a_message("HELLO, EVERYBODY.")}
    told = tell_stream([frames([*events, last(a_response())])])
    assert told.blocks == [["text", "Hello."]]


def test_events_nobody_knows_are_left_alone() -> None:
    odd: list[Json | str] = [
        {"type": "response.audio.delta", "delta": {"a": 1}},
        {"type": "response.web_search_call.searching", "output_index": 9, "item_id": 5},
        {"type": ["list"]},
        {"sequence_number": 3},
        "data: {}\n\n",
        ": keep-alive\n\n",
        {"type": "response.output_item.added", "output_index": 7, "item": {"type": "web_search"}},
        {"type": "response.output_item.done", "output_index": 7, "item": None},
    ]
    events = streamed(a_response(*ITEMS))
    told = tell_stream([frames([*odd, *events[:-1], *odd, events[-1], *odd]) + b"data: [DONE]\n\n"])
    assert told.blocks == FULL


# -- endings -------------------------------------------------------------------------------


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


# -- failures ------------------------------------------------------------------------------


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


def test_half_a_pair_in_each_delta() -> None:
    delta: Json = {"type": "response.output_text.delta", "output_index": 0, "item_id": "msg_1"}
    events = [delta | {"delta": "\ud83d"}, delta | {"delta": "\ude00"}]
    told = tell_stream([frames([*events, last(a_response())])])
    assert told.blocks == [["text", "😀"]]
