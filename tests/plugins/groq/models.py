"""Groq's models, and requests for them that Groq takes."""

from __future__ import annotations

import json
from pathlib import Path

from proxy_core.anthropic.request import parse
from proxy_core.bound import BoundProvider
from proxy_core.contract import UpstreamRequest
from proxy_core.ledger import Ledger
from proxy_core.routing.directory import at
from tests.e2e.groq_rules import check_body
from tests.support.chat_answers import Json

FIXTURES = Path(__file__).parents[2] / "fixtures" / "openai"
BIG, SMALL, SEES, OLDER_QWEN = (
    "openai/gpt-oss-120b",
    "openai/gpt-oss-20b",
    "qwen/qwen3.8-27b",
    "qwen/qwen3.6-27b",
)
NEVER = {
    *("frequency_penalty", "logit_bias", "logprobs", "max_tokens", "metadata", "n"),
    *("presence_penalty", "prompt_cache_key", "safety_identifier", "store", "top_k"),
    *("top_logprobs", "user", "service_tier", "thinking", "reasoning"),
}


def translated(
    groq: BoundProvider, asked: Json, model: str = BIG, ledger: Ledger | None = None
) -> UpstreamRequest:
    target = at(groq.provider, model)
    parsed = parse(json.dumps(asked).encode())
    return groq.translate_request(parsed, target, Ledger() if ledger is None else ledger)


def sent(groq: BoundProvider, asked: Json, model: str = BIG, ledger: Ledger | None = None) -> Json:
    """The body as it is sent; Groq would take it."""
    upstream = translated(groq, asked, model, ledger)
    assert upstream.path == "/chat/completions"
    body: Json = json.loads(upstream.body)
    check_body(body)
    assert not NEVER & body.keys()
    return body
