"""The dialect as a plugin: a subclass with providers is all a vendor ships."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from proxy_core.anthropic.message import MessageSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.contract import (
    About,
    FailureKind,
    ModelFacts,
    Provider,
    Target,
    UpstreamFailure,
)
from proxy_core.dialects.openai_chat import OpenAIChat, Quirks
from proxy_core.ledger import Ledger
from proxy_core.plugins import Plugins
from proxy_core.sse import SseDecoder
from tests.support.chat_answers import chunk, sse

CARD = Provider(
    name="acme",
    base_url="https://api.acme.example/v1",
    quirks={"think_tags": "tagged", "system_role": "developer"},
)
FACTS = ModelFacts(pattern="*", quirks={"system_role": "system", "bodyless_overflow": True})
TARGET = Target(provider=CARD, model="acme-1", facts=FACTS)
ASKED = {
    "model": "claude-x",
    "max_tokens": 9,
    "system": "be good",
    "messages": [{"role": "user", "content": "hi"}],
}


class Acme(OpenAIChat):
    providers = (CARD,)


class Plain(Acme):
    def quirks(self, target: Target) -> Quirks:
        plain = replace(Quirks.of(target), think_tags="none", bodyless_overflow=False)
        return replace(plain, max_tokens_field="max_completion_tokens")


@pytest.mark.parametrize(
    ("plugin", "limit_field", "thinking"),
    [(Acme(), "max_tokens", True), (Plain(), "max_completion_tokens", False)],
)
def test_the_quirks_reach_every_hook(plugin: Acme, limit_field: str, thinking: bool) -> None:
    """The card's, with the model's before them; or those of an overriding method."""
    (bound,) = Plugins.of({"acme": plugin}).providers
    upstream = bound.translate_request(parse(json.dumps(ASKED).encode()), TARGET, Ledger())
    body = json.loads(upstream.body)
    assert body[limit_field] == 9
    assert body["messages"][0]["role"] == "system"
    blocks = ["thinking", "text"] if thinking else ["text"]

    content = "<think>a</think>b"
    sink = MessageSink()
    writer = MessageWriter(sink, WriterOptions(message_id="msg_1", model="claude-x"))
    stream = bound.open_stream(upstream, writer, Ledger())
    for event in SseDecoder().feed(sse([chunk({"content": content}, "stop")])):
        stream.feed(event)
    assert [block["type"] for block in sink.message["content"]] == blocks

    sink = MessageSink()
    writer = MessageWriter(sink, WriterOptions(message_id="msg_1", model="claude-x"))
    whole = {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
    bound.translate_response(upstream, json.dumps(whole).encode(), writer, Ledger())
    writer.end()
    assert [block["type"] for block in sink.message["content"]] == blocks

    failure = UpstreamFailure(kind=FailureKind.STATUS, status=413)
    verdict = bound.classify_error(failure, TARGET)
    assert verdict is not None
    assert (verdict.about is About.CONTEXT_OVERFLOW) == thinking
