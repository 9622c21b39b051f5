"""Signatures that Gemini refuses, and the stand-in that a conversation goes on with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from proxy_core.contract import FailureKind, UpstreamFailure
from proxy_core.ledger import LossKind, Reason
from proxy_gemini.carried import Signatures, packed
from proxy_gemini.errors import read_failure
from proxy_gemini.quirks import REPAIR_OF_SIGNATURES, SIGNATURE_DUMMY
from tests.e2e.gemini_upstream import BIG, KEY, MANNERS, MIDDLE, SMALL, GeminiUpstream
from tests.e2e.upstream_script import Script, answer, by_answer, call, say, think
from tests.support.gemini import Json, send, target
from tests.support.proxy import TOOLS, Proxy, after_its_call, proxy_with

ASKED: Json = {"model": f"gemini/{BIG}", "tools": TOOLS, "thinking": {"type": "adaptive"}}
HELLO: list[Json] = [{"role": "user", "content": "hello"}]


@contextmanager
def proxied(script: Script) -> Iterator[tuple[Proxy, GeminiUpstream]]:
    models = (BIG, MIDDLE, SMALL)
    with GeminiUpstream(script, key=KEY, models=models, manners=MANNERS) as upstream:
        environ = {
            "GEMINI_API_KEY": KEY,
            "GOOGLE_GEMINI_BASE_URL": f"http://127.0.0.1:{upstream.port}",
        }
        with proxy_with("gemini", environ) as proxy:
            yield proxy, upstream
    assert upstream.problems == []


def answered(proxy: Proxy, messages: list[Json], *, stream: bool) -> Json:
    return proxy.message(**ASKED, messages=messages, stream=stream)


@pytest.mark.parametrize("stream", [False, True])
def test_signatures_that_are_refused_are_replaced(stream: bool) -> None:
    script = by_answer(answer(think("Hm."), call("call_1", "Read")), answer(say("Done.")))
    with proxied(script) as (proxy, upstream):
        first = answered(proxy, HELLO, stream=stream)
        upstream.forget_signatures()
        last = answered(proxy, after_its_call(first), stream=stream)
        assert last["content"] == [{"type": "text", "text": "Done."}]
        (refused,) = upstream.refused
        assert "Thought signature is not valid" in json.dumps(refused.body)
        assert len(upstream.chats) == 3
        assert SIGNATURE_DUMMY not in upstream.chats[1].raw.decode()
        assert SIGNATURE_DUMMY in upstream.chats[2].raw.decode()


@pytest.mark.parametrize(
    "message",
    [
        "Corrupted thought signature.",
        "Invalid thought signature.",
        "Unable to submit request because Thought signature is not valid.. Learn more:",
        "Function call is missing a thought_signature in functionCall parts. This is required",
    ],
)
def test_refusals_of_signatures(message: str) -> None:
    body = {"error": {"code": 400, "message": message, "status": "INVALID_ARGUMENT"}}
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=400, body=json.dumps(body).encode())
    verdict = read_failure(failure, target())
    assert verdict.repair == REPAIR_OF_SIGNATURES
    assert not verdict.may_be_billed


def test_without_history_every_signature_is_the_stand_in() -> None:
    thinking: dict[str, Any] = {"type": "thinking", "thinking": "Hm."}
    signature = packed(Signatures(era="3", call="c2lnbmVk"), "", target())
    use = {"type": "tool_use", "id": "t1", "name": "Read", "input": {}}
    asked = {
        "model": "m",
        "max_tokens": 100,
        "tools": TOOLS,
        "messages": [
            *HELLO,
            {"role": "assistant", "content": [{**thinking, "signature": signature}, use]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "x"}],
            },
        ],
    }
    assert "c2lnbmVk" in json.dumps(send(asked).body)
    for quirks in ({}, {"signature_dummy": ""}):
        repaired = {**quirks, **REPAIR_OF_SIGNATURES.quirks}
        sent = send(asked, target(**repaired))
        assert "c2lnbmVk" not in json.dumps(sent.body)
        assert SIGNATURE_DUMMY in json.dumps(sent.body)
        assert sent.lost("/messages/1/content/0") == (LossKind.DROPPED, Reason.SIGNATURE)
