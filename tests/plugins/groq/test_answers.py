"""Answers of Groq."""

from __future__ import annotations

import json

import pytest

from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.bound import BoundProvider
from proxy_core.ledger import Ledger
from proxy_core.sse import SseDecoder
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.plugins.groq.models import BIG, FIXTURES, translated
from tests.support.chat_answers import Json, chunk, sse
from tests.support.chat_requests import request, tool, user


def streamed(groq: BoundProvider, asked: Json, data: bytes, model: str = BIG) -> Json:
    sink = EventSink()
    writer = MessageWriter(sink, WriterOptions(message_id="msg_1", model="claude-x"))
    stream = groq.open_stream(translated(groq, asked, model), writer, Ledger())
    for event in SseDecoder().feed(data):
        stream.feed(event)
    stream.close(True)
    writer.end()
    events = parse_events(sink.take())
    check_events(events)
    return fold(events)


READ = request(user("hi"), tools=[tool("Read"), tool("Bash")], stream=True)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("04-groq-xgroq-usage-whole-call.jsonl", ["thinking", "tool_use"]),
        ("16-groq-tool-use-failed-mid-stream.sse", ["text", "tool_use"]),
        ("32-gptoss-name-suffix.jsonl", ["tool_use"]),
    ],
)
def test_fixtures_with_calls(groq: BoundProvider, name: str, kinds: list[str]) -> None:
    path = FIXTURES / name
    text = path.read_text(encoding="utf-8")
    data = text.encode() if path.suffix == ".sse" else sse(text.splitlines())
    message = streamed(groq, READ, data)
    assert [block["type"] for block in message["content"]] == kinds
    assert message["content"][-1]["name"] == "Read"
    assert message["stop_reason"] == "tool_use"


def test_kimi_on_groq_leaks_and_is_read(groq: BoundProvider) -> None:
    lines = (FIXTURES / "21-kimi-special-token-leak.jsonl").read_text(encoding="utf-8").splitlines()
    message = streamed(groq, READ, sse(lines), "moonshotai/kimi-k2-instruct-0905")
    assert [block["type"] for block in message["content"]] == ["text", "tool_use", "tool_use"]


def test_a_whole_answer_with_an_empty_list_for_content(groq: BoundProvider) -> None:
    message = {"role": "assistant", "content": [], "reasoning": "Hm."}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    sink = MessageSink()
    writer = MessageWriter(sink, WriterOptions(message_id="msg_1", model="claude-x"))
    upstream = translated(groq, request(user("hi")))
    groq.translate_response(upstream, json.dumps(body).encode(), writer, Ledger())
    writer.end()
    assert [block["type"] for block in json.loads(sink.json())["content"]] == ["thinking"]


def test_the_usage_of_the_last_chunk_is_counted_once(groq: BoundProvider) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13, "queue_time": 0.1}
    payloads = [
        chunk({"content": "Hi."}, x_groq={"id": "req_1"}),
        chunk({}, "stop", x_groq={"id": "req_1", "usage": usage, "seed": 7}),
        {**chunk(), "choices": [], "usage": usage},
    ]
    told = streamed(groq, request(user("hi"), stream=True), sse(payloads))["usage"]
    assert (told["input_tokens"], told["output_tokens"]) == (9, 4)
