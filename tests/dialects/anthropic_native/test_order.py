"""Calls and their results stay together where a system message becomes a user's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.contract import Unsupported
from proxy_core.ledger import Ledger, Reason
from tests.support.native import Json, request, sent, target

AS_USER = {"/messages/*/role": {"system": "user"}}
ASKS: Json = {"role": "user", "content": "hi"}
REMINDS: Json = {"role": "system", "content": "mind"}


def calls(*ids: str) -> Json:
    content = [{"type": "tool_use", "id": one, "name": "Read", "input": {}} for one in ids]
    return {"role": "assistant", "content": content}


def results(*ids: str) -> Json:
    content = [{"type": "tool_result", "tool_use_id": one, "content": one} for one in ids]
    return {"role": "user", "content": content}


def shape(*messages: Json, **quirks: Any) -> list[Any]:
    body = sent(request(messages=list(messages)), target(rewrite=AS_USER, **quirks))
    return [
        message["content"] if isinstance(message["content"], str) else message["content"][0]["type"]
        for message in body["messages"]
    ]


def test_a_system_message_between_a_call_and_its_result_comes_after_it() -> None:
    ledger = Ledger()
    asked = request(messages=[ASKS, calls("a"), REMINDS, results("a"), calls("b"), results("b")])
    body = sent(asked, target(rewrite=AS_USER), ledger)
    assert body["messages"][2] == results("a")
    assert body["messages"][3] == REMINDS | {"role": "user"}
    assert body["messages"][4:] == [calls("b"), results("b")]
    assert Reason.ROLE_UNSUPPORTED in {loss.reason for loss in ledger if loss.path == "/messages/2"}


def test_after_the_result_it_stays_where_it_is() -> None:
    assert shape(ASKS, calls("a"), results("a"), REMINDS, calls("b"), results("b")) == [
        *("hi", "tool_use", "tool_result", "mind", "tool_use", "tool_result")
    ]


def test_with_messages_left_out_before_it() -> None:
    empty = {"role": "user", "content": ""}
    said = shape(ASKS, empty, calls("a"), REMINDS, results("a"), empty_text=False)
    assert said == ["hi", "tool_use", "tool_result", "mind"]


def test_where_the_role_is_known_nothing_moves() -> None:
    messages = [ASKS, calls("a"), REMINDS, results("a")]
    assert sent(request(messages=messages))["messages"] == messages


@given(st.lists(st.sampled_from([1, 2, 3]), min_size=1, max_size=5), st.data())
def test_no_call_is_without_its_result_in_the_next_message(
    turns: list[int], data: st.DataObject
) -> None:
    messages, number = [ASKS], 0
    for count in turns:
        ids = [f"t{number + index}" for index in range(count)]
        number += count
        before, after = (data.draw(st.integers(0, 2)) for _ in range(2))
        messages += [calls(*ids), *[REMINDS] * before, results(*ids), *[REMINDS] * after]
    body = sent(request(messages=messages), target(rewrite=AS_USER))
    assert len(body["messages"]) == len(messages)
    for one, following in zip(body["messages"], body["messages"][1:], strict=False):
        if one["role"] == "assistant":
            asked = [block["id"] for block in one["content"]]
            assert [block["tool_use_id"] for block in following["content"]] == asked


def test_a_computer_is_used_by_claude_alone() -> None:
    tool = {"type": "computer_20251124", "name": "computer"}
    with pytest.raises(Unsupported, match="/tools/0/type"):
        sent(request(tools=[tool]), target(typed_tools=False))
    assert sent(request(tools=[tool]))["tools"] == [tool]
