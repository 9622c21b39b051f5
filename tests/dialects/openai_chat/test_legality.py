"""Whatever a server sends, the client gets a legal stream that says no more than it said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from proxy_core.testing.script import Script
from proxy_core.testing.strategies.scripts import calls, chunked, chunkings, scripts
from proxy_core.testing.wires.openai_chat import streamed_chunks, whole_answer
from tests.support.chat_answers import (
    a_target,
    an_upstream,
    chunk,
    sse,
    tell_stream,
    tell_whole,
)

Json = dict[str, Any]

PLACES = chunkings()


@pytest.mark.proof
@given(script=scripts(), places=PLACES)
def test_whole_equals_streamed(script: Script, places: tuple[int, ...]) -> None:
    streamed = tell_stream(chunked(sse(streamed_chunks(script)), places))
    whole = tell_whole(json.dumps(whole_answer(script)).encode())
    assert streamed.failure is None
    assert streamed.message == whole.message
    assert streamed.usage == [
        script.usage.input_tokens,
        script.usage.cache_read_input_tokens,
        0,
        script.usage.output_tokens,
    ]


@pytest.mark.proof
@given(
    script=st.builds(
        Script,
        calls=st.lists(calls(), min_size=1, max_size=4, unique_by=lambda call: call.id).map(tuple),
        order=st.lists(st.integers(0, 3), max_size=20).map(tuple),
        stop=st.just("tool_use"),
    ),
    places=PLACES,
)
def test_arguments_arrive_as_they_were_sent(script: Script, places: tuple[int, ...]) -> None:
    """Parallel and interleaved calls included; the text itself, not only what it means."""
    told = tell_stream(chunked(sse(streamed_chunks(script)), places))
    arguments: dict[int, str] = {}
    for event in told.events:
        if event["type"] == "content_block_delta":
            index = event["index"]
            arguments[index] = arguments.get(index, "") + event["delta"]["partial_json"]
    assert [arguments.get(n, "") for n in range(len(script.calls))] == [
        call.arguments for call in script.calls
    ]
    assert [block[1] for block in told.blocks] == [call.name for call in script.calls]
    assert told.stop == "tool_use"


@given(script=scripts())
def test_the_scripts_are_what_the_sdk_takes(script: Script) -> None:
    for payload in streamed_chunks(script):
        ChatCompletionChunk.model_validate_json(json.dumps(payload), strict=True)
    whole = ChatCompletion.model_validate_json(json.dumps(whole_answer(script)), strict=True)
    assert whole.choices[0].message.content == ("".join(script.text) or None)


# -- faults --------------------------------------------------------------------------------

FRAGMENTS = st.fixed_dictionaries(
    {},
    optional={
        "index": st.sampled_from([0, 1, 2, 10**9, None, "0", -1]),
        "id": st.sampled_from(["", "a", "b", None, 7]),
        "function": st.none()
        | st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["Read", "Bash", "", None, "<|x|>", "Read<|channel|>a"]),
                "arguments": st.sampled_from(
                    ["", "{}", '{"a"', ":1}", "[1]", "null", " ", '{"a":"\ud83d', None, {"a": 1}]
                ),
            },
        ),
    },
)
DELTAS = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "content": st.sampled_from(["a", "", " ", None, "\ud83d", "\ude00", "<think>", "</think>"])
        | st.just([{"type": "thinking", "thinking": [{"type": "text", "text": "t"}]}]),
        "reasoning": st.sampled_from(["r", "", None]),
        "reasoning_content": st.sampled_from(["r", "", None]),
        "refusal": st.sampled_from([None, "", "no"]),
        "tool_calls": st.none() | st.lists(FRAGMENTS, max_size=3),
    },
)
USAGES: st.SearchStrategy[Any] = st.sampled_from(
    [None, {}, {"prompt_tokens": 3, "completion_tokens": 2}, {"prompt_tokens": -1}, [], "x"]
)
FINISHES = st.sampled_from([None, "stop", "length", "tool_calls", "content_filter", "", "error", 1])
CHUNKS = st.builds(chunk, DELTAS, st.none() | FINISHES, USAGES)
FAULTS = st.sampled_from(
    [
        {"error": {"message": "x", "code": 500}},
        {"error": "over_capacity"},
        {"choices": []},
        {"choices": None},
        {"choices": [{}]},
        {"choices": [{"index": 1, "delta": {"content": "other"}}]},
        {"x_groq": {"error": "gone"}},
        {"base_resp": {"status_code": 0}},
        {"base_resp": {"status_code": 1002, "status_msg": "rate limit"}},
        {},
        "[DONE]",
        "not JSON",
        "null",
        "5",
        '{"choices": 5}',
        "[" * 5000,
    ]
)


@pytest.mark.proof
@given(
    payloads=st.lists(CHUNKS | FAULTS, max_size=12),
    done=st.booleans(),
    garbage=st.none() | st.tuples(st.integers(0, 4000), st.binary(max_size=4)),
    cut=st.none() | st.integers(0, 4000),
    places=PLACES,
    quirks=st.sampled_from([{}, {"think_tags": "tagged"}, {"think_tags": "opened"}]),
)
def test_no_stream_is_illegal(
    payloads: list[Any],
    done: bool,
    garbage: tuple[int, bytes] | None,
    cut: int | None,
    places: tuple[int, ...],
    quirks: Json,
) -> None:
    """`tell_stream` judges each stream and lets only `ProtocolError` pass as a fault."""
    data = sse(payloads, done=done)
    if garbage is not None:
        data = data[: garbage[0]] + garbage[1] + data[garbage[0] :]
    told = tell_stream(
        chunked(data[:cut], places), an_upstream(a_target(**quirks)), complete=cut is None
    )
    assert (told.failure is None) == (told.stop is not None)
    for block in told.blocks:
        assert block[0] != "tool" or block[1] in ("Read", "Bash")


@pytest.mark.proof
@given(script=scripts(), data=st.data())
def test_a_cut_is_never_a_success(script: Script, data: st.DataObject) -> None:
    whole = sse(streamed_chunks(script))
    end = whole.index(b'"finish_reason": "')
    told = tell_stream([whole[: data.draw(st.integers(0, end))]], complete=False)
    assert told.failure is not None
    assert told.stop is None


@pytest.mark.proof
@given(body=st.binary() | (CHUNKS | FAULTS).map(lambda value: json.dumps(value).encode()))
def test_any_body_is_an_answer_or_a_failure(body: bytes) -> None:
    told = tell_whole(body)
    assert (told.failure is None) == (told.stop is not None)
