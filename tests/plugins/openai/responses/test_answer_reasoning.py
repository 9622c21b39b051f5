"""Reasoning of answers, streamed and whole, from OpenAI and from servers that are like it."""

from __future__ import annotations

import json

from proxy_core.anthropic.carrier import unseal
from proxy_core.anthropic.content import ThinkingBlock
from proxy_openai.responses.state import Recalled, recall
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
    target,
    tell_stream,
    told_in_deltas,
)

OMITTED = ASKED | {"thinking": {"type": "adaptive", "display": "omitted"}}
DISABLED = ASKED | {"thinking": {"type": "disabled"}}


def recalled(block: Json) -> Recalled:
    found = recall(ThinkingBlock(block["thinking"], block["signature"]), target())
    assert found is not None
    return found


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


def test_half_a_character_in_reasoning_does_not_keep_it_from_coming_back() -> None:
    items = a_reasoning("rs_1\ud83d", "Hm\ud83d"), a_message("Hi.")
    for asked in (ASKED, OMITTED):
        told = both(a_response(*items), asked)
        assert recalled(told.message["content"][0]).item == a_reasoning("rs_1\ufffd", "Hm\ufffd")


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
