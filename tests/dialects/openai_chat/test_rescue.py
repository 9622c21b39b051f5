"""Calls that a server could not read: rescued where that is certain, refused where it is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.message import MessageSink
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.contract import FailureKind, UpstreamFailure, UpstreamRequest
from proxy_core.dialects.openai_chat.answers.failed_generation import calls_in
from proxy_core.dialects.openai_chat.answers.leaked_calls import LeakedCall
from proxy_core.dialects.openai_chat.answers.rescue import rescue_error
from proxy_core.dialects.openai_chat.context import ChatContext
from proxy_core.testing.strategies.scripts import ARGUMENTS
from tests.support.chat_answers import (
    Json,
    Told,
    a_target,
    an_upstream,
    call,
    chunk,
    sse,
    tell_stream,
    tell_whole,
)

FIXTURES = Path(__file__).parents[2] / "fixtures" / "openai"
OFFERED = ChatContext(tools=frozenset({"Read", "Bash", "sent"}), tool_names={"sent": "client's"})

A = LeakedCall("", "Read", '{"file_path":"/a"}')
B = LeakedCall("", "Bash", '{"command":"ls"}')
JSON_A = '{"file_path": "/a"}'
CALL_A: Json = {"name": "Read", "arguments": {"file_path": "/a"}}
CALL_B: Json = {"name": "Bash", "parameters": {"command": "ls"}}

ANALYSIS = "<|channel|>analysis<|message|>Look.<|end|><|start|>assistant<|channel|>"

DIALECTS: dict[str, tuple[str, list[LeakedCall]]] = {
    "function tag": (f"<function=Read>{JSON_A}</function>", [A]),
    "function tag with =": (f"<function=Read={JSON_A}</function>", [A]),
    "function tag with nothing between": (f"<function=Read{JSON_A}</function>", [A]),
    "function tag with brackets": (f"<function=Read({JSON_A})</function>", [A]),
    "function tag, not closed": (f"Let me see. <function=Read> {JSON_A}", [A]),
    "two function tags": (
        f'<function=Read>{JSON_A}</function>\n<function=Bash>{{"command":"ls"}}</function>',
        [A, B],
    ),
    "bare name": (f"Read{JSON_A}</function>", [A]),
    "tool_calls": (json.dumps({"tool_calls": [CALL_A, CALL_B]}), [A, B]),
    "tool_calls in a fence": (
        f"```json\n{json.dumps({'tool_calls': [CALL_A]}, indent=1)}\n```",
        [A],
    ),
    "tool_calls as OpenAI writes them": (
        json.dumps(
            {
                "tool_calls": [
                    {"id": "c1", "type": "function", "function": {**CALL_A, "arguments": JSON_A}}
                ]
            }
        ),
        [LeakedCall("c1", "Read", JSON_A)],
    ),
    "list": (json.dumps([CALL_A, CALL_B]), [A, B]),
    "one alone": (json.dumps(CALL_A), [A]),
    "arguments as a string": (
        json.dumps({"name": "Read", "arguments": JSON_A}),
        [A._replace(arguments=JSON_A)],
    ),
    "Qwen": (f"<tool_call>\n{json.dumps(CALL_A)}\n</tool_call>", [A]),
    "Qwen, two": (
        f"<tool_call>{json.dumps(CALL_A)}</tool_call><tool_call>{json.dumps(CALL_B)}",
        [A, B],
    ),
    "gpt-oss": (
        f"{ANALYSIS}commentary to=functions.Read <|constrain|>json<|message|>{JSON_A}<|call|>",
        [A],
    ),
    "gpt-oss with the name first": (
        f"to=functions.Read<|channel|>commentary json<|message|>{JSON_A}",
        [A],
    ),
    "gpt-oss with its namespace": (
        json.dumps({"name": "functions.Read", "arguments": {"file_path": "/a"}}),
        [A],
    ),
    "gpt-oss with a token in the name": (
        json.dumps({"name": "Read<|channel|>commentary", "arguments": {"file_path": "/a"}}),
        [A],
    ),
    "Kimi": (
        f"<|tool_call_begin|>functions.Read:0<|tool_call_argument_begin|>{JSON_A}<|tool_call_end|>",
        [LeakedCall("functions.Read:0", "Read", JSON_A)],
    ),
    "line ends that were not escaped": (
        '<function=Write>{"content": "a\nb"}</function>',
        [LeakedCall("", "Write", '{"content":"a\\nb"}')],
    ),
    "an end tag in a string": (
        '<function=Bash>{"command":"echo </function>}"}</function>',
        [LeakedCall("", "Bash", '{"command":"echo </function>}"}')],
    ),
}

NONE: dict[str, str] = {
    "nothing": "",
    "words": "I cannot do that.",
    "cut arguments": '<function=Read>{"file_path": "/a',
    "one of two is cut": f'<function=Read>{JSON_A}</function><function=Bash>{{"comm',
    "arguments that are a list": "<function=Read>[1]</function>",
    "a list of words": '["Read"]',
    "no name": '{"arguments": {}}',
    "a name that is no text": '{"name": 5, "arguments": {}}',
    "no arguments": '{"name": "Read"}',
    "infinite": '<function=Read>{"a": 1e999}</function>',
    "not a number": '<function=Read>{"a": NaN}</function>',
    "deep": "[" * 100_000,
    "a cut Kimi call": '<|tool_call_begin|>functions.Read:0<|tool_call_argument_begin|>{"a',
    "one of two Kimi calls is cut": (
        f"<|tool_call_begin|>functions.Read:0<|tool_call_argument_begin|>{JSON_A}<|tool_call_end|>"
        '<|tool_call_begin|>functions.Read:1<|tool_call_argument_begin|>{"a'
    ),
    "a bare object": '{"file_path": "/a"}',
    "a bare name without its end": "Read" + JSON_A,
}


@pytest.mark.parametrize(("text", "calls"), DIALECTS.values(), ids=DIALECTS)
def test_the_dialects_of_failed_calls(text: str, calls: list[LeakedCall]) -> None:
    assert calls_in(text) == calls


@pytest.mark.parametrize("text", NONE.values(), ids=NONE)
def test_what_is_no_call_or_not_certain_is_none(text: str) -> None:
    assert calls_in(text) is None


@given(
    st.text(st.sampled_from('<|>=function _cal/to.{}[]"\\:, messgc\n`'))
    | st.lists(
        st.sampled_from(
            [
                "<function=",
                "<tool_call>",
                "to=functions.",
                "<|message|>",
                "{",
                "}",
                "Read",
                '"a":1',
                ">",
                "[",
                "]",
            ]
        )
    ).map("".join)
)
@pytest.mark.proof
def test_no_text_is_too_strange(text: str) -> None:
    for found in calls_in(text) or ():
        assert isinstance(json.loads(found.arguments), dict)


@given(ARGUMENTS)
def test_arguments_come_through_unchanged(arguments: Json) -> None:
    for text in (json.dumps(arguments), json.dumps(arguments, ensure_ascii=False)):
        calls = calls_in(f"<function=Read>{text}</function>")
        assert calls is not None
        assert [json.loads(found.arguments) for found in calls] == [arguments]


GENERATION = f"<function=Read>{JSON_A}</function>"

# -- told ----------------------------------------------------------------------------------


def failed(generation: Any, code: str = "tool_use_failed", **more: Any) -> Json:
    message = "Failed to call a function. See 'failed_generation' for more details."
    error = {"message": message, "type": "invalid_request_error", "code": code, **more}
    return {"error": {**error, "failed_generation": generation}}


def rescued(body: Json, status: int = 400, upstream: UpstreamRequest | None = None) -> Json | None:
    """The message that is made of a refusal; None where it stays one."""
    sink = MessageSink()
    writer = MessageWriter(sink, WriterOptions(message_id="msg_1", model="claude-x"))
    failure = UpstreamFailure(
        kind=FailureKind.STATUS, status=status, body=json.dumps(body).encode()
    )
    if not rescue_error(failure, upstream or an_upstream(context=OFFERED), writer):
        assert not writer.begun
        assert writer.stop_reason is None
        return None
    writer.end()
    assert writer.failure is None
    message: Json = json.loads(sink.json())
    return message


def test_the_row_of_the_fixtures() -> None:
    rows = map(json.loads, (FIXTURES / "50-errors.jsonl").read_text(encoding="utf-8").splitlines())
    (row,) = (row for row in rows if row["name"] == "groq-tool-use-failed")
    assert row["expect"]["type"] == "rescued tool_use Read"
    message = rescued(row["body"])
    assert message is not None
    assert message["stop_reason"] == "tool_use"
    (block,) = message["content"]
    assert (block["type"], block["name"], block["input"]) == (
        "tool_use",
        "Read",
        {"file_path": "s.txt"},
    )
    assert message["usage"]["output_tokens"] > 0


@pytest.mark.parametrize(
    "generation",
    ["<function=Fly>{}</function>", json.dumps([CALL_A, {**CALL_A, "name": "Fly"}]), "?", None, 5],
)
def test_what_cannot_be_rescued_as_a_whole_is_refused(generation: Any) -> None:
    assert rescued(failed(generation)) is None


def test_nothing_is_rescued_for_a_request_without_tools() -> None:
    assert rescued(failed(json.dumps(CALL_A)), upstream=an_upstream()) is None


def test_the_client_hears_its_own_name_of_the_tool() -> None:
    message = rescued(failed("<function=sent>{}</function>"))
    assert message is not None
    assert message["content"][0]["name"] == "client's"


def test_faults_of_the_transport_hold_no_answer() -> None:
    writer = MessageWriter(MessageSink(), WriterOptions(message_id="msg_1", model="claude-x"))
    failure = UpstreamFailure(kind=FailureKind.RESET, body=json.dumps(failed(GENERATION)).encode())
    assert not rescue_error(failure, an_upstream(context=OFFERED), writer)


def told(*payloads: Json | str) -> Told:
    return tell_stream([sse(payloads)], an_upstream(a_target(), OFFERED))


def test_in_a_stream_before_and_after_words() -> None:
    assert told(failed(GENERATION)).blocks == [["tool", "Read", {"file_path": "/a"}]]
    answer = told(chunk({"reasoning": "Hm."}), chunk({"content": "So."}), failed(GENERATION))
    assert answer.blocks == [
        ["thinking", "Hm."],
        ["text", "So."],
        ["tool", "Read", {"file_path": "/a"}],
    ]
    assert answer.stop == "tool_use"


def test_text_that_was_held_back_comes_before_the_calls() -> None:
    watched = an_upstream(a_target(), OFFERED, stop_sequences=("END",))
    answer = tell_stream([sse([chunk({"content": "So E"}), failed(GENERATION)])], watched)
    assert answer.blocks == [["text", "So E"], ["tool", "Read", {"file_path": "/a"}]]


def test_a_call_that_has_begun_cannot_be_taken_back() -> None:
    begun = call(0, id="c", name="Read", arguments='{"file')
    answer = told(chunk(begun), failed(GENERATION))
    assert answer.failure is not None
    assert answer.failure.type == "invalid_request_error"


def test_in_a_whole_answer() -> None:
    answer = tell_whole(json.dumps(failed(GENERATION)).encode(), an_upstream(context=OFFERED))
    assert answer.blocks == [["tool", "Read", {"file_path": "/a"}]]
    assert answer.stop == "tool_use"
