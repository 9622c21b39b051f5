"""What holds for every conversation and every answer, whatever they say."""

from __future__ import annotations

import copy
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.carrier import unseal
from proxy_core.contract import Unsupported
from proxy_core.testing.leaves import unexplained
from proxy_core.testing.strategies.conversations import requests
from proxy_core.testing.strategies.scripts import ARGUMENTS
from proxy_openai.responses.state import ReasoningState, signature
from tests.e2e.openai_rules import read_body
from tests.e2e.responses_rules import check_body
from tests.support.chat_answers import Told
from tests.support.claude_code import RECORDED
from tests.support.responses import (
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

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
WORDS = TEXTS.filter(str.strip)
STATES = st.text("abcAB01_-=", min_size=1, max_size=30).map("gAAAA{}".format)


# -- requests ------------------------------------------------------------------------------


def with_own_reasoning(asked: Json) -> Json:
    """The conversation with the sealed thinking in it sealed by this provider, as its items."""
    own = copy.deepcopy(asked)
    count = itertools.count()
    for message in own["messages"]:
        for block in message["content"] if isinstance(message["content"], list) else ():
            if block["type"] == "thinking" and unseal(block["signature"]):
                state = ReasoningState(f"rs_{next(count)}", "gAAAA", "commentary")
                block["signature"] = signature(state, target(), "hidden")
    return own


@pytest.mark.proof
@given(requests())
def test_every_conversation_is_sent_as_openai_takes_it(asked: Json) -> None:
    own = with_own_reasoning(asked)
    before = copy.deepcopy(own)
    sent = send(own)
    check_body(read_body(sent.upstream.body))
    assert list(unexplained(own, sent.body, sent.losses)) == []
    assert send(own).upstream.body == sent.upstream.body
    assert own == before


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: str(path.stem))
def test_what_claude_code_sends_is_sent_as_openai_takes_it(path: Path) -> None:
    asked = json.loads(path.read_bytes())
    sent = send(asked)
    check_body(read_body(sent.upstream.body))
    assert list(unexplained(asked, sent.body, sent.losses)) == []


@pytest.mark.proof
@given(requests())
def test_a_turn_once_sent_is_sent_the_same_for_ever(asked: Json) -> None:
    """What comes before the last user message does not change when the talk goes on: OpenAI
    finds the same prefix again, and the state bound to it stays good."""
    own = with_own_reasoning(asked)
    longer = copy.deepcopy(own)
    longer["messages"] += [
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "On."},
    ]
    try:
        first, second = send(own).input, send(longer).input
    except Unsupported:
        return
    if not any("clear_at" in message for message in own["messages"]):
        assert second[: len(first)] == first


# -- answers -------------------------------------------------------------------------------


@st.composite
def answers(draw: st.DrawFn) -> list[Json]:
    """The items of an answer as a reasoning model gives it."""
    items: list[Json] = []
    for number in range(draw(st.integers(0, 4))):
        match draw(st.sampled_from(["reasoning", "message", "call", "call"])):
            case "reasoning":
                summary = draw(st.lists(WORDS, max_size=2))
                items.append(a_reasoning(f"rs_{number}", *summary, encrypted=draw(STATES)))
            case "message":
                texts = draw(st.lists(WORDS, min_size=1, max_size=2))
                phase = draw(st.sampled_from([None, "commentary", "final_answer"]))
                items.append(a_message(*texts, phase=phase, item_id=f"msg_{number}"))
            case _:
                arguments = json.dumps(draw(ARGUMENTS), ensure_ascii=draw(st.booleans()))
                items.append(a_call(f"call_{number}", "Read", arguments))
    # The API gives neighbouring texts as one message, and never ends in mere reasoning.
    merged = [
        item
        for before, item in itertools.pairwise([{}, *items])
        if not (item["type"] == before.get("type") == "message")
    ]
    return [*merged, a_call("call_last", "Read", "{}")]


@pytest.mark.proof
@given(answers(), st.data())
def test_whole_equals_streamed_however_it_is_cut(items: list[Json], data: st.DataObject) -> None:
    response = a_response(*items)
    whole = tell_whole(json.dumps(response).encode())
    stream = frames(streamed(response))
    places = data.draw(st.lists(st.integers(0, len(stream)), max_size=20).map(sorted))
    edges = [0, *places, len(stream)]
    told = tell_stream(stream[start:end] for start, end in itertools.pairwise(edges))
    assert whole.failure is None
    assert told.message["content"] == whole.message["content"]
    assert (told.stop, told.usage) == (whole.stop, whole.usage)


