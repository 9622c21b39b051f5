"""An answer of an upstream, told to a writer as its bytes arrive, and judged."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.verdicts import broken_answer
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import ProtocolError, StreamTranslator
from proxy_core.sse import SseDecoder
from proxy_core.testing.lifecycle import check_events, parse_events

Json = dict[str, Any]


def told_by_stream(
    stream: StreamTranslator,
    pieces: Iterable[bytes],
    writer: MessageWriter,
    sink: EventSink,
    *,
    complete: bool = True,
) -> list[Json]:
    """Feed an event stream that arrives in these pieces; the client's events, which are legal."""
    decoder = SseDecoder()
    try:
        for piece in pieces:
            for event in decoder.feed(piece):
                stream.feed(event)
        for event in decoder.flush() if complete else ():
            stream.feed(event)
        stream.close(complete)
    except ProtocolError as error:
        writer.fail(broken_answer(str(error)))
    writer.end()
    events = parse_events(sink.take())
    check_events(events)
    return events


def told_whole(translate: Callable[[], None], writer: MessageWriter, sink: MessageSink) -> Json:
    """Translate a whole answer; the client's message, empty after a failure."""
    try:
        translate()
    except ProtocolError as error:
        writer.fail(broken_answer(str(error)))
    writer.end()
    message: Json = json.loads(sink.json()) if writer.failure is None else {}
    return message


def short(block: Json) -> list[Any]:
    """`["text", s]`, `["thinking", s]`, `["tool", name, input]` and the like."""
    match block["type"]:
        case "tool_use":
            return ["tool", block["name"], block["input"]]
        case "server_tool_use":
            return ["search", block["input"]["query"]]
        case "web_search_tool_result":
            return ["found", block["content"]]
        case kind:
            return [kind, block[kind]]
