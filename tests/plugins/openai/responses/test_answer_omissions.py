"""What servers leave out of a stream, tell late, or make up."""

from __future__ import annotations

import pytest

from tests.support.responses import (
    Json,
    a_call,
    a_message,
    a_reasoning,
    a_response,
    frames,
    last,
    streamed,
    tell_stream,
    told_in_deltas,
)

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


def test_half_a_pair_in_each_delta() -> None:
    delta: Json = {"type": "response.output_text.delta", "output_index": 0, "item_id": "msg_1"}
    events = [delta | {"delta": "\ud83d"}, delta | {"delta": "\ude00"}]
    told = tell_stream([frames([*events, last(a_response())])])
    assert told.blocks == [["text", "😀"]]
