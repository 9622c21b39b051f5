"""The official Anthropic SDK through the proxy, streaming and not."""

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import anthropic
import pytest
from anthropic.types import Message, MessageParam, ToolParam

from tests.e2e.claude_code import CLIENT_KEY
from tests.e2e.stage import CANARY, Perform, Stage, said_of
from tests.e2e.upstream_script import (
    Answer,
    Cut,
    Fail,
    Gate,
    Hold,
    Refuse,
    Usage,
    answer,
    by_answer,
    call,
    in_order,
    say,
    text_of,
    think,
    together,
)
from tests.e2e.vendors import CHAT, RESPONSES

EITHER_WIRE = pytest.mark.parametrize("vendor", [CHAT, RESPONSES], ids=str)
LIMIT = 30.0
MODEL = "claude-haiku-5-5"
HELLO: list[MessageParam] = [{"role": "user", "content": f"hello ({CANARY})"}]
TOOLS: list[ToolParam] = [
    {
        "name": name,
        "description": "For a test.",
        "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}},
    }
    for name in ("read", "list_files")
]
ONCE = {"MAX_RETRIES": "0"}


@contextmanager
def client_of(stage: Stage) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=stage.proxy.url, api_key=CLIENT_KEY, max_retries=0, timeout=LIMIT
    ) as client:
        yield client


def asked(client: anthropic.Anthropic, **options: Any) -> Message:
    message: Message = client.messages.create(
        model=MODEL, max_tokens=1000, messages=HELLO, tools=TOOLS, **options
    )
    return message


def accumulated(client: anthropic.Anthropic, **options: Any) -> Message:
    """What the SDK has put together at the end of a stream."""
    with client.messages.stream(
        model=MODEL, max_tokens=1000, messages=HELLO, tools=TOOLS, **options
    ) as stream:
        return stream.get_final_message()


def told(message: Message) -> dict[str, Any]:
    """An answer without ids and signatures, which may differ from one request to the next."""
    dumped = message.model_dump(exclude={"id"}, exclude_none=True)
    for block in dumped["content"]:
        block.pop("id", None)
        block.pop("signature", None)
    return dumped


ANSWERS: dict[str, Answer] = {
    "text": answer(say("Hello, ", "wörld ", "🙂."), usage=Usage(100, 5)),
    "nothing": answer(usage=Usage(100, 1)),
    "one call": answer(call("call_1", "read", {"path": "/a"}), usage=Usage(100, 20)),
    "no arguments": answer(call("call_1", "list_files", None, "")),
    "parallel calls": answer(
        say("Both."),
        together(
            call("call_1", "read", {"path": 'a "quoted" \\ name\n'}),
            call("call_2", "read", {"path": "ü"}),
        ),
        usage=Usage(200, 50, cached=150),
    ),
    "thinking": answer(
        think("Two ", "files."),
        say("Reading."),
        call("call_1", "read", {"path": "/a"}),
        usage=Usage(100, 30, reasoning=12),
    ),
    "a call and finish stop": answer(call("call_1", "read", {"path": "/a"}), finish="stop"),
    "length": answer(say("The first half"), finish="length"),
    "filtered": answer(say("I would "), finish="content_filter"),
}


@EITHER_WIRE
@pytest.mark.parametrize("turn", ANSWERS.values(), ids=ANSWERS)
def test_a_stream_adds_up_to_the_whole_answer(perform: Perform, turn: Answer) -> None:
    stage = perform(in_order(turn, turn))
    with client_of(stage) as client:
        assert told(accumulated(client)) == told(asked(client))


def test_text(perform: Perform) -> None:
    stage = perform(in_order(ANSWERS["text"]))
    with client_of(stage) as client:
        message = asked(
            client,
            system="Be brief.",
            stop_sequences=["END"],
            # The SDK has dropped the argument; many clients still send the field.
            extra_body={"temperature": 0.5},
        )
    (block,) = message.content
    assert block.type == "text"
    assert block.text == "Hello, wörld 🙂."
    assert (message.model, message.stop_reason) == (MODEL, "end_turn")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (100, 5)

    (request,) = stage.requests
    assert request["model"] == stage.vendor.small
    assert request["stop"] == ["END"]
    assert request["temperature"] == 0.5
    assert stage.upstream.chats[0].talk.system == "Be brief."
    assert [tool["function"]["name"] for tool in request["tools"]] == ["read", "list_files"]


@EITHER_WIRE
def test_parallel_calls(perform: Perform) -> None:
    stage = perform(in_order(ANSWERS["parallel calls"]))
    with client_of(stage) as client:
        message = accumulated(client)
    text, first, second = message.content
    assert text.type == "text"
    assert first.type == second.type == "tool_use"
    assert (first.name, first.input) == ("read", {"path": 'a "quoted" \\ name\n'})
    assert (second.name, second.input) == ("read", {"path": "ü"})
    assert first.id != second.id
    assert message.stop_reason == "tool_use"
    usage = message.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == (50, 150, 50)


