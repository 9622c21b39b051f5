"""Upstream answers in OpenAI's Chat dialect, told to a writer and judged."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.contract import (
    ErrorVerdict,
    ModelFacts,
    Provider,
    Target,
    UpstreamRequest,
)
from proxy_core.dialects.openai_chat.answers.response import translate_response
from proxy_core.dialects.openai_chat.answers.stream import ChatStream
from proxy_core.dialects.openai_chat.context import ChatContext
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.ledger import Ledger
from proxy_core.testing.lifecycle import fold
from tests.support.telling import short, told_by_stream, told_whole

Json = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What the client got: blocks in short form, the end, the failure if there was one."""

    blocks: list[list[Any]]
    """`["text", s]`, `["thinking", s]` or `["tool", name, input]`."""
    tool_ids: list[str]
    stop: str | None
    stop_sequence: str | None
    usage: list[int]
    """Input, cache read, cache write, output."""
    failure: ErrorVerdict | None
    message: Json
    events: list[Json]


def a_target(window: int | None = None, provider: str = "acme", **quirks: Any) -> Target:
    """A model at a made-up provider."""
    card = Provider(
        name=provider,
        base_url="https://api.acme.example/v1",
        key_env=("ACME_API_KEY",),
        quirks=quirks,
    )
    facts = ModelFacts(pattern="*", context_window=window)
    return Target(provider=card, model="acme-1", facts=facts)


def an_upstream(
    target: Target | None = None,
    context: ChatContext | None = None,
    stop_sequences: tuple[str, ...] = (),
) -> UpstreamRequest:
    return UpstreamRequest(
        target=target or a_target(),
        path="/chat/completions",
        body=b"{}",
        stream=True,
        context=context,
        stop_sequences=stop_sequences,
    )


def _options(upstream: UpstreamRequest) -> WriterOptions:
    minted = itertools.count()
    return WriterOptions(
        message_id="msg_1",
        model="claude-x",
        new_tool_id=lambda: f"toolu_{next(minted)}",
        stop_sequences=upstream.stop_sequences,
    )


def tell_stream(
    pieces: Iterable[bytes], upstream: UpstreamRequest | None = None, *, complete: bool = True
) -> Told:
    """Tell an event stream that arrives in these pieces; what the client got is legal."""
    upstream = upstream or an_upstream()
    sink = EventSink()
    writer = MessageWriter(sink, _options(upstream))
    stream = ChatStream(upstream, Quirks.of(upstream.target), writer, Ledger())
    events = told_by_stream(stream, pieces, writer, sink, complete=complete)
    return told_of(writer, fold(events), events)


def tell_whole(body: bytes, upstream: UpstreamRequest | None = None) -> Told:
    """Tell a whole answer."""
    upstream = upstream or an_upstream()
    sink = MessageSink()
    writer = MessageWriter(sink, _options(upstream))
    message = told_whole(
        lambda: translate_response(upstream, body, Quirks.of(upstream.target), writer, Ledger()),
        writer,
        sink,
    )
    return told_of(writer, message, [])


def told(*payloads: Any, done: bool = True, upstream: UpstreamRequest | None = None) -> Told:
    """The answer that a server streams with these payloads."""
    return tell_stream([sse(payloads, done=done)], upstream)


def kinds(answer: Told) -> list[str]:
    """The events in short: `+0:tool_use` opens a block, `-0` closes it."""
    names = []
    for event in answer.events:
        match event["type"]:
            case "content_block_start":
                names.append(f"+{event['index']}:{event['content_block']['type']}")
            case "content_block_stop":
                names.append(f"-{event['index']}")
            case "content_block_delta":
                pass
            case name:
                names.append(name)
    return names


def told_of(writer: MessageWriter, message: Json, events: list[Json]) -> Told:
    """What the client got, from the writer and what it told."""
    usage = message.get("usage", {})
    counts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    content = message.get("content", [])
    return Told(
        blocks=[short(block) for block in content],
        tool_ids=[block["id"] for block in content if block["type"] == "tool_use"],
        stop=message.get("stop_reason"),
        stop_sequence=message.get("stop_sequence"),
        usage=[usage.get(name, 0) for name in (*counts, "output_tokens")],
        failure=writer.failure,
        message=message,
        events=events,
    )


# -- making streams ------------------------------------------------------------------------


def sse(payloads: Sequence[Json | str], *, done: bool = True) -> bytes:
    """Payloads as the `data:` lines of an event stream; strings stand as they are."""
    texts = [text if isinstance(text, str) else json.dumps(text) for text in payloads]
    return "".join(f"data: {text}\n\n" for text in [*texts, *["[DONE]"] * done]).encode()


def chunk(
    delta: Json | None = None, finish: str | None = None, usage: Json | None = None, **more: Any
) -> Json:
    """A chunk with one choice, as OpenAI sends it."""
    choice = {"index": 0, "delta": {} if delta is None else delta, "finish_reason": finish}
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "acme-1"}
    return {**head, "choices": [choice], **({"usage": usage} if usage else {}), **more}


def call(index: int | None = None, **function: Any) -> Json:
    """A fragment of a tool call; `id` beside name and arguments."""
    fragment = {"id": function.pop("id", None), "type": "function", "function": function}
    fragment |= {} if index is None else {"index": index}
    return {"tool_calls": [{name: value for name, value in fragment.items() if value is not None}]}


def a_usage(prompt: int = 10, completion: int = 5, cached: int = 0) -> Json:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


STOP = chunk(finish="stop")
CALLED = chunk(finish="tool_calls")
