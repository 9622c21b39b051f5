"""Requests and answers of OpenAI's Responses API, as the tests look at them."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from proxy_core.anthropic.answering import writer_options
from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import MessageWriter, broken_answer
from proxy_core.contract import ModelOptions, ProtocolError, Target, UpstreamRequest
from proxy_core.ledger import Ledger, Loss, LossKind, Reason
from proxy_core.routing.directory import at
from proxy_core.sse import SseDecoder
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from proxy_openai import CARD, plugin
from proxy_openai.wire import HOSTS
from tests.support.chat_answers import Told, told_of

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
    base_url: str = f"https://{HOSTS[0]}/v1",
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
    decoder = SseDecoder()
    try:
        for piece in pieces:
            for event in decoder.feed(piece):
                stream.feed(event)
        for event in decoder.flush():
            stream.feed(event)
        stream.close(True)
    except ProtocolError as error:
        writer.fail(broken_answer(str(error)))
    writer.end()
    events = parse_events(sink.take())
    check_events(events)
    return told_of(writer, fold(events), events)


def tell_whole(body: bytes, asked: Json | None = None, to: Target | None = None) -> Told:
    """Tell a whole answer."""
    upstream = send(asked or ASKED, to).upstream
    sink = MessageSink()
    writer = _writer(sink, upstream, asked)
    try:
        plugin.proxy_translate_response(upstream, body, writer, Ledger())
    except ProtocolError as error:
        writer.fail(broken_answer(str(error)))
    writer.end()
    message = json.loads(sink.json()) if writer.failure is None else {}
    return told_of(writer, message, [])


def _writer(
    sink: EventSink | MessageSink, upstream: UpstreamRequest, asked: Json | None
) -> MessageWriter:
    minted = itertools.count()
    request = parse(json.dumps(asked or ASKED).encode())
    options = writer_options(request, upstream, "msg_1")
    options = msgspec.structs.replace(options, new_tool_id=lambda: f"toolu_{next(minted)}")
    return MessageWriter(sink, options)


# -- making answers ------------------------------------------------------------------------


def frames(events: Sequence[Json | str]) -> bytes:
    """Events as they stand on the wire; strings stand as they are."""
    texts = [
        event
        if isinstance(event, str)
        else f"event: {event.get('type')}\ndata: {json.dumps(event)}\n\n"
        for event in events
    ]
    return "".join(texts).encode()


def a_reasoning(item_id: str = "rs_1", *summary: str, encrypted: str | None = "gAAAA") -> Json:
    texts = [{"type": "summary_text", "text": text} for text in summary]
    item: Json = {"type": "reasoning", "id": item_id, "summary": texts}
    return item if encrypted is None else {**item, "encrypted_content": encrypted}


def a_message(*texts: str, phase: str | None = None, item_id: str = "msg_1") -> Json:
    parts = [{"type": "output_text", "text": text, "annotations": []} for text in texts]
    said = {"type": "message", "id": item_id, "role": "assistant", "status": "completed"}
    return {**said, **({"phase": phase} if phase else {}), "content": parts}


def a_call(call_id: str = "call_a", name: str = "Read", arguments: str = "{}") -> Json:
    return {
        "type": "function_call",
        "id": f"fc_{call_id}",
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
        "status": "completed",
    }


def a_search(query: str, *urls: str, status: str = "completed") -> Json:
    sources = [{"type": "url", "url": url} for url in urls]
    action = {"type": "search", "query": query, "queries": [query], "sources": sources}
    return {"type": "web_search_call", "id": f"ws_{query}", "status": status, "action": action}


def a_response(*items: Json, status: str = "completed", **fields: Any) -> Json:
    """A whole answer, or the one inside the last event of a stream."""
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1795000000.0,
        "model": "gpt-6.1-sol",
        "status": status,
        "output": list(items),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {
            "input_tokens": 30,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": 25,
            "output_tokens_details": {"reasoning_tokens": 20},
            "total_tokens": 55,
        },
        **fields,
    }


def told_in_deltas(index: int, item: Json) -> list[Json]:
    """The events of one item, as OpenAI tells it."""
    at_place: Json = {"output_index": index, "item_id": item["id"]}
    added: Json = {"type": "response.output_item.added", "output_index": index}
    done = {"type": "response.output_item.done", "output_index": index, "item": item}
    match item["type"]:
        case "message":
            opened = item | {"content": [], "status": "in_progress"}
            deltas = [
                {"type": "response.output_text.delta", **at_place, "content_index": n, "delta": d}
                for n, part in enumerate(item["content"])
                for d in _cut(part["text"])
            ]
        case "reasoning":
            opened = item | {"summary": []}
            if "encrypted_content" in item:
                opened["encrypted_content"] = item["encrypted_content"][:3]
            deltas = [
                {
                    "type": "response.reasoning_summary_text.delta",
                    **at_place,
                    "summary_index": n,
                    "delta": d,
                }
                for n, part in enumerate(item["summary"])
                for d in _cut(part["text"])
            ]
        case "web_search_call":
            opened, deltas = item | {"status": "in_progress"}, []
        case _:
            opened = item | {"arguments": "", "status": "in_progress"}
            kind = "response.function_call_arguments.delta"
            deltas = [{"type": kind, **at_place, "delta": d} for d in _cut(item["arguments"])]
    return [added | {"item": opened}, *deltas, done]


def _cut(text: str) -> list[str]:
    return [text[start : start + 3] for start in range(0, len(text), 3)]


def streamed(response: Json) -> list[Json]:
    """The events of an answer, item after item."""
    kinds = {"incomplete": "response.incomplete", "failed": "response.failed"}
    last = {"type": kinds.get(response["status"], "response.completed"), "response": response}
    told = [told_in_deltas(index, item) for index, item in enumerate(response["output"])]
    first = {"type": "response.created", "response": a_response(status="in_progress", usage=None)}
    events: list[Json] = json.loads(json.dumps([first, *itertools.chain(*told), last]))
    return events  # a copy, that a test may change
