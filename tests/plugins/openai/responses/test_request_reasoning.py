"""Reasoning that comes back to those who made it."""

from __future__ import annotations

import json

import pytest

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.contract import Target
from proxy_core.ledger import LossKind, Reason
from proxy_openai.responses.state import ReasoningState, signature
from tests.plugins.openai.responses.items import asked, called, reasoning, said, send, thought
from tests.support.chat_requests import Json, assistant, call, request, result, user
from tests.support.responses import Sent, target
from tests.support.responses import send as send_unchecked

GATEWAY = "http://127.0.0.1:4000/v1"


def history(*blocks: Json, to: Target | None = None) -> Sent:
    """A turn of the assistant with these blocks before its call."""
    return send(request(user("go"), assistant(*blocks, call("a")), user(result("a", "out"))), to)


PLACE = "/messages/1/content/0"


@pytest.mark.parametrize(
    "other",
    [
        target(base_url="https://elsewhere.example/v1"),
        target("gpt-6.1-terra"),
    ],
)
def test_reasoning_goes_back_to_the_model_and_the_address_it_came_from(other: Target) -> None:
    assert history(thought("rs_1", "So.")).input[1] == reasoning("rs_1", "So.")
    elsewhere = history(thought("rs_1", "So.", to=other))
    assert elsewhere.input[1] == called("a")
    assert elsewhere.lost(PLACE) == (LossKind.DROPPED, Reason.FOREIGN_REASONING)
    assert "So." not in json.dumps(elsewhere.body)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "thinking", "thinking": "words", "signature": "ErUBCkYIBRgCIkDxyz"},
        {"type": "thinking", "thinking": "words"},
        {"type": "thinking", "thinking": "words", "signature": seal(Envelope("gemini", "g"))},
        {"type": "thinking", "thinking": "words", "signature": seal(Envelope.of(target()))},
        {
            "type": "thinking",
            "thinking": "words",
            "signature": seal(Envelope.of(target(), state=b"\xc1 no state")),
        },
        {"type": "redacted_thinking", "data": "words"},
    ],
)
def test_c14_foreign_or_unreadable_reasoning_is_dropped(block: Json) -> None:
    sent = history(block)
    assert sent.input[1] == called("a")
    assert sent.lost(PLACE) is not None
    assert "words" not in json.dumps(sent.body)


def test_reasoning_that_nothing_follows_is_left_out() -> None:
    first = thought("rs_1"), "Hm.", thought("rs_2", "Then?"), thought("rs_3")
    sent = send(request(user("go"), assistant(*first), user("on")))
    assert sent.input == [asked("go"), reasoning("rs_1"), said("Hm."), asked("on")]
    for place in ("/messages/1/content/2", "/messages/1/content/3"):
        assert sent.lost(place) == (LossKind.DROPPED, Reason.SIGNATURE)


def test_reasoning_that_is_repeated_is_sent_once() -> None:
    turns = user("go"), assistant(thought(), "a"), user("on"), assistant(thought(), "b"), user("x")
    sent = send(request(*turns))
    assert [item.get("type") for item in sent.input].count("reasoning") == 1
    assert sent.lost("/messages/3/content/0") == (LossKind.DROPPED, Reason.DUPLICATE)


def test_a_phase_returns_to_the_message_it_was_told_of() -> None:
    turn = assistant(
        thought(phase="commentary"), "Looking.", call("a"), thought("rs_2"), "No phase."
    )
    sent = send(request(user("go"), turn, user(result("a"))))
    assert sent.input[2] == said("Looking.", phase="commentary")
    assert sent.input[5] == said("No phase.")
    silent = history(thought(phase="final_answer"))
    assert silent.input[2] == called("a")


def test_text_that_was_not_shown_is_sent_back_too() -> None:
    state = ReasoningState("rs_1", "gAAAArs_1")
    hidden = {"type": "thinking", "thinking": "", "signature": signature(state, target(), "Hush.")}
    assert history(hidden).input[1] == reasoning("rs_1", "Hush.")


def test_open_models_get_their_reasoning_as_it_was() -> None:
    local = target("openai/gpt-oss-120b", base_url=GATEWAY)
    block = thought("rs_1", "plain", to=local, encrypted="")
    sent = send_unchecked(request(user("go"), assistant(block, "a"), user("on")), local)
    assert sent.input[1] == {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "plain"}],
    }
    emptied = block | {"thinking": ""}
    sent = send(request(user("go"), assistant(emptied, "a"), user("on")), local)
    assert sent.input[1] == said("a")
