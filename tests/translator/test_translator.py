"""Translation as a library: the example of the documentation, and its edges."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.request import InvalidRequest
from proxy_core.contract import (
    ErrorVerdict,
    FailureKind,
    Provider,
    Repair,
    Unsupported,
    UpstreamFailure,
)
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.plugins import Plugins
from proxy_core.routing import UnknownModel
from proxy_core.testing.lifecycle import parse_events
from proxy_core.translator import AnswerFailed, Translator
from tests.support.distributions import install

GROQ = """
from proxy_core.contract import Provider
from proxy_core.dialects.openai_chat import OpenAIChat


class Groq(OpenAIChat):
    providers = (Provider(name="groq", base_url="https://api.groq.example/openai/v1"),)


plugin = Groq()
"""
REQUEST: dict[str, Any] = {
    "model": "claude-sonnet-5-5",
    "max_tokens": 100,
    "stream": True,
    "messages": [{"role": "user", "content": "hello"}],
}
WHOLE = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "model": "openai/gpt-oss-120b",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Hé!",
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "Read", "arguments": '{"path": "a"}'},
                    }
                ],
            },
            "finish_reason": "tool_calls",
        }
    ],
    "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
}


def chunk(delta: dict[str, Any], finish: str | None = None, **fields: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    event = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [choice], **fields}
    return b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\n\n"


CALL = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "Read"}}
STREAM = (
    chunk({"role": "assistant", "content": "Hé"})
    + chunk({"content": "!"})
    + chunk({"tool_calls": [{**CALL, "function": {"name": "Read", "arguments": '{"pa'}}]})
    + chunk({"tool_calls": [{"index": 0, "function": {"arguments": 'th": "a"}'}}]})
    + chunk({}, "tool_calls")
    + chunk({}, choices=[], usage=WHOLE["usage"])
    + b"data: [DONE]\n\n"
)
CONTENT = [
    {"type": "text", "text": "Hé!"},
    {"type": "tool_use", "id": "call_1", "name": "Read", "input": {"path": "a"}},
]


class Groq(OpenAIChat):
    providers = (Provider(name="groq", base_url="https://api.groq.example/openai/v1"),)


def translator(**settings: Any) -> Translator:
    models = {"sonnet": "groq/openai/gpt-oss-120b"}
    return Translator(Plugins.of({"groq": Groq()}), models=models, **settings)


def fold(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The content that a stream tells."""
    content: list[dict[str, Any]] = []
    pieces: list[str] = []
    for event in events:
        if event["type"] == "content_block_start":
            content.append(dict(event["content_block"]))
            pieces = []
        elif event["type"] == "content_block_delta":
            pieces.append(event["delta"].get("text") or event["delta"].get("partial_json", ""))
        elif event["type"] == "content_block_stop":
            text = "".join(pieces)
            block = content[-1]
            key = "text" if block["type"] == "text" else "input"
            block[key] = text if key == "text" else json.loads(text)
    return content


def test_the_documented_example_runs_as_it_is_written(site: Path) -> None:
    install(site, "proxy-groq", {"groq": "groq_plugin:plugin"}, {"groq_plugin": GROQ})
    anthropic_request, body = REQUEST, json.dumps(WHOLE).encode()

    from proxy_core import Translator, load_plugins

    translator = Translator(load_plugins(["groq"]), models={"sonnet": "groq/openai/gpt-oss-120b"})
    upstream = translator.request(anthropic_request)
    message = translator.response(upstream, body)
    stream = translator.stream(upstream)
    events = stream.feed(STREAM) + stream.close()

    assert message["content"] == CONTENT
    assert fold(parse_events(events)) == CONTENT


