"""Requests and answers of OpenAI's Responses API, as the tests look at them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from proxy_core.anthropic.answering import writer_options
from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import ModelOptions, Target, UpstreamRequest
from proxy_core.ledger import Ledger, Loss, LossKind, Reason
from proxy_core.routing.directory import at
from proxy_core.testing.lifecycle import fold
from proxy_openai import CARD, plugin
from proxy_openai.testing import (
    a_call,
    a_message,
    a_reasoning,
    a_response,
    a_search,
    frames,
    streamed,
    told_in_deltas,
)
from proxy_openai.wire import HOST
from tests.support.chat_answers import Told, told_of
from tests.support.telling import told_by_stream, told_whole

__all__ = [
    "ASKED",
    "Sent",
    "a_call",
    "a_message",
    "a_reasoning",
    "a_response",
    "a_search",
    "both",
    "frames",
    "last",
    "send",
    "streamed",
    "target",
    "tell_stream",
    "tell_whole",
    "told_in_deltas",
]

Json = dict[str, Any]
ASKED: Json = {
    "model": "claude-x",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "x"}],
    "stream": True,
}


@dataclass(frozen=True)
class Sent:
    """One translated request: what is sent, what was lost."""

    upstream: UpstreamRequest
    body: Json
    losses: list[Loss]

    @property
    def input(self) -> list[Json]:
        items: list[Json] = self.body["input"]
        return items

    def lost(self, path: str) -> tuple[LossKind, Reason] | None:
        """What the ledger says of one place."""
        found = (loss for loss in self.losses if loss.path == path)
        return next(((loss.kind, loss.reason) for loss in found), None)


def target(
    model: str = "gpt-6.1-sol",
    *,
    base_url: str = f"https://{HOST}/v1",
    options: ModelOptions | None = None,
    **quirks: Any,
) -> Target:
    """A model at OpenAI, or wherever else the Responses API is spoken."""
    update = {"base_url": base_url, "quirks": {"wire": "responses", **quirks}}
    return at(CARD.model_copy(update=update), model, options)


def send(asked: Json, to: Target | None = None) -> Sent:
    """The request as it would go upstream."""
    request = parse(json.dumps(asked, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    ledger = Ledger()
    upstream = plugin.proxy_translate_request(request, to or target(), ledger)
    return Sent(upstream, json.loads(upstream.body), list(ledger))


# -- telling an answer ---------------------------------------------------------------------


def tell_stream(
    pieces: Iterable[bytes], asked: Json | None = None, to: Target | None = None
) -> Told:
    """Tell an event stream that arrives in these pieces; what the client got is legal."""
    upstream = send(asked or ASKED, to).upstream
    sink = EventSink()
    writer = _writer(sink, upstream, asked)
    stream = plugin.proxy_open_stream(upstream, writer, Ledger())
    events = told_by_stream(stream, pieces, writer, sink)
    return told_of(writer, fold(events), events)


def tell_whole(body: bytes, asked: Json | None = None, to: Target | None = None) -> Told:
    """Tell a whole answer."""
    upstream = send(asked or ASKED, to).upstream
    sink = MessageSink()
    writer = _writer(sink, upstream, asked)
    message = told_whole(
        lambda: plugin.proxy_translate_response(upstream, body, writer, Ledger()), writer, sink
    )
    return told_of(writer, message, [])


def _writer(
    sink: EventSink | MessageSink, upstream: UpstreamRequest, asked: Json | None
) -> MessageWriter:
    minted = itertools.count()
    request = parse(json.dumps(asked or ASKED).encode())
    options = writer_options(request, upstream, "msg_1")
    options = msgspec.structs.replace(options, new_tool_id=lambda: f"toolu_{next(minted)}")
    return MessageWriter(sink, options)


def both(response: Json, asked: Json | None = None) -> Told:
    """The answer told in both forms, which must come to the same."""
    whole = tell_whole(json.dumps(response).encode(), asked)
    stream = tell_stream([frames(streamed(response))], asked)
    assert stream.failure == whole.failure
    assert stream.stop == whole.stop
    assert whole.failure or stream.message["content"] == whole.message["content"]
    return whole


def last(response: Json, kind: str = "response.completed") -> Json:
    """The last event of a stream."""
    return {"type": kind, "response": response}
