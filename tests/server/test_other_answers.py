"""An upstream that does something else than it was asked for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from proxy_core.testing.lifecycle import check_events, fold
from tests.support.proxy import Proxy, error_of
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, RawUpstream, http_head
from tests.support.servers import serving

WHOLE = {
    "id": "c",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi."}}
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}
CHUNKS = b"".join(
    b"data: " + json.dumps(chunk).encode() + b"\n\n"
    for chunk in (
        {"choices": [{"index": 0, "delta": {"content": "Hi."}, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {"choices": [], "usage": WHOLE["usage"]},
    )
)


async def whole_whatever_was_asked(exchange: RawExchange) -> None:
    await exchange.send(http_head("200 OK", "content-type: application/json"))
    await exchange.send(json.dumps(WHOLE).encode())


async def stream_whatever_was_asked(exchange: RawExchange) -> None:
    await exchange.send(EVENT_STREAM + CHUNKS + b"data: [DONE]\n\n")


@pytest.mark.parametrize("handler", [whole_whatever_was_asked, stream_whatever_was_asked])
@pytest.mark.parametrize("settings", [{}, {"force_disable_streaming": True}])
def test_s18_the_client_gets_the_form_it_asked_for(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]], handler: Any, settings: dict[str, Any]
) -> None:
    proxy, upstream = proxy_to_raw(handler, **settings)
    events = proxy.events()
    check_events(events)
    message = proxy.ask().json()
    assert fold(events)["content"] == message["content"] == [{"type": "text", "text": "Hi."}]
    asked = [json.loads(exchange.body).get("stream", False) for exchange in upstream.exchanges]
    assert asked == [not settings, False]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "head",
    [
        (),
        ("content-type: ",),
        ("content-type: application/json", "content-encoding: "),
        ("content-type: text/event-stream", "content-encoding: none"),
    ],
)
@pytest.mark.parametrize(
    "body",
    [
        CHUNKS,
        b"\n: waiting\n\n" + CHUNKS,
        b"event: x\n" + CHUNKS,
        json.dumps(WHOLE).encode(),
        b"\r\n " + json.dumps(WHOLE).encode(),
    ],
)
def test_the_form_of_an_answer_is_what_it_begins_with(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]],
    stream: bool,
    head: tuple[str, ...],
    body: bytes,
) -> None:
    async def handler(exchange: RawExchange) -> None:
        await exchange.send(http_head("200 OK", *head))
        for number in range(len(body)):  # a byte at a time
            await exchange.send(body[number : number + 1])

    proxy, _ = proxy_to_raw(handler)
    if stream:
        events = proxy.events()
        check_events(events)
        message = fold(events)
    else:
        message = proxy.ask().json()
    assert message["content"] == [{"type": "text", "text": "Hi."}]


def test_an_error_under_the_type_of_a_stream(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]],
) -> None:
    async def handler(exchange: RawExchange) -> None:
        await exchange.send(EVENT_STREAM + b'{"error":{"message":"too busy","code":503}}')

    proxy, _ = proxy_to_raw(handler)
    for stream in (False, True):
        assert "too busy" in error_of(proxy.ask(stream=stream))["message"]


FIRST = {
    "gemini/gemini-4-carbon": {"candidates": [{"content": {"parts": [{"text": "Hi"}]}}]},
    "openai/gpt-4o": {"choices": [{"index": 0, "delta": {"content": "Hi"}}]},
}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("model", FIRST)
def test_an_error_that_stands_bare_after_the_first_words(
    tmp_path: Path, model: str, indent: int | None
) -> None:
    """Google's own SDK reads such a body in a stream."""
    error = {"error": {"code": 503, "message": "too busy", "status": "UNAVAILABLE"}}

    async def handler(exchange: RawExchange) -> None:
        await exchange.send(EVENT_STREAM + f"data: {json.dumps(FIRST[model])}\r\n\r\n".encode())
        await exchange.send(json.dumps(error, indent=indent).encode())

    with RawUpstream(handler) as upstream:
        environ = dict.fromkeys(("GEMINI_API_KEY", "OPENAI_API_KEY"), "sk-test")
        environ |= dict.fromkeys(("GOOGLE_GEMINI_BASE_URL", "OPENAI_BASE_URL"), upstream.origin)
        settings = Settings.load({}, environ=environ, cwd=tmp_path)
        with serving(create_app(settings)) as server:
            *told, failed = Proxy(server).events(model=model)
    assert any("Hi" in str(event.get("delta")) for event in told)
    assert "too busy" in failed["error"]["message"]


@pytest.mark.parametrize("ending", ["no done", "silence after the finish"])
def test_usage_that_never_comes_does_not_hold_the_answer_back(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]], ending: str
) -> None:
    async def handler(exchange: RawExchange) -> None:
        await exchange.send(EVENT_STREAM + b"\n\n".join(CHUNKS.split(b"\n\n")[:2]) + b"\n\n")
        if ending == "silence after the finish":
            await exchange.until_hung_up()

    proxy, _ = proxy_to_raw(handler, late_usage_seconds=0.2)
    events = proxy.events()
    check_events(events)
    assert fold(events)["stop_reason"] == "end_turn"
    assert fold(events)["usage"]["output_tokens"] > 0


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("head", "body"),
    [
        (http_head("200 OK", "content-type: application/json"), b"not json"),
        (http_head("200 OK", "content-type: application/json"), b""),
        (http_head("200 OK", "content-type: application/json"), b"[]"),
        (http_head("200 OK", "content-type: text/html"), b"<html>hello</html>"),
        (http_head("200 OK", "content-type: application/json"), b"[" * 100_000),
        (EVENT_STREAM, b"data: {not json}\n\n"),
        (EVENT_STREAM, b"data: " + b"[" * 100_000 + b"\n\n"),
        (EVENT_STREAM, b""),
        (EVENT_STREAM, b"\xff\xfe\x00garbage\n\n\n"),
        (EVENT_STREAM, b"data: " + b"x" * (5 << 20)),
        (http_head("200 OK", "content-encoding: gzip"), b"\x1f\x8b"),
    ],
)
def test_garbage_is_an_api_error(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]], stream: bool, head: bytes, body: bytes
) -> None:
    async def handler(exchange: RawExchange) -> None:
        await exchange.send(head + body)

    proxy, _ = proxy_to_raw(handler)
    response = proxy.ask(stream=stream)
    assert response.status_code == 502
    assert error_of(response)["type"] == "api_error"


@pytest.mark.parametrize("body", [b"", b" \r\n"])
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_of_no_words_is_told_as_empty(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]], body: bytes, stream: bool
) -> None:
    async def handler(exchange: RawExchange) -> None:
        await exchange.send(http_head("200 OK", "content-type: application/json") + body)

    proxy, _ = proxy_to_raw(handler)
    answer = proxy.ask(stream=stream)
    assert answer.status_code == 502
    assert error_of(answer)["message"] == "The upstream's answer is empty."
