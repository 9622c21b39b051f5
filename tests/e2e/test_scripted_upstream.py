"""The stand-in for OpenAI itself, with the official OpenAI SDK as its client."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import TypeAdapter

from tests.e2e.scripted_upstream import KEY, ScriptedUpstream
from tests.e2e.upstream_script import (
    Conversation,
    Cut,
    Fail,
    Gate,
    Hold,
    Json,
    Refuse,
    Script,
    Turn,
    Usage,
    answer,
    by_answer,
    call,
    in_order,
    say,
    think,
    together,
)

LIMIT = 10.0
HELLO: list[Any] = [{"role": "user", "content": "hello"}]
Serve = Callable[..., ScriptedUpstream]


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[ScriptedUpstream] = []

    def start(script: Script = by_answer(answer(say("fine"))), **options: Any) -> ScriptedUpstream:  # noqa: B008
        running.append(ScriptedUpstream(script, **options).__enter__())
        return running[-1]

    yield start
    for upstream in running:
        upstream.__exit__(None, None, None)


def client_of(upstream: ScriptedUpstream, key: str = KEY) -> openai.OpenAI:
    return openai.OpenAI(base_url=upstream.base_url, api_key=key, max_retries=0, timeout=LIMIT)


def post(upstream: ScriptedUpstream, body: Json) -> openai.APIStatusError:
    """Send a body the SDK's own checks would not let pass; it must be refused."""
    with client_of(upstream) as client, pytest.raises(openai.APIStatusError) as refused:
        client.post("/chat/completions", body=body, cast_to=ChatCompletion)
    return refused.value


def told(chunks: list[ChatCompletionChunk]) -> Json:
    """What a client of the stream has at its end."""
    calls: dict[int, list[str]] = {}
    story: Json = {"text": "", "thoughts": "", "calls": calls, "finish": None, "usage": None}
    for chunk in chunks:
        story["usage"] = chunk.usage or story["usage"]
        for choice in chunk.choices:
            story["text"] += choice.delta.content or ""
            story["thoughts"] += getattr(choice.delta, "reasoning_content", "")
            story["finish"] = choice.finish_reason or story["finish"]
            for delta in choice.delta.tool_calls or ():
                assert delta.function is not None
                one = calls.setdefault(delta.index, [delta.id or "", delta.function.name or "", ""])
                one[2] += delta.function.arguments or ""
    return story


RICH = answer(
    think("Two ", "files."),
    say("Both ", "at once."),
    together(
        call("call_a", "Read", {"file_path": "/a"}), call("call_b", "Bash", {"command": "ls"})
    ),
    call("call_c", "Stop", None, "{", "}"),
    usage=Usage(120, 30, cached=64, reasoning=5),
)


def test_a_stream_and_a_whole_answer_tell_the_same(serve: Serve) -> None:
    with client_of(serve(by_answer(RICH))) as client:
        streamed = told(
            list(
                client.chat.completions.create(
                    model="big-model",
                    messages=HELLO,
                    stream=True,
                    stream_options={"include_usage": True},
                )
            )
        )
        whole = client.chat.completions.create(model="big-model", messages=HELLO)
    message = whole.choices[0].message
    assert streamed["text"] == message.content == "Both at once."
    assert streamed["thoughts"] == getattr(message, "reasoning_content", None) == "Two files."
    assert list(streamed["calls"].values()) == [
        ["call_a", "Read", '{"file_path": "/a"}'],
        ["call_b", "Bash", '{"command": "ls"}'],
        ["call_c", "Stop", "{}"],
    ]
    assert [
        [c.id, c.function.name, c.function.arguments]
        for c in message.tool_calls or ()
        if c.type == "function"
    ] == list(streamed["calls"].values())
    assert streamed["finish"] == whole.choices[0].finish_reason == "tool_calls"
    assert streamed["usage"] == whole.usage
    assert whole.usage is not None
    assert whole.usage.prompt_tokens == 120


def test_fragments_of_calls_made_together_are_interleaved(serve: Serve) -> None:
    script = by_answer(answer(together(call("a", "X", None, "{", "}"), call("b", "Y", None, "{}"))))
    with client_of(serve(script)) as client:
        chunks = list(
            client.chat.completions.create(model="big-model", messages=HELLO, stream=True)
        )
    order = [d.index for c in chunks for x in c.choices for d in x.delta.tool_calls or ()]
    assert order == [0, 1, 0, 1, 0]


def test_usage_is_told_in_a_stream_only_when_asked_for(serve: Serve) -> None:
    with client_of(serve()) as client:
        chunks = list(
            client.chat.completions.create(model="big-model", messages=HELLO, stream=True)
        )
    assert all(chunk.usage is None for chunk in chunks)


