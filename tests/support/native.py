"""A server that speaks the Anthropic API itself: requests for it, and its answers as bytes."""

import json
from typing import Any

from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.request import MessagesRequest, parse
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.contract import ModelFacts, Provider, Target, UpstreamRequest
from proxy_core.dialects.anthropic_native import AnthropicNative, Quirks
from proxy_core.ledger import Ledger

Json = dict[str, Any]

ASKED = "the-clients-name"
MODEL = "the-vendors-name"

CALL = {"type": "tool_use", "id": "t1", "name": "Read", "input": {}}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1"}]}
TOOL: Json = {"name": "Read", "input_schema": {"type": "custom", "properties": {}}}


def target(name: str = "acme", **quirks: Any) -> Target:
    card = Provider(name=name, base_url=f"https://{name}.example/api", quirks=quirks)
    return Target(provider=card, model=MODEL, facts=ModelFacts(pattern="*"))


def request(**fields: Any) -> MessagesRequest:
    body = {
        "model": ASKED,
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "hello"}],
        **fields,
    }
    return parse(json.dumps(body).encode())


class Acme(AnthropicNative):
    """The dialect, as a plugin has it."""


def translated(
    asked: MessagesRequest, to: Target | None = None, ledger: Ledger | None = None
) -> UpstreamRequest:
    return Acme().proxy_translate_request(
        asked, to or target(), ledger if ledger is not None else Ledger()
    )


def sent(asked: MessagesRequest, to: Target | None = None, ledger: Ledger | None = None) -> Json:
    body: Json = json.loads(translated(asked, to, ledger).body)
    return body


def upstream(to: Target | None = None) -> UpstreamRequest:
    return UpstreamRequest(
        target=to or target(), path="/v1/messages", body=b"{}", stream=True, relay=True
    )


def options() -> WriterOptions:
    return WriterOptions(message_id="msg_own", model=ASKED)


def event_writer() -> tuple[MessageWriter, EventSink]:
    sink = EventSink("req_own")
    return MessageWriter(sink, options()), sink


def message_writer() -> tuple[MessageWriter, MessageSink]:
    sink = MessageSink()
    return MessageWriter(sink, options()), sink


def quirks(**changes: Any) -> Quirks:
    return Quirks().but(changes)


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def thought(signature: str, text: str = "hm") -> Json:
    return {"type": "thinking", "thinking": text, "signature": signature}


def history(*blocks: Json, **fields: Any) -> Json:
    """A request after an answer of these blocks and a call."""
    said = {"role": "assistant", "content": [*blocks, CALL]}
    messages = [{"role": "user", "content": "hi"}, said, RESULT]
    return {"messages": messages, **fields}


def swapped(body: bytes, model: str) -> bytes:
    """`body` with its model exchanged by hand."""
    asked = json.dumps(json.loads(body)["model"]).encode()
    at = body.index(b'"model"')
    head, tail = body[:at], body[at:]
    return head + tail.replace(asked, json.dumps(model).encode(), 1)
