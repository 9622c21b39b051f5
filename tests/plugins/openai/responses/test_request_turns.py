"""Turns of a conversation become items; every body is one that OpenAI takes."""

from __future__ import annotations

import pytest

from proxy_core.contract import Unsupported
from proxy_core.ledger import LossKind, Reason
from tests.plugins.openai.responses.items import (
    asked,
    called,
    given,
    reasoning,
    said,
    send,
    thought,
)
from tests.support.chat_requests import assistant, call, request, result, system, user


def test_the_least_that_is_sent() -> None:
    sent = send(request(user("hi"), system="S"))
    assert sent.body == {
        "model": "gpt-6.1-sol",
        "instructions": "S",
        "input": [asked("hi")],
        "reasoning": {"summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "max_output_tokens": 100,
        "store": False,
    }
    assert not sent.upstream.stream
    assert not sent.losses
    assert send(request(user("hi"), stream=True)).body["stream"] is True


def test_without_instructions_there_are_none() -> None:
    assert "instructions" not in send(request(user("hi"))).body
    billing = "x-anthropic-billing-header: cc_version=2.1; cch=1"
    assert "instructions" not in send(request(user("hi"), system=billing)).body


def test_a_turn_keeps_the_order_in_which_it_was_produced() -> None:
    turn = assistant(
        thought("rs_1", "Look."), "Looking.", call("a"), thought("rs_2"), call("b"), "And."
    )
    sent = send(request(user("go"), turn, user(result("a", "one"), result("b", "two"))))
    assert sent.input == [
        asked("go"),
        reasoning("rs_1", "Look."),
        said("Looking."),
        called("a"),
        reasoning("rs_2"),
        called("b"),
        said("And."),
        given("a", "one"),
        given("b", "two"),
    ]


def test_b1_b2_results_come_before_words() -> None:
    for turn in (user(result("a", "out"), "stop"), user("stop", result("a", "out"))):
        sent = send(request(user("go"), assistant(call("a")), turn))
        assert sent.input[1:] == [called("a"), given("a"), asked("stop")]


def test_b26_texts_stay_apart() -> None:
    assert send(request(user("one", "two"))).input == [asked("one", "two")]
    turn = assistant("one", "two")
    assert send(request(user("x"), turn, user("y"))).input[1] == said("one\n\ntwo")


def test_a_system_message_in_the_midst_is_the_developers() -> None:
    sent = send(request(user("a"), assistant("b"), system("Be brief."), user("c")))
    assert sent.input[2] == {
        "role": "developer",
        "content": [{"type": "input_text", "text": "Be brief."}],
    }


def test_arguments_are_as_the_client_wrote_them() -> None:
    turns = user("go"), assistant(call("a", command="ls é")), user(result("a"))
    assert send(request(*turns)).input[1]["arguments"] == '{"command": "ls é"}'


def test_ids_of_other_vendors_are_made_to_fit() -> None:
    sent = send(
        request(user("go"), assistant(call("functions.Bash:0")), user(result("functions.Bash:0")))
    )
    assert sent.input[1]["call_id"] == sent.input[2]["call_id"] != "functions.Bash:0"
    assert sent.lost("/messages/1/content/0/id") == (LossKind.RENAMED, Reason.TOOL_ID)


def test_a_prefill_is_refused() -> None:
    with pytest.raises(Unsupported, match="must end with a user message"):
        send(request(user("Capital of Chad?"), assistant("The capital is")))