@EITHER_WIRE
def test_a_stream_keeps_the_order_of_what_is_said(perform: Perform) -> None:
    """Which a whole answer of Chat cannot: there is one field for each kind."""
    turn = answer(
        think("First."),
        say("One. "),
        think("Second."),
        call("call_1", "read", {"path": "/a"}),
        say("Two."),
    )
    stage = perform(in_order(turn))
    with client_of(stage) as client:
        message = accumulated(client)
    kinds = [block.type for block in message.content]
    assert kinds == ["thinking", "text", "thinking", "tool_use", "text"]
    assert message.stop_reason == "tool_use"


@EITHER_WIRE
def test_thinking_comes_back_and_the_talk_goes_on(perform: Perform) -> None:
    stage = perform(by_answer(ANSWERS["thinking"], answer(say("Done."))))
    with client_of(stage) as client:
        first = accumulated(client)
        thinking, text, use = first.content
        assert thinking.type == "thinking"
        assert thinking.thinking == "Two files."
        assert text.type == "text"
        assert use.type == "tool_use"
        result: MessageParam = {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": use.id, "content": "its content"},
                {"type": "text", "text": "and now stop"},
            ],
        }
        history: list[MessageParam] = [
            *HELLO,
            {"role": "assistant", "content": first.content},
            result,
        ]
        second = client.messages.create(model=MODEL, max_tokens=1000, messages=history, tools=TOOLS)
    assert told(second)["content"] == [{"type": "text", "text": "Done."}]

    body = stage.requests[1]
    assert [message["role"] for message in body["messages"]][-4:] == [
        "user",
        "assistant",
        "tool",
        "user",
    ]
    (spoken,) = said_of(body, "assistant")
    assert text_of(spoken) == "Reading."
    assert text_of(body["messages"][-1]) == "and now stop"
    assert stage.upstream.chats[1].talk.result("read") == "its content"


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "read"}, {"type": "function", "function": {"name": "read"}}),
    ],
    ids=lambda value: value["type"] if "name" in value or "type" in value else None,
)
def test_tool_choice(perform: Perform, choice: Any, wanted: object) -> None:
    stage = perform(in_order(answer(say("fine"))))
    with client_of(stage) as client:
        asked(client, tool_choice=choice)
    assert stage.requests[0].get("tool_choice", "auto") == wanted


