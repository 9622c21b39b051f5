"""Items of requests for the Responses API, and what the proxy told that they are made of."""

from __future__ import annotations

from typing import Any

from proxy_core.contract import Target
from proxy_openai.responses.state import ReasoningState, signature
from tests.e2e.responses_rules import check_body
from tests.support.chat_requests import Json
from tests.support.responses import Sent, target
from tests.support.responses import send as send_unchecked


def send(asked: Json, to: Target | None = None) -> Sent:
    sent = send_unchecked(asked, to)
    check_body(sent.body)
    return sent


def thought(item_id: str = "rs_1", words: str = "", to: Target | None = None, **state: str) -> Json:
    """A thinking block as the proxy told it."""
    made = ReasoningState(item_id, **{"encrypted": "gAAAA" + item_id, **state})
    return {"type": "thinking", "thinking": words, "signature": signature(made, to or target())}


def reasoning(item_id: str = "rs_1", *summary: str) -> Json:
    texts = [{"type": "summary_text", "text": words} for words in summary]
    return {
        "type": "reasoning",
        "id": item_id,
        "summary": texts,
        "encrypted_content": "gAAAA" + item_id,
    }


def said(words: str, **fields: str) -> Json:
    return {"role": "assistant", "content": words, **fields}


def called(call_id: str, name: str = "Bash", arguments: str = "{}") -> Json:
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def given(call_id: str, output: Any = "out") -> Json:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def asked(*words: str) -> Json:
    return {"role": "user", "content": [{"type": "input_text", "text": word} for word in words]}
