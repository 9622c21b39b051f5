"""Tokens, counted by OpenAI."""

from __future__ import annotations

import json

import pytest

from proxy_core.anthropic.request import parse
from proxy_core.contract import CountCall, ProtocolError
from proxy_openai import plugin
from tests.e2e.responses_rules import check_count
from tests.plugins.openai.responses.items import send
from tests.support.chat_requests import Json, assistant, text, tool, user
from tests.support.responses import target


def count(fields: Json) -> CountCall | None:
    body = {"model": "claude-x", **fields}
    return plugin.proxy_count_tokens(parse(json.dumps(body).encode()), target())


def test_b32_the_same_is_counted_as_would_be_read() -> None:
    fields: Json = {"messages": [user("hi")], "system": "S", "tools": [tool("Bash")]}
    made = count(fields)
    assert made is not None
    assert (made.request.path, made.request.stream) == ("/responses/input_tokens", False)
    body = json.loads(made.request.body)
    check_count(body)
    whole = send({"max_tokens": 9, "model": "claude-x", **fields}).body
    assert body == {name: whole[name] for name in body}
    assert set(body) == {"model", "instructions", "input", "tools", "reasoning"}
    assert made.read(b'{"object": "response.input_tokens", "input_tokens": 123}') == 123
    for broken in (b"{}", b"null", b"[", b'{"input_tokens": "many"}', b"[" * 100_000):
        with pytest.raises(ProtocolError):
            made.read(broken)


def test_a_fragment_is_counted_and_the_unsayable_left_to_the_estimate() -> None:
    assert count({"messages": [assistant("a beginning")]}) is not None
    file = {"type": "image", "source": {"type": "file", "file_id": "f"}}
    assert count({"messages": [user(text("x"), file)]}) is None
