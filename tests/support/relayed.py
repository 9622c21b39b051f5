"""Streams of a native vendor, and what the relay makes of them."""

import json
from typing import Any

from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import Target
from proxy_core.ledger import Ledger
from proxy_core.sse import decoder
from tests.support.native import ASKED, MODEL, Acme, Json, event_writer, target, upstream

SEALING = target(seal_signatures=True)
USAGE: Json = {"input_tokens": 7, "output_tokens": 1, "cache_read_input_tokens": 3}


def start(model: str = MODEL, **more: Any) -> Json:
    message: Json = {"id": "msg_1", "type": "message", "role": "assistant", "model": model}
    message |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": USAGE, **more}
    return {"type": "message_start", "message": message}


END: list[Json] = [
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 5},
    },
    {"type": "message_stop"},
]


def block(index: int, content: Json, *deltas: Json) -> list[Json]:
    return [
        {"type": "content_block_start", "index": index, "content_block": content},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


TEXT = block(0, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Hi \u2028 there"})


def relayed(
    data: bytes, to: Target | None = None, cuts: tuple[int, ...] = (), *, close: bool = True
) -> tuple[bytes, MessageWriter]:
    """What the client gets of a stream that arrives in pieces, and the writer it went through."""
    writer, sink = event_writer()
    reader = Acme().proxy_open_stream(upstream(to), writer, Ledger())
    frames = decoder(keep_bytes=True)
    got = b""
    for begin, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
        for event in frames.feed(data[begin:end]):
            reader.feed(event)
        got += sink.take()
    if close:
        for event in frames.flush():
            reader.feed(event)
        reader.close(complete=True)
        writer.end()
    return got + sink.take(), writer


def renamed(data: bytes) -> bytes:
    return data.replace(json.dumps(MODEL).encode(), json.dumps(ASKED).encode(), 1)