def test_the_library_needs_no_server() -> None:
    program = (
        "import sys\n"
        "from proxy_core import Translator, load_plugins\n"
        "Translator(load_plugins([]))\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "assert not loaded & {'aiohttp', 'fastapi', 'starlette', 'uvicorn', 'httpx'}, loaded\n"
        "assert not any(name.startswith('proxy_core.server') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_request_says_where_it_goes_and_why() -> None:
    translation = translator().request(REQUEST)
    assert translation.url == "https://api.groq.example/openai/v1/chat/completions"
    assert translation.upstream.target.name == "groq/openai/gpt-oss-120b"
    assert json.loads(translation.upstream.body)["model"] == "openai/gpt-oss-120b"
    assert translation.upstream.stream
    assert "claude-sonnet-5-5" in translation.why


def test_bytes_and_mappings_are_the_same_request() -> None:
    made = translator()
    whole = made.request(REQUEST)
    assert made.request(msgspec.json.encode(REQUEST)).upstream.body == whole.upstream.body


def test_losses_are_told_and_refused_when_strict() -> None:
    lossy = {**REQUEST, "mystery": 1}
    assert [loss.path for loss in translator().request(lossy).losses] == ["/mystery"]
    with pytest.raises(Unsupported, match="would be dropped for groq/openai"):
        translator(strict=True).request(lossy)


def test_streaming_can_be_disabled() -> None:
    translation = translator(force_disable_streaming=True).request(REQUEST)
    assert not translation.upstream.stream
    assert translation.request.stream


@pytest.mark.parametrize(
    ("request_body", "error"),
    [
        (b"{", InvalidRequest),
        ({"model": "m"}, InvalidRequest),
        ({**REQUEST, "messages": []}, InvalidRequest),
        ({**REQUEST, "model": "unheard-of"}, UnknownModel),
    ],
)
def test_bad_requests_are_refused(request_body: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        translator().request(request_body)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="max_retrys"):
        translator(max_retrys=3)


def test_a_whole_answer_becomes_a_message() -> None:
    made = translator()
    message = made.response(made.request(REQUEST), json.dumps(WHOLE).encode())
    assert message["model"] == "claude-sonnet-5-5"
    assert message["stop_reason"] == "tool_use"
    assert message["content"] == CONTENT
    assert message["usage"]["output_tokens"] == 3


@pytest.mark.parametrize("body", [b"", b"nonsense", b"{}", b'{"error": {"message": "no luck"}}'])
def test_an_answer_that_is_none_fails(body: bytes) -> None:
    made = translator()
    with pytest.raises(AnswerFailed) as caught:
        made.response(made.request(REQUEST), body)
    assert caught.value.verdict.status >= 400


@given(st.lists(st.integers(0, len(STREAM)), max_size=8))
def test_any_chunking_tells_the_same_story(cuts: list[int]) -> None:
    made = translator()
    stream = made.stream(made.request(REQUEST))
    places = [0, *sorted(cuts), len(STREAM)]
    told = b"".join(stream.feed(STREAM[start:end]) for start, end in pairwise(places))
    told += stream.close()
    events = parse_events(told)
    assert fold(events) == CONTENT
    assert events[-1]["type"] == "message_stop"
    assert stream.failure is None


@pytest.mark.parametrize("complete", [True, False])
def test_a_stream_that_is_cut_ends_with_an_error(complete: bool) -> None:
    made = translator()
    stream = made.stream(made.request(REQUEST))
    told = stream.feed(chunk({"content": "Hel"})) + stream.close(complete)
    assert parse_events(told)[-1]["type"] == "error"
    assert stream.failure is not None


def test_a_stream_that_cannot_be_read_ends_with_an_error_and_nothing_after_it() -> None:
    made = translator()
    stream = made.stream(made.request(REQUEST))
    told = stream.feed(chunk({"content": "Hel"}) + b"data: {broken\n\n")
    assert parse_events(told)[-1]["type"] == "error"
    assert stream.feed(chunk({"content": "lo"})) == b""
    assert stream.close() == b""


def test_the_end_of_the_stream_completes_its_last_event() -> None:
    made = translator()
    stream = made.stream(made.request(REQUEST))
    body = chunk({"content": "Hello"}) + chunk({}, "stop")
    told = stream.feed(body.removesuffix(b"\n\n")) + stream.close()
    assert parse_events(told)[-1]["type"] == "message_stop"


def test_a_last_event_that_cannot_be_read_is_an_error() -> None:
    made = translator()
    stream = made.stream(made.request(REQUEST))
    stream.feed(chunk({"content": "Hello"}) + chunk({}, "stop") + b"data: {broken")
    assert parse_events(stream.close())[-1]["type"] == "error"


# -- refusals ------------------------------------------------------------------------------


def refused(message: str, code: str, status: int = 400) -> UpstreamFailure:
    body = json.dumps({"error": {"message": message, "code": code}}).encode()
    return UpstreamFailure(kind=FailureKind.STATUS, status=status, body=body)


def test_a_refused_request_is_said_once_in_other_words() -> None:
    made = translator()
    first = made.request({**REQUEST, "temperature": 0.5})
    verdict = made.failed(first, refused("Unknown parameter: 'temperature'", "unknown_parameter"))
    second = made.repaired(first, verdict)
    assert second is not None
    assert b"temperature" in first.upstream.body
    assert b"temperature" not in second.upstream.body
    assert [loss.path for loss in second.losses] == ["/temperature"]
    assert second.url == first.url
    assert made.repaired(second, verdict) is None
    message = made.response(second, json.dumps(WHOLE).encode())
    assert message["content"] == CONTENT


def test_a_model_that_slipped_is_asked_the_same() -> None:
    made = translator()
    first = made.request(REQUEST)
    verdict = made.failed(first, refused("Failed to call a function.", "tool_use_failed"))
    second = made.repaired(first, verdict)
    assert second is not None
    assert second.upstream.body == first.upstream.body
    assert made.repaired(second, verdict) is None


def test_other_refusals_stand() -> None:
    made = translator()
    first = made.request(REQUEST)
    assert made.repaired(first, made.failed(first, refused("No such tool", "bad"))) is None
    gone = made.failed(first, UpstreamFailure(kind=FailureKind.CONNECT, detail="refused"))
    assert gone.retryable
    assert made.repaired(first, gone) is None
    repair = Repair(quirks={"sampling": False})
    billed = ErrorVerdict(
        status=400, type="api_error", message="", repair=repair, may_be_billed=True
    )
    assert made.repaired(first, billed) is None
