"""One answer told to a writer, and read back from both of its sinks."""

from __future__ import annotations

import json
from typing import Any

from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.support.anthropic_streams import Event


class Told:
    """A writer over an event stream, with what has left it so far.

    Attributes of the writer are used through `writer`; each look at the events checks nothing,
    `message()` checks everything.
    """

    def __init__(self, **options: Any) -> None:
        self._sink = EventSink("req_1")
        self._data = b""
        self.writer = MessageWriter(
            self._sink, WriterOptions(message_id="msg_1", model="m", **options)
        )

    @property
    def data(self) -> bytes:
        """All bytes that left so far."""
        self._data += self._sink.take()
        return self._data

    @property
    def events(self) -> list[Event]:
        return parse_events(self.data)

    @property
    def types(self) -> list[str]:
        """Short names of the events: `start 0 text`, `text_delta`, `stop 0`, `message_stop` ..."""
        return [_short(event) for event in self.events]

    def message(self) -> dict[str, Any]:
        """The message after a legal end."""
        check_events(self.events)
        assert self.writer.failure is None, self.writer.failure
        return fold(self.events)

    def content(self) -> list[dict[str, Any]]:
        blocks: list[dict[str, Any]] = self.message()["content"]
        return blocks

    def error(self) -> str:
        """The words of the error that ended the stream."""
        check_events(self.events)
        words: str = self.events[-1]["error"]["message"]
        return words


def finished(told: Told, reason: str = "end_turn") -> Told:
    """The same, after the answer ended for this reason."""
    told.writer.finish(reason)
    told.writer.end()
    return told


def sealed(hidden: str) -> str:
    """A seal that can be read."""
    return f"<{hidden}>"


def _short(event: Event) -> str:
    match event["type"]:
        case "content_block_start":
            return f"start {event['index']} {event['content_block']['type']}"
        case "content_block_delta":
            return str(event["delta"]["type"])
        case "content_block_stop":
            return f"stop {event['index']}"
        case other:
            return str(other)


def whole(**options: Any) -> tuple[MessageWriter, MessageSink]:
    """A writer of one whole message, and its sink."""
    sink = MessageSink()
    return MessageWriter(sink, WriterOptions(message_id="msg_1", model="m", **options)), sink


def as_json(sink: MessageSink) -> dict[str, Any]:
    """The whole message as the client reads it."""
    message: dict[str, Any] = json.loads(sink.json())
    return message
