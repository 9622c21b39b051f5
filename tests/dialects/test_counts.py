"""Answers of vendors' counters, whatever comes instead of a count."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from proxy_core.anthropic.request import parse
from proxy_core.contract import CountCall, ProtocolError
from proxy_core.dialects.counts import count_reader
from proxy_core.plugins import load_plugins
from proxy_core.routing.directory import at

Json = dict[str, Any]

COUNTERS: dict[str, tuple[str, Callable[[Any], Json]]] = {
    "openai": ("gpt-6.1-sol", lambda count: {"input_tokens": count}),
    "gemini": ("gemini-4-carbon", lambda count: {"totalTokens": count}),
    "moonshot": ("kimi-k3", lambda count: {"data": {"total_tokens": count}}),
    "anthropic": ("claude-opus-5-5", lambda count: {"input_tokens": count}),
}
BOUND = {
    bound.provider.name: bound
    for bound in load_plugins(["openai", "gemini", "moonshot", "passthrough"]).providers
}
NO_COUNTS: tuple[Any, ...] = ("5", 5.5, -5, True, None, [], {}, 9 * 10**20)
NO_ANSWERS = (b"", b"null", b"[]", b"{}", b"7", b"\xff", b'{"\\ud800": 1}', b"<html>")


def call(name: str) -> CountCall:
    """The count of a short request, as the plugin asks its vendor for it."""
    model, _ = COUNTERS[name]
    request = parse(b'{"model":"m","messages":[{"role":"user","content":"hi"}]}')
    made = BOUND[name].count_tokens(request, at(BOUND[name].provider, model))
    assert isinstance(made, CountCall)
    return made


@pytest.mark.parametrize("name", COUNTERS)
def test_a_count_is_read_and_nothing_else(name: str) -> None:
    read, (_, answer) = call(name).read, COUNTERS[name]
    assert read(json.dumps(answer(5) | {"more": "of it"}).encode()) == 5
    for wrong in NO_COUNTS:
        with pytest.raises(ProtocolError, match="no count of tokens"):
            read(json.dumps(answer(wrong)).encode())
    deep = json.dumps(answer(5))[:-1] + ', "x": ' + "[" * 30_000 + "]" * 30_000 + "}"
    for body in (*NO_ANSWERS, deep.encode()):
        with pytest.raises(ProtocolError, match="no count of tokens"):
            read(body)


def test_a_count_inside_an_object_is_no_other() -> None:
    read = count_reader("data", "total")
    assert read(b'{"total": 1, "data": {"total": 2}}') == 2
    for body in (b'{"total": 1}', b'{"data": 2}', b'{"data": [2]}'):
        with pytest.raises(ProtocolError, match=r"no count of tokens in data\.total"):
            read(body)
