"""Gemini's plugin as the tests look at it: requests translated, answers told and judged."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proxy_core.anthropic.answering import writer_options
from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import (
    ErrorVerdict,
    ModelOptions,
    Target,
    UpstreamRequest,
)
from proxy_core.ledger import Ledger, Loss, LossKind, Reason
from proxy_core.routing.directory import at
from proxy_core.testing.lifecycle import fold
from proxy_gemini import CARD, plugin
from proxy_gemini.context import GeminiContext
from tests.support.telling import short, told_by_stream, told_whole

Json = dict[str, Any]
FIXTURES = Path(__file__).parents[1] / "fixtures" / "gemini"
NEWEST = "gemini-4-carbon"


def fixture(name: str) -> Any:
    return json.loads((FIXTURES / name).read_text(encoding="utf-8"))


def target(model: str = NEWEST, options: ModelOptions | None = None, **quirks: Any) -> Target:
    """A model at Google, or at a server that the user described with these quirks."""
    return at(CARD.model_copy(update={"quirks": quirks}), model, options)


@dataclass(frozen=True)
class Sent:
    """One translated request: what is sent and what was lost."""

    upstream: UpstreamRequest
    ledger: Ledger

    @property
    def body(self) -> Json:
        body: Json = json.loads(self.upstream.body)
        return body

    @property
    def contents(self) -> list[Json]:
        contents: list[Json] = self.body["contents"]
        return contents

    @property
    def generation(self) -> Json:
        generation: Json = self.body.get("generationConfig", {})
        return generation

    def lost(self, path: str) -> tuple[LossKind, Reason] | None:
        """What the ledger says of one place."""
        found: Iterable[Loss] = (loss for loss in self.ledger if loss.path == path)
        return next(((loss.kind, loss.reason) for loss in found), None)


def send(request: Json, to: Target | None = None) -> Sent:
    ledger = Ledger()
    body = json.dumps(request, ensure_ascii=False).encode()
    return Sent(plugin.proxy_translate_request(parse(body), to or target(), ledger), ledger)


def parts(asks: Json, index: int = -1, **quirks: Any) -> list[Json]:
    """The parts of one content."""
    found: list[Json] = send(asks, target(**quirks)).contents[index]["parts"]
    return found


# -- answers -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """What the client got: blocks in short form, the end, the failure if there was one."""

    blocks: list[list[Any]]
    """`["text", s]`, `["thinking", s]` or `["tool", name, input]`."""
    content: list[Json]
    stop: str | None
    stop_sequence: str | None
    usage: list[int]
    """Input, cache read, output."""
    failure: ErrorVerdict | None
    ledger: Ledger


ASK: Json = {
    "model": "claude-x",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "hi"}],
    "tools": [
        {"name": name, "input_schema": {"type": "object", "properties": {}}}
        for name in ("Bash", "Read", "TaskList", "mcp.x/y")
    ],
}


def asked(to: Target | None = None, **fields: Any) -> UpstreamRequest:
    """The request that an answer belongs to."""
    return send({**ASK, "stream": True, **fields}, to).upstream


def _writer(sink: Any, upstream: UpstreamRequest, display: Json | None) -> MessageWriter:
    request = parse(json.dumps({**ASK, **({"thinking": display} if display else {})}).encode())
    return MessageWriter(sink, writer_options(request, upstream, "msg_1"))


def tell_stream(
    pieces: Iterable[bytes],
    upstream: UpstreamRequest | None = None,
    *,
    complete: bool = True,
    thinking: Json | None = None,
) -> Told:
    """Tell an event stream that arrives in these pieces; what the client got is legal."""
    upstream = upstream or asked()
    sink, ledger = EventSink(), Ledger()
    writer = _writer(sink, upstream, thinking)
    stream = plugin.proxy_open_stream(upstream, writer, ledger)
    events = told_by_stream(stream, pieces, writer, sink, complete=complete)
    return _told(writer, fold(events), ledger)


def tell_whole(
    body: bytes, upstream: UpstreamRequest | None = None, thinking: Json | None = None
) -> Told:
    """Tell a whole answer."""
    upstream = upstream or asked()
    sink, ledger = MessageSink(), Ledger()
    writer = _writer(sink, upstream, thinking)
    message = told_whole(
        lambda: plugin.proxy_translate_response(upstream, body, writer, ledger), writer, sink
    )
    return _told(writer, message, ledger)


def _told(writer: MessageWriter, message: Json, ledger: Ledger) -> Told:
    usage = message.get("usage", {})
    counts = ("input_tokens", "cache_read_input_tokens", "output_tokens")
    content = message.get("content", [])
    return Told(
        blocks=[_short(block) for block in content],
        content=content,
        stop=message.get("stop_reason"),
        stop_sequence=message.get("stop_sequence"),
        usage=[usage.get(name, 0) for name in counts],
        failure=writer.failure,
        ledger=ledger,
    )


def _short(block: Json) -> list[Any]:
    if block["type"] == "web_search_tool_result":
        return ["found", [page["title"] for page in block["content"]]]
    return short(block)


def sse(payloads: Sequence[Json | str]) -> bytes:
    """Payloads as Gemini streams them: data lines with CRLF, no names, no end mark."""
    texts = [text if isinstance(text, str) else json.dumps(text) for text in payloads]
    return "".join(f"data: {text}\r\n\r\n" for text in texts).encode()


def chunk(*parts: Json, finish: str | None = None, usage: Json | None = None) -> Json:
    """One chunk of a stream, or one whole answer."""
    candidate: Json = {"index": 0, "content": {"role": "model", "parts": list(parts)}}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], **({"usageMetadata": usage} if usage else {})}


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """The same bytes in pieces."""
    edges = [0, *sorted(places), len(data)]
    return [data[start:end] for start, end in itertools.pairwise(edges)]


def context(upstream: UpstreamRequest) -> GeminiContext:
    assert isinstance(upstream.context, GeminiContext)
    return upstream.context
