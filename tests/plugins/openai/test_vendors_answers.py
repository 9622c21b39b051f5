"""What the vendors' answers and errors become."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proxy_core.anthropic.answering import writer_options
from proxy_core.anthropic.message import EventSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import (
    About,
    ErrorVerdict,
    FailureKind,
    UpstreamFailure,
)
from proxy_core.ledger import Ledger
from proxy_core.sse import SseDecoder
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.support.chat_answers import Json, a_usage, chunk, sse
from tests.support.chat_requests import request, tool, user
from tests.support.openai_vendors import (
    BOUND,
    somewhere,
    target_of,
)

FIXTURES = Path(__file__).parents[2] / "fixtures" / "openai"


def told(name: str, data: bytes, model: str = "", **fields: Any) -> tuple[Json, Any]:
    """What a client is told of a streamed answer: the message and its usage."""
    asked = parse(json.dumps(request(user("hi"), stream=True, **fields)).encode())
    bound = somewhere(name)
    upstream = bound.translate_request(asked, target_of(name, model), Ledger())
    sink = EventSink()
    writer = MessageWriter(sink, writer_options(asked, upstream, "msg_1"))
    stream = bound.open_stream(upstream, writer, Ledger())
    decoder = SseDecoder()
    for event in (*decoder.feed(data), *decoder.flush()):
        stream.feed(event)
    stream.close(True)
    writer.end()
    events = parse_events(sink.take())
    check_events(events)
    return fold(events), writer.failure


def fixture(name: str) -> bytes:
    (path,) = FIXTURES.glob(f"{name}-*")
    text = path.read_text(encoding="utf-8")
    return text.encode() if path.suffix == ".sse" else sse(text.splitlines())


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("deepseek", "11"),
        ("openrouter", "12"),
        ("together", "13"),
        ("mistral", "14"),
        ("openrouter", "19"),
        ("fireworks", "21"),
        ("xai", "27"),
    ],
)
def test_a_vendors_stream(name: str, number: str) -> None:
    (expected,) = (
        it
        for file, it in json.loads((FIXTURES / "expect.json").read_text()).items()
        if file.startswith(number)
    )
    message, failure = told(name, fixture(number))
    assert failure is None
    short = [
        ["tool", block["name"], block["input"]]
        if block["type"] == "tool_use"
        else [block["type"], block[block["type"]]]
        for block in message["content"]
    ]
    assert short == expected["blocks"]
    assert message["stop_reason"] == expected["stop"]
    names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    counts = [message["usage"].get(name, 0) for name in (*names, "output_tokens")]
    assert counts == expected.get("usage", counts)


def test_an_error_in_openrouters_stream() -> None:
    message, failure = told("openrouter", fixture("15"))
    assert failure is not None
    assert message["content"][0]["text"] == "Part"


def test_two_calls_of_mistral_without_ids() -> None:
    calls = [
        {"id": "null", "index": 0, "function": {"name": "Read", "arguments": text}}
        for text in ('{"a":1}', '{"a":2}')
    ]
    data = sse([chunk({"tool_calls": calls}, "tool_calls", a_usage())])
    message, failure = told("mistral", data, tools=[tool("Read")])
    assert failure is None
    assert [block["input"] for block in message["content"]] == [{"a": 1}, {"a": 2}]
    assert len({block["id"] for block in message["content"]}) == 2


def test_xai_does_not_see_what_it_would_refuse() -> None:
    """A stop sequence is watched for here."""
    data = sse([chunk({"content": "a X b"}), chunk({}, "stop")])
    message, _ = told("xai", data, stop_sequences=["X"])
    assert (message["content"][0]["text"], message["stop_sequence"]) == ("a ", "X")


def test_a_local_server_may_tell_no_usage() -> None:
    for name in ("ollama", "lmstudio"):
        message, _ = told(name, sse([chunk({"content": "twelve words"}), chunk({}, "stop")]))
        assert message["usage"]["output_tokens"] > 0


def failed(name: str, status: int, body: Any) -> ErrorVerdict:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=status, body=raw)
    verdict = BOUND[name].classify_error(failure, target_of(name))
    assert verdict is not None
    return verdict


@pytest.mark.parametrize(
    ("name", "status", "body", "about", "retryable"),
    [
        ("deepseek", 402, {"error": {"message": "Insufficient Balance"}}, About.QUOTA, False),
        ("cerebras", 400, b"", About.CONTEXT_OVERFLOW, False),
        ("cerebras", 413, b"", About.CONTEXT_OVERFLOW, False),
        ("openrouter", 402, {"error": {"code": 402, "message": "credits"}}, About.QUOTA, False),
        ("zai", 429, {"error": {"code": "1308", "message": "Usage limit"}}, About.QUOTA, False),
        ("zai", 429, {"error": {"code": "1305", "message": "busy"}}, About.OVERLOADED, True),
        ("fireworks", 412, {"error": {"message": "account suspended"}}, About.QUOTA, False),
        ("ollama", 404, {"error": "model 'qwen9' not found"}, About.MODEL, False),
        (
            "ollama",
            400,
            {"error": "prompt too long; exceeded max context length by 5 tokens"},
            About.CONTEXT_OVERFLOW,
            False,
        ),
        ("mistral", 422, {"detail": [{"loc": ["x"], "msg": "extra"}]}, About.REQUEST, False),
        (
            "xai",
            400,
            {"code": "c", "error": "maximum prompt length is 5 but the request contains 9 tokens"},
            About.CONTEXT_OVERFLOW,
            False,
        ),
    ],
)
def test_errors(name: str, status: int, body: Any, about: About, retryable: bool) -> None:
    verdict = failed(name, status, body)
    assert (verdict.about, verdict.retryable) == (about, retryable)


def test_only_cerebras_says_it_without_a_word() -> None:
    assert failed("together", 400, b"").about is not About.CONTEXT_OVERFLOW