@pytest.mark.proof
@given(st.lists(ARGUMENTS, min_size=2, max_size=4), st.data())
def test_interleaved_calls_are_put_in_sequence(
    inputs: list[dict[str, Any]], data: st.DataObject
) -> None:
    calls = [a_call(f"call_{n}", "Read", json.dumps(given)) for n, given in enumerate(inputs)]
    waiting = [told_in_deltas(index, call) for index, call in enumerate(calls)]
    events = [told.pop(0) for told in waiting]  # announced in their order, like OpenAI does
    while any(waiting):
        events.append(data.draw(st.sampled_from([told for told in waiting if told])).pop(0))
    events.append({"type": "response.completed", "response": a_response(*calls)})
    told = tell_stream([frames(events)])
    assert [block[2] for block in told.blocks] == inputs
    assert told.tool_ids == [call["call_id"] for call in calls]


@pytest.mark.proof
@given(answers())
def test_the_round_trip(items: list[Json]) -> None:
    """What the model produced comes home: order, ids, arguments, and its state byte for byte."""
    told = tell_stream([frames(streamed(a_response(*items)))])
    assert told.failure is None
    results = [
        {"type": "tool_result", "tool_use_id": tool_id, "content": "out"}
        for tool_id in told.tool_ids
    ]
    asked = {
        "model": "claude-x",
        "max_tokens": 100,
        "messages": [
            {"role": "user", "content": "go"},
            {"role": "assistant", "content": told.message["content"]},
            {"role": "user", "content": results},
        ],
    }
    sent = send(asked)
    check_body(read_body(sent.upstream.body))
    back = sent.input[1 : len(items) + 1]
    for item in back:
        if "arguments" in item:  # the client writes them anew, as it spells JSON
            item["arguments"] = json.loads(item["arguments"])
    assert back == list(expected(items))


def expected(items: list[Json]) -> Any:
    """The items as they are to be sent again."""
    for before, item in itertools.pairwise([{}, *items]):
        match item["type"]:
            case "message":
                said = {"role": "assistant", "content": "".join(p["text"] for p in item["content"])}
                # A phase has only reasoning to travel with.
                known = before.get("type") == "reasoning" and "phase" in item
                yield {**said, **({"phase": item["phase"]} if known else {})}
            case "reasoning":
                text = "\n\n".join(part["text"] for part in item["summary"])
                summary = [{"type": "summary_text", "text": text}] if text else []
                yield item | {"summary": summary}
            case _:
                call = {name: item[name] for name in ("type", "call_id", "name")}
                yield call | {"arguments": json.loads(item["arguments"])}


# -- hostile -------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
TYPES = st.sampled_from(
    [event["type"] for event in streamed(a_response(a_reasoning(), a_message("a"), a_call()))]
    + ["response.failed", "response.incomplete", "error", "response.refusal.delta"]
    + ["response.reasoning_text.delta", "response.function_call_arguments.done", "other"]
)
FIELDS = st.sampled_from(
    [
        *("output_index", "item_id", "delta", "item", "response", "error", "code", "arguments"),
        *("message", "summary_index", "content_index"),
    ]
)
ITEM_FIELDS = st.sampled_from(
    ["id", "call_id", "name", "arguments", "content", "summary", "encrypted_content", "phase"]
)
ODD_ITEMS = st.builds(
    lambda kind, fields: {"type": kind, **fields},
    st.sampled_from(["message", "reasoning", "function_call", "other"]),
    st.dictionaries(ITEM_FIELDS, JSON, max_size=4),
)
ODD_RESPONSES = st.builds(
    lambda output, fields: {"output": output, **fields},
    st.lists(ODD_ITEMS, max_size=3) | JSON,
    st.dictionaries(
        st.sampled_from(["status", "error", "usage", "incomplete_details"]), JSON, max_size=3
    ),
)
ODD_EVENTS = st.builds(
    lambda kind, fields: {"type": kind, **fields},
    TYPES,
    st.dictionaries(FIELDS, JSON | ODD_ITEMS | ODD_RESPONSES, max_size=5),
)


def check_end(told: Told) -> None:
    """However it went, it ended, and the client was told how (`tell_*` check that it is legal)."""
    assert (told.stop is None) == (told.failure is not None)


@pytest.mark.proof
@given(st.lists(ODD_EVENTS | st.text(max_size=30).map("data: {}\n\n".format), max_size=8))
def test_garbage_in_a_stream_ends_the_answer_and_nothing_else(events: list[Json | str]) -> None:
    check_end(tell_stream([frames(events)]))


@pytest.mark.proof
@given(ODD_RESPONSES | JSON)
def test_garbage_in_a_body_ends_the_answer_and_nothing_else(response: Any) -> None:
    check_end(tell_whole(json.dumps(response).encode()))


@pytest.mark.proof
@given(answers(), st.data())
def test_a_cut_stream_is_never_a_success(items: list[Json], data: st.DataObject) -> None:
    events = streamed(a_response(*items))
    kept = data.draw(st.integers(0, len(events) - 1))
    told = tell_stream([frames(events[:kept])])
    assert told.failure is not None
