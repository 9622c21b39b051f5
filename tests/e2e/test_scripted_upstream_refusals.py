"""What the stand-in for OpenAI refuses, and what it takes."""

import json
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion

from tests.e2e.openai_client import (
    CALL,
    HELLO,
    PICTURE,
    TOOL,
    Serve,
    assistant_with,
    call_with,
    client_of,
    post,
    result_of,
)
from tests.e2e.upstream_script import Json, answer, in_order, say


def function_call(name: object = "run", arguments: object = "{}") -> Json:
    return call_with(function={"name": name, "arguments": arguments})


def tool_with(**function: object) -> Json:
    return {"type": "function", "function": {**TOOL["function"], **function}}


def talk_of(*messages: Json) -> Json:
    return {"messages": [*HELLO, *messages]}


REFUSED: dict[str, tuple[Json, str]] = {
    "unknown field": ({"top_k": 5}, "Unrecognized request argument supplied: top_k"),
    "field of the client": ({"context_management": {}}, "context_management"),
    "no model": ({"model": None}, "model parameter"),
    "no messages": ({"messages": []}, "empty array"),
    "unknown role": (talk_of({"role": "critic", "content": "x"}), "critic"),
    "unknown message field": (
        {"messages": [{**HELLO[0], "cache_control": {}}]},
        "Unknown parameter: 'messages[0].cache_control'",
    ),
    "reasoning sent back": (
        talk_of({"role": "assistant", "content": "x", "reasoning_content": "y"}),
        "reasoning_content",
    ),
    "unknown part field": (
        talk_of({"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {}}]}),
        "cache_control",
    ),
    "unknown option field": (
        {"stream": True, "stream_options": {"include_usage": True, "x": 1}},
        "stream_options.x",
    ),
    "unknown tool field": ({"tools": [{**TOOL, "defer_loading": True}]}, "defer_loading"),
    "user without content": (talk_of({"role": "user", "content": None}), "content"),
    "user with no parts": (talk_of({"role": "user", "content": []}), "content"),
    "assistant says nothing": (talk_of({"role": "assistant", "content": None}), "content"),
    "assistant calls nothing": (
        talk_of({"role": "assistant", "content": "x", "tool_calls": []}),
        "empty array",
    ),
    "picture in a tool result": (
        talk_of(assistant_with(CALL), result_of("call_1", [PICTURE])),
        "Only 'text' is allowed",
    ),
    "picture that is none": (
        talk_of(
            {
                "role": "user",
                "content": [
                    {"type": "image_url", "image_url": {"url": "data:image/png;base64,%%"}}
                ],
            }
        ),
        "base64",
    ),
    "orphan result": (talk_of(result_of("call_1")), "must be a response"),
    "result for another call": (
        talk_of(assistant_with(CALL), result_of("call_2")),
        "must be a response",
    ),
    "result too late": (
        talk_of(assistant_with(CALL), HELLO[0], result_of("call_1")),
        "did not have response messages: call_1",
    ),
    "second result for a call": (
        talk_of(assistant_with(CALL), result_of("call_1"), result_of("call_1")),
        "must be a response",
    ),
    "one of two unanswered": (
        talk_of(assistant_with(CALL, call_with(id="call_2")), result_of("call_1"), HELLO[0]),
        "did not have response messages: call_2",
    ),
    "unanswered at the end": (talk_of(assistant_with(CALL)), "response messages: call_1"),
    "id too long": (
        talk_of(assistant_with(call_with(id="c" * 41)), result_of("c" * 41)),
        "maximum length 40",
    ),
    "id empty": (talk_of(assistant_with(call_with(id="")), result_of("")), "Missing"),
    "id repeated": (
        talk_of(
            assistant_with(CALL), result_of("call_1"), assistant_with(CALL), result_of("call_1")
        ),
        "Duplicate value for 'tool_call_id'",
    ),
    "arguments an object": (
        talk_of(assistant_with(function_call(arguments={})), result_of("call_1")),
        "arguments",
    ),
    "arguments a list": (
        talk_of(assistant_with(function_call(arguments="[]")), result_of("call_1")),
        "arguments",
    ),
    "arguments empty": (
        talk_of(assistant_with(function_call(arguments="")), result_of("call_1")),
        "arguments",
    ),
    "called name out of form": (
        talk_of(assistant_with(function_call("fs.read")), result_of("call_1")),
        "does not match pattern",
    ),
    "tool name out of form": ({"tools": [tool_with(name="fs.read")]}, "does not match pattern"),
    "tool name too long": ({"tools": [tool_with(name="x" * 65)]}, "maximum length 64"),
    "too many tools": (
        {"tools": [tool_with(name=f"t{n}") for n in range(129)]},
        "maximum length 128",
    ),
    "empty tools": ({"tools": []}, "empty array"),
    "server tool": (
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        "tools[0]",
    ),
    "schema root a string": (
        {"tools": [tool_with(parameters={"type": "string"})]},
        "Invalid schema for function 'run'",
    ),
    "schema without properties": (
        {"tools": [tool_with(parameters={"type": "object"})]},
        "missing properties",
    ),
    "array without items": (
        {
            "tools": [
                tool_with(parameters={"type": "object", "properties": {"a": {"type": "array"}}})
            ]
        },
        "missing items",
    ),
    "choice without tools": ({"tool_choice": "auto"}, "only allowed when 'tools'"),
    "parallel without tools": ({"parallel_tool_calls": False}, "only allowed when 'tools'"),
    "choice of a missing tool": (
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "gone"}}},
        "'gone' not found",
    ),
    "five stops": ({"stop": ["a", "b", "c", "d", "e"]}, "maximum length 4"),
    "two limits": ({"max_tokens": 5, "max_completion_tokens": 5}, "at the same time"),
    "no tokens": ({"max_completion_tokens": 0}, "out of range"),
    "stream options without stream": ({"stream_options": {}}, "only allowed when 'stream'"),
    "too hot": ({"temperature": 2.5}, "out of range"),
    "number as text": ({"temperature": "1"}, "valid number"),
    "lone surrogate": ({"messages": [{"role": "user", "content": "\ud800"}]}, "lone surrogate"),
}


