"""The stand-in for OpenAI itself, with the official OpenAI SDK as its client."""

import json
from typing import Any

from openai.types.chat import ChatCompletionChunk
from pydantic import TypeAdapter

from tests.e2e.openai_client import (
    CALL,
    HELLO,
    PICTURE,
    TOOL,
    Serve,
    assistant_with,
    client_of,
    told,
)
from tests.e2e.scripted_upstream import KEY
from tests.e2e.upstream_script import (
    Conversation,
    Turn,
    Usage,
    answer,
    by_answer,
    call,
    say,
    think,
    together,
)

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