def test_every_chunk_has_the_official_shape(serve: Serve) -> None:
    upstream = serve(by_answer(RICH))
    shape = TypeAdapter(ChatCompletionChunk)
    with client_of(upstream) as client:
        body = {
            "model": "big-model",
            "messages": HELLO,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        with client.chat.completions.with_streaming_response.create(**body) as response:  # type: ignore[call-overload]
            lines = [line for line in response.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    for line in lines[:-1]:
        shape.validate_python(json.loads(line.removeprefix("data: ")))


def test_a_script_sees_the_conversation(serve: Serve) -> None:
    seen: list[Conversation] = []

    def script(talk: Conversation) -> Turn:
        seen.append(talk)
        return answer(say("fine"))

    messages: list[Any] = [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "run it"}, PICTURE]},
        assistant_with(CALL),
        {"role": "tool", "tool_call_id": "call_1", "content": "done"},
    ]
    upstream = serve(script)
    with client_of(upstream) as client:
        client.chat.completions.create(model="big-model", messages=messages, tools=[TOOL])
    talk = seen[0]
    assert (talk.system, talk.user, talk.answers) == ("Be brief.", "run it", 1)
    assert (talk.tools, talk.result("run"), talk.results) == (["run"], "done", {"call_1": "done"})
    assert talk.images == [PICTURE["image_url"]["url"]]
    assert upstream.chats[0].talk.messages == messages
    assert upstream.chats[0].headers["authorization"] == f"Bearer {KEY}"


# What is refused ----------------------------------------------------------------------------------

PIXEL = base64.b64encode(b"\x89PNG\r\n").decode()
PICTURE: Any = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
TOOL: Any = {
    "type": "function",
    "function": {"name": "run", "parameters": {"type": "object", "properties": {}}},
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "run", "arguments": "{}"}}


def assistant_with(*calls: Json) -> Json:
    return {"role": "assistant", "tool_calls": list(calls)}


def result_of(id_: str, content: object = "ok") -> Json:
    return {"role": "tool", "tool_call_id": id_, "content": content}


def call_with(**changes: object) -> Json:
    return {**CALL, **changes}


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


# What goes wrong ----------------------------------------------------------------------------------


def streamed(upstream: ScriptedUpstream, chunks: list[ChatCompletionChunk]) -> None:
    """Read a stream into the list, so that what came before a fault is kept."""
    with (
        client_of(upstream) as client,
        client.chat.completions.create(model="big-model", messages=HELLO, stream=True) as stream,
    ):
        chunks.extend(stream)


def test_a_status_before_the_first_byte_keeps_its_headers(serve: Serve) -> None:
    busy = Refuse(429, {"error": {"message": "slow down"}}, {"retry-after": "7"})
    refused = post(serve(in_order(busy)), {"model": "big-model", "messages": HELLO})
    assert (refused.status_code, refused.response.headers["retry-after"]) == (429, "7")


def test_a_body_that_is_no_json_is_sent_as_it_is(serve: Serve) -> None:
    down = Refuse(502, "<html>Bad gateway</html>", {"content-type": "text/html"})
    refused = post(serve(in_order(down)), {"model": "big-model", "messages": HELLO})
    assert refused.response.text == "<html>Bad gateway</html>"


def test_an_error_in_mid_stream(serve: Serve) -> None:
    script = in_order(answer(say("half"), Fail({"error": {"message": "server had an error"}})))
    chunks: list[ChatCompletionChunk] = []
    with pytest.raises(openai.APIError, match="server had an error"):
        streamed(serve(script), chunks)
    assert told(chunks)["text"] == "half"


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_cut_stream(serve: Serve, how: Any) -> None:
    upstream = serve(in_order(answer(say("half"), Cut(how))))
    chunks: list[ChatCompletionChunk] = []
    with pytest.raises(openai.APIConnectionError):
        streamed(upstream, chunks)
    # A reset may overtake what was sent before it, an ordinary end may not.
    assert how == "reset" or told(chunks)["text"] == "half"


def test_a_stream_that_just_ends(serve: Serve) -> None:
    chunks: list[ChatCompletionChunk] = []
    streamed(serve(in_order(answer(say("half"), Cut("end")))), chunks)
    assert told(chunks)["text"] == "half"
    assert told(chunks)["finish"] is None


@pytest.mark.parametrize("how", ["close", "reset", "end"])
def test_a_cut_answer(serve: Serve, how: Any) -> None:
    upstream = serve(in_order(answer(say("half"), Cut(how))))
    with client_of(upstream) as client, pytest.raises(openai.APIConnectionError):
        client.chat.completions.create(model="big-model", messages=HELLO)


def test_a_gate_holds_the_rest_until_it_is_opened(serve: Serve) -> None:
    gate = Gate()
    upstream = serve(in_order(answer(say("before"), Hold(gate), say("after"))))
    with (
        client_of(upstream) as client,
        client.chat.completions.create(model="big-model", messages=HELLO, stream=True) as stream,
    ):
        first = next(stream)
        assert gate.reached.wait(LIMIT)
        assert not upstream.chats[0].ended.is_set()
        gate.open()
        assert told([first, *stream])["text"] == "beforeafter"


def test_a_client_that_leaves_is_seen(serve: Serve) -> None:
    gate = Gate()
    upstream = serve(in_order(answer(say("before"), Hold(gate), say("after"))))
    with client_of(upstream) as client:
        stream = client.chat.completions.create(model="big-model", messages=HELLO, stream=True)
        next(stream)
        assert gate.reached.wait(LIMIT)
        stream.close()
        assert upstream.chats[0].ended.wait(LIMIT)
    assert upstream.chats[0].client_left


def test_a_conversation_the_script_has_no_answer_for_is_a_problem(serve: Serve) -> None:
    upstream = serve(in_order())
    assert post(upstream, {"model": "big-model", "messages": HELLO}).status_code == 403
    assert "no turn for request 1" in upstream.problems[0]