@pytest.mark.parametrize(("changes", "complaint"), REFUSED.values(), ids=REFUSED)
def test_what_the_api_refuses_is_refused(serve: Serve, changes: Json, complaint: str) -> None:
    upstream = serve()
    body = json.dumps({"model": "big-model", "messages": HELLO, **changes})
    with client_of(upstream) as client, pytest.raises(openai.BadRequestError) as refused:
        client.post("/chat/completions", content=body.encode(), cast_to=ChatCompletion)
    assert complaint in refused.value.message
    assert refused.value.type == "invalid_request_error"
    assert complaint in upstream.refused[0].message


def test_a_rich_but_legal_request_passes(serve: Serve) -> None:
    upstream = serve(in_order(answer(say("fine"))))
    messages: list[Any] = [
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "system", "content": "In the middle of it all."},
        {"role": "user", "content": [{"type": "text", "text": "look"}, PICTURE]},
        assistant_with(CALL, call_with(id="call_2")),
        result_of("call_2"),
        result_of("call_1", [{"type": "text", "text": "ok"}]),
        {"role": "user", "content": "go on"},
        {"role": "user", "content": "now"},
    ]
    with client_of(upstream) as client:
        client.chat.completions.create(
            model="big-model",
            messages=messages,
            tools=[TOOL],
            tool_choice={"type": "function", "function": {"name": "run"}},
            parallel_tool_calls=False,
            stop=["a", "b"],
            max_completion_tokens=128_000,
            reasoning_effort="medium",
            prompt_cache_key="session",
            temperature=1,
        )
    assert upstream.refused == []


def test_without_the_right_key_nothing_is_answered(serve: Serve) -> None:
    upstream = serve()
    with (
        client_of(upstream, "sk-of-somebody-else") as client,
        pytest.raises(openai.AuthenticationError) as refused,
    ):
        client.chat.completions.create(model="big-model", messages=HELLO)
    assert refused.value.code == "invalid_api_key"


def test_unknown_models_and_paths_are_not_found(serve: Serve) -> None:
    upstream = serve()
    with client_of(upstream) as client:
        with pytest.raises(openai.NotFoundError) as missing:
            client.chat.completions.create(model="claude-opus-5-5", messages=HELLO)
        assert missing.value.code == "model_not_found"
        with pytest.raises(openai.NotFoundError):
            client.post("/responses", body={}, cast_to=ChatCompletion)
        assert [model.id for model in client.models.list()] == list(upstream.models)


def test_a_prompt_beyond_the_window_is_refused_with_both_numbers(serve: Serve) -> None:
    upstream = serve(context_window=100)
    text = "far too long " * 100
    body: Json = {"model": "big-model", "messages": [{"role": "user", "content": text}]}
    refused = post(upstream, body)
    assert refused.code == "context_length_exceeded"
    assert "maximum context length is 100 tokens" in refused.message
    assert upstream.refused == []