def failure(message: str, kind: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


INVALID = failure("Invalid value for 'x'", "invalid_request_error", "invalid_value")
TOO_LONG = failure(
    "This model's maximum context length is 8000 tokens. However, your messages resulted in 9000 "
    "tokens. Please reduce the length of the messages.",
    "invalid_request_error",
    "context_length_exceeded",
)
ERRORS: dict[str, tuple[Refuse, type[anthropic.APIStatusError], str]] = {
    "400": (Refuse(400, INVALID), anthropic.BadRequestError, "invalid_request_error"),
    "400 too long": (Refuse(400, TOO_LONG), anthropic.BadRequestError, "invalid_request_error"),
    "401": (
        Refuse(401, failure("Incorrect API key", "invalid_request_error", "invalid_api_key")),
        anthropic.AuthenticationError,
        "authentication_error",
    ),
    "403": (
        Refuse(403, failure("Not for you", "permission_error")),
        anthropic.PermissionDeniedError,
        "permission_error",
    ),
    "404": (
        Refuse(404, failure("No such model", "invalid_request_error", "model_not_found")),
        anthropic.NotFoundError,
        "not_found_error",
    ),
    "413": (
        Refuse(413, failure("Too large", "invalid_request_error")),
        anthropic.ContentTooLargeError,
        "request_too_large",
    ),
    "429": (
        Refuse(429, failure("Slow down", "requests", "rate_limit_exceeded"), {"retry-after": "3"}),
        anthropic.RateLimitError,
        "rate_limit_error",
    ),
    "500": (Refuse(500, failure("Oh", "server_error")), anthropic.InternalServerError, "api_error"),
    "502 HTML": (Refuse(502, "<html>"), anthropic.InternalServerError, "api_error"),
    "503": (Refuse(503, failure("Busy", "overloaded")), anthropic.InternalServerError, "api_error"),
    "529": (
        Refuse(529, failure("Overloaded", "overloaded_error")),
        anthropic.OverloadedError,
        "overloaded_error",
    ),
}


@pytest.mark.parametrize("send", [asked, accumulated], ids=["whole", "stream"])
@pytest.mark.parametrize(("refuse", "kind", "name"), ERRORS.values(), ids=ERRORS)
def test_errors_are_the_classes_the_sdk_has_for_them(
    perform: Perform,
    send: Any,
    refuse: Refuse,
    kind: type[anthropic.APIStatusError],
    name: str,
) -> None:
    stage = perform(in_order(refuse), environment=ONCE)
    with client_of(stage) as client, pytest.raises(kind) as raised:
        send(client)
    error = raised.value
    assert isinstance(error.body, dict)
    assert error.body["type"] == "error"
    assert error.body["error"]["type"] == name
    assert error.request_id
    assert error.response.headers.get("retry-after") == refuse.headers.get("retry-after")
    assert len(stage.requests) == 1
    if refuse.body is TOO_LONG:
        assert "prompt is too long: 9000 tokens > 8000 maximum" in error.message


@EITHER_WIRE
@pytest.mark.parametrize(
    "fault",
    [Cut("close"), Cut("reset"), Cut("end"), Fail(failure("Oh", "server_error"))],
    ids=["closed", "reset", "no end mark", "error object"],
)
def test_a_stream_that_breaks_raises(perform: Perform, fault: Cut | Fail) -> None:
    stage = perform(in_order(answer(say("half"), fault)), environment=ONCE)
    seen: list[str] = []
    with (
        client_of(stage) as client,
        pytest.raises(anthropic.APIError),
        client.messages.stream(model=MODEL, max_tokens=1000, messages=HELLO) as stream,
    ):
        seen.extend(stream.text_stream)
    assert "".join(seen) in ("half", "")


def test_pieces_arrive_as_they_are_said(perform: Perform) -> None:
    gate = Gate()
    stage = perform(in_order(answer(say("before"), Hold(gate), say(" after"))))
    with (
        client_of(stage) as client,
        client.messages.stream(model=MODEL, max_tokens=1000, messages=HELLO) as stream,
    ):
        pieces = iter(stream.text_stream)
        assert next(pieces) == "before"
        gate.open()
        assert "".join(pieces) == " after"


def test_when_the_client_leaves_the_upstream_is_left_too(perform: Perform) -> None:
    gate = Gate()
    stage = perform(in_order(answer(say("before"), Hold(gate), say(" after"))))
    with client_of(stage) as client:
        with client.messages.stream(model=MODEL, max_tokens=1000, messages=HELLO) as stream:
            next(iter(stream.text_stream))
        (chat,) = stage.upstream.chats
        assert chat.ended.wait(LIMIT)
    assert chat.client_left


@pytest.mark.parametrize("streaming", [True, False])
def test_a_client_that_leaves_before_the_first_byte_is_not_worked_for(
    perform: Perform, streaming: bool
) -> None:
    gate = Gate()
    stage = perform(in_order(answer(Hold(gate), say("too late"))))
    body = {"model": MODEL, "max_tokens": 1000, "messages": HELLO, "stream": streaming}
    # By hand, because the SDK gives no hold on a request that has not been answered.
    connection = http.client.HTTPConnection("127.0.0.1", stage.proxy.port, timeout=LIMIT)
    connection.request("POST", "/v1/messages", json.dumps(body), {"x-api-key": CLIENT_KEY})
    assert gate.reached.wait(LIMIT)
    connection.close()
    (chat,) = stage.upstream.chats
    assert chat.ended.wait(LIMIT)
    assert chat.client_left


def test_a_slow_answer_holds_up_no_other(perform: Perform) -> None:
    gates = [Gate() for _ in range(20)]
    stage = perform(lambda talk: answer(Hold(gates[talk.number - 1]), say("done")))
    with client_of(stage) as client, ThreadPoolExecutor(len(gates)) as threads:
        answers = [threads.submit(asked, client) for _ in gates]
        # All of them are waiting at once before the first may go on.
        assert all(gate.reached.wait(LIMIT) for gate in gates)
        for gate in gates:
            gate.open()
        texts = [told(one.result())["content"][0]["text"] for one in answers]
    assert texts == ["done"] * len(gates)


def test_tokens_are_counted_without_the_upstream(perform: Perform) -> None:
    stage = perform(by_answer())
    with client_of(stage) as client:
        bare = client.messages.count_tokens(model=MODEL, messages=HELLO)
        loaded = client.messages.count_tokens(
            model=MODEL, messages=[*HELLO, *HELLO], tools=TOOLS, system="Be brief." * 100
        )
    assert 0 < bare.input_tokens < loaded.input_tokens
    assert stage.requests == []


def test_models_are_listed_and_each_can_be_asked_for(perform: Perform) -> None:
    stage = perform(by_answer(answer(say("fine"))))
    with client_of(stage) as client:
        names = [model.id for model in client.models.list()]
        assert names
        assert client.models.retrieve(names[0]).id == names[0]
        with pytest.raises(anthropic.NotFoundError):
            client.models.retrieve("no-such-model")
