"""What holds for every legal conversation, whatever it says."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.request import parse
from proxy_core.anthropic.rules import check_messages
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.dialects.openai_chat.requests.request import translate_request
from proxy_core.ledger import Ledger
from proxy_core.testing.strategies.conversations import conversations, requests
from tests.e2e.openai_rules import RefusedError, check_body, read_body
from tests.support.chat_requests import (
    Json,
    assistant,
    call,
    image,
    request,
    result,
    send,
    target,
    tool,
    user,
)
from tests.support.conversations import MARKER, beginning, elements, markers

MANNERS = st.sampled_from(
    [
        Quirks(),
        Quirks(mid_system="user", tool_id_length=9, tool_id_pattern="[a-zA-Z0-9]{9}"),
        Quirks(reasoning_history="reasoning_content", reasoning_history_filler=" "),
        Quirks(system_role="developer", empty_tool_result="", image_urls=False, top_k=True),
    ]
)
"""Servers that differ in what bears on messages."""


def sent_body(given_request: Json, quirks: Quirks) -> bytes:
    body = json.dumps(given_request).encode()
    parsed = parse(body)
    check_messages(parsed)
    return translate_request(parsed, target(), Ledger(), quirks).body


@pytest.mark.proof
@given(requests(), MANNERS)
def test_every_call_is_answered_once_directly_after_it(given_request: Json, quirks: Quirks) -> None:
    messages = json.loads(sent_body(given_request, quirks))["messages"]
    waiting: list[str] = []
    seen: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            assert message["tool_call_id"] in waiting
            waiting.remove(message["tool_call_id"])
            continue
        assert not waiting
        waiting = [made["id"] for made in message.get("tool_calls", ())]
        assert seen.isdisjoint(waiting)
        seen.update(waiting)
    assert not waiting


@pytest.mark.proof
@given(requests(), MANNERS)
def test_what_is_said_keeps_its_order(given_request: Json, quirks: Quirks) -> None:
    messages = json.loads(sent_body(given_request, quirks))["messages"]
    said = "".join(
        json.dumps(message["content"])
        for message in messages
        if message["role"] in ("user", "system", "developer")
    )
    assert MARKER.findall(said) == markers(given_request, ("user", "system"))
    answered = "".join(m.get("content", "") for m in messages if m["role"] == "assistant")
    assert MARKER.findall(answered) == markers(given_request, ("assistant",))
    told = "".join(m["content"] for m in messages if m["role"] == "tool")
    assert MARKER.findall(told) == markers(given_request, ("tool",))


@pytest.mark.proof
@given(requests())
def test_the_body_is_what_openai_takes(given_request: Json) -> None:
    check_body(read_body(sent_body(given_request, Quirks())))


@pytest.mark.proof
@given(requests(), MANNERS)
def test_the_same_request_gives_the_same_bytes_and_stays_as_it_is(
    given_request: Json, quirks: Quirks
) -> None:
    body = json.dumps(given_request).encode()
    parsed, untouched = parse(body), parse(body)
    losses = Ledger(), Ledger()
    first = translate_request(parsed, target(), losses[0], quirks)
    second = translate_request(parsed, target(), losses[1], quirks)
    assert first == second
    assert list(losses[0]) == list(losses[1])
    assert parsed == untouched


@pytest.mark.proof
@given(conversations(), st.data(), MANNERS)
def test_a_longer_conversation_begins_with_the_shorter_one(
    messages: list[Json], data: st.DataObject, quirks: Quirks
) -> None:
    shorter = raw_messages(request(*beginning(messages, data)), quirks)
    longer = raw_messages(request(*messages), quirks)
    assert longer[: len(shorter)] == shorter


def raw_messages(given_request: Json, quirks: Quirks) -> list[bytes]:
    return elements(sent_body(given_request, quirks), "messages")


@given(requests())
def test_a_string_a_block_and_a_cache_mark_say_the_same(given_request: Json) -> None:
    plain = copy.deepcopy(given_request)
    for message in plain["messages"]:
        if isinstance(message["content"], str):
            block = {"type": "text", "text": message["content"]}
            message["content"] = [block | {"cache_control": {"type": "ephemeral"}}]
    assert sent_body(plain, Quirks()) == sent_body(given_request, Quirks())


# -- the judge can say no ------------------------------------------------------------------


def _good_body() -> Json:
    return send(
        request(
            user("go"),
            assistant("both", call("t1", command="a"), call("t2", command="b")),
            user(result("t1", "one"), result("t2", image()), "and now"),
            tools=[tool("Bash")],
            tool_choice={"type": "auto", "disable_parallel_tool_use": True},
            stream=True,
        )
    ).body


Change = Callable[[Json], Any]
BREAKS: dict[str, Change] = {
    "unknown top-level field": lambda b: b.update(context_management={}),
    "unknown field in a message": lambda b: b["messages"][0].update(cache_control={}),
    "unknown field in a part": lambda b: b["messages"][-1]["content"][0].update(citations=[]),
    "a missing result": lambda b: b["messages"].pop(2),
    "a result twice": lambda b: b["messages"].insert(3, b["messages"][2]),
    "user before the results": lambda b: b["messages"].insert(2, {"role": "user", "content": "x"}),
    "system between call and result": lambda b: b["messages"].insert(
        2, {"role": "system", "content": "x"}
    ),
    "image in a tool message": lambda b: b["messages"][2].update(
        content=[{"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}]
    ),
    "an empty assistant": lambda b: b["messages"].insert(1, {"role": "assistant"}),
    "arguments as an object": lambda b: _function(b).update(arguments={}),
    "arguments that are no object": lambda b: _function(b).update(arguments=""),
    "a name out of form": lambda b: _function(b).update(name="a.b"),
    "an id too long": lambda b: b["messages"][1]["tool_calls"][0].update(id="x" * 41),
    "Anthropic's own tool form": lambda b: b["tools"].append({"name": "x", "input_schema": {}}),
    "tool_choice without tools": lambda b: b.pop("tools"),
    "stream_options without stream": lambda b: b.pop("stream"),
    "a null role": lambda b: b["messages"][0].update(role=None),
}


def _function(body: Json) -> Json:
    function: Json = body["messages"][1]["tool_calls"][0]["function"]
    return function


def test_the_unbroken_body_passes() -> None:
    check_body(_good_body())


@pytest.mark.parametrize("change", BREAKS.values(), ids=BREAKS)
def test_a_broken_body_is_refused(change: Change) -> None:
    body = _good_body()
    change(body)
    with pytest.raises(RefusedError):
        check_body(body)
