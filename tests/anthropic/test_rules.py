"""The rules of a conversation, in the API's own words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.request import InvalidRequest, parse
from proxy_core.anthropic.rules import check_messages, check_roles

USER = {"role": "user", "content": "hi"}
SYSTEM = {"role": "system", "content": "note"}


def call(*tool_ids: str) -> dict[str, Any]:
    blocks = [{"type": "tool_use", "id": each, "name": "f", "input": {}} for each in tool_ids]
    return {"role": "assistant", "content": [{"type": "text", "text": "so"}, *blocks]}


def result(*tool_ids: str) -> dict[str, Any]:
    blocks = [{"type": "tool_result", "tool_use_id": each, "content": "r"} for each in tool_ids]
    return {"role": "user", "content": [{"type": "text", "text": "so"}, *blocks]}


def missing(place: int, ids: str) -> str:
    return (
        f"messages.{place}: `tool_use` ids were found without `tool_result` blocks immediately "
        f"after: {ids}. Each `tool_use` block must have a corresponding `tool_result` block in "
        "the next message."
    )


def unexpected(place: str, tool_id: str) -> str:
    return (
        f"messages.{place}: unexpected `tool_use_id` found in `tool_result` blocks: {tool_id}. "
        "Each `tool_result` block must have a corresponding `tool_use` block in the previous "
        "message."
    )


def repeated(place: str, tool_id: str) -> str:
    return (
        f"messages.{place}: each tool_use must have a single result. Found multiple "
        f"`tool_result` blocks with id: {tool_id}"
    )


def check(*messages: dict[str, Any], **fields: Any) -> None:
    body = {"model": "m", "max_tokens": 1, "messages": messages} | fields
    check_messages(parse(json.dumps(body).encode()))


@pytest.mark.parametrize(
    "messages",
    [
        [USER],
        [USER, USER],
        [SYSTEM, USER],
        [USER, {"role": "assistant", "content": "prefill"}],
        [call("a"), result("a")],
        [USER, call("a", "b"), result("b", "a"), call("c"), result("c")],
        [call("a"), call("b"), result("a", "b")],
        [call("a", "b"), result("a"), result("b")],
        [call("a"), SYSTEM, result("a")],
        [call("a"), SYSTEM, call("b"), result("a", "b")],
        [call("a"), result("a"), SYSTEM, USER, call("b"), SYSTEM, SYSTEM, result("b")],
        [call("a"), result("a"), call("a"), result("a")],
    ],
)
def test_legal_conversations(messages: list[dict[str, Any]]) -> None:
    check(*messages)


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([], "messages: at least one message is required"),
        (
            [USER, {"role": "tool", "content": "x"}],
            "messages.1.role: Input should be 'user', 'assistant' or 'system'",
        ),
        (
            [USER, call("a")],
            missing(1, "a"),
        ),
        (
            [call("a", "b", "c"), result("b")],
            missing(0, "a, c"),
        ),
        (
            [call("a"), USER, call("b"), result("a", "b")],
            missing(0, "a"),
        ),
        (
            [result("a")],
            unexpected("0.content.1", "a"),
        ),
        (
            [call("a"), result("a", "x")],
            unexpected("1.content.2", "x"),
        ),
        (
            [call("a"), result("a"), call("b"), result("b", "a")],
            unexpected("3.content.2", "a"),
        ),
        (
            [call("a"), result("a", "a")],
            repeated("1.content.2", "a"),
        ),
        (
            [call("a"), result("a"), result("a")],
            repeated("2.content.1", "a"),
        ),
        ([call("a", "a"), result("a")], "messages.0: `tool_use` ids must be unique"),
        ([call("a"), call("a"), result("a")], "messages.1: `tool_use` ids must be unique"),
    ],
)
def test_what_is_no_conversation(messages: list[dict[str, Any]], words: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        check(*messages)
    assert str(refusal.value) == words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 0"),
        ({"model": ""}, "model: String should have at least 1 character"),
    ],
)
def test_fields_that_must_be_there(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        check(USER, **fields)
    assert str(refusal.value) == words


def test_no_tokens_only_warm_the_cache() -> None:
    check(USER, max_tokens=0)


def test_a_fragment_to_count_may_be_unanswered() -> None:
    body = {"model": "m", "messages": [call("a")]}
    request = parse(json.dumps(body).encode())
    check_roles(request)
    with pytest.raises(InvalidRequest, match="max_tokens: Field required"):
        check_messages(request)


MESSAGES = st.lists(
    st.one_of(
        st.just(USER),
        st.just(SYSTEM),
        st.lists(st.sampled_from("abc"), max_size=3).map(lambda ids: call(*ids)),
        st.lists(st.sampled_from("abc"), max_size=3).map(lambda ids: result(*ids)),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.proof
@given(MESSAGES)
def test_what_passes_can_be_told_call_by_call(messages: list[dict[str, Any]]) -> None:
    """A plain model of the rule: walk on, and each turn of calls is answered in the next."""
    try:
        check(*messages)
    except InvalidRequest:
        assert not answered(messages)
    else:
        assert answered(messages)


def answered(messages: list[dict[str, Any]]) -> bool:
    turns: list[tuple[str, list[str]]] = []
    for message in messages:
        if message["role"] == "system":
            continue
        key = "id" if message["role"] == "assistant" else "tool_use_id"
        blocks = message["content"] if isinstance(message["content"], list) else []
        ids = [block[key] for block in blocks if key in block]
        if turns and turns[-1][0] == message["role"]:
            turns[-1][1].extend(ids)
        else:
            turns.append((message["role"], ids))
    asked: list[str] = []
    for role, ids in [*turns, ("user", [])]:
        if role == "assistant":
            asked = ids
        elif sorted(ids) != sorted(set(asked)) or len(asked) != len(set(asked)):
            return False
        else:
            asked = []
    return True
