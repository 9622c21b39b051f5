"""Calls in a history, and their results."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy_core.ledger import LossKind, Reason
from tests.e2e.gemini_rules import check_body
from tests.support.chat_requests import (
    HI,
    PIXEL,
    assistant,
    call,
    image,
    request,
    result,
    text,
    tool,
    user,
)
from tests.support.gemini import Json, parts, send, target

DUMMY = "skip_thought_signature_validator"


def answered(*content: Any, **fields: Any) -> Json:
    return request(HI, assistant(call("t1")), user(result("t1", *content, **fields)))


def response(asks: Json, **quirks: Any) -> Json:
    found: Json = parts(asks, **quirks)[0]["functionResponse"]
    return found


@pytest.mark.parametrize(
    ("content", "fields", "told"),
    [
        (["out"], {}, {"output": "out"}),
        ([], {}, {"output": ""}),
        (["boom"], {"is_error": True}, {"error": "boom"}),
        ([], {"is_error": True}, {"error": "Error"}),
        (['{"$ref": "#/a", "b": 1}'], {}, {"output": '{"$ref": "#/a", "b": 1}'}),
        ([text("a"), text("b")], {}, {"output": "a\nb"}),
    ],
)
def test_results(content: list[Any], fields: Json, told: Json) -> None:
    asks = answered(*content, **fields)
    assert response(asks) == {"name": "Bash", "id": "t1", "response": told}
    check_body(send(asks).body)


def test_media_of_a_result_on_an_older_model() -> None:
    sent = send(answered("see", image()), target("gemini-2.5-pro"))
    told, heading, media = sent.contents[-1]["parts"]
    assert told["functionResponse"]["response"] == {"output": "see\n[image/png attached]"}
    assert heading["text"].startswith("Attached to the result of Bash")
    assert media["inlineData"]["data"] == PIXEL
    assert sent.lost("/messages/2/content/0/content") == (LossKind.RESHAPED, Reason.IMAGE_MOVED)


def test_media_that_no_response_holds_follow_all_responses() -> None:
    linked = image(type="url", url="https://x.example/a.png")
    asks = request(
        HI,
        assistant(call("t1"), call("t2", "Read")),
        user(result("t1", linked), result("t2", "two"), "and now"),
    )
    kinds = [next(iter(part)) for part in parts(asks)]
    assert kinds == ["functionResponse", "functionResponse", "text", "fileData", "text"]
    check_body(send(asks).body)


def test_results_over_two_messages_are_one_content() -> None:
    asks = request(
        HI,
        assistant(call("t1", "A"), call("t2", "B")),
        user(result("t2", "two"), "wait"),
        user(result("t1", "one")),
        tools=[tool("A"), tool("B")],
    )
    last = parts(asks)
    assert [part["functionResponse"]["name"] for part in last[:2]] == ["A", "B"]
    assert last[2] == {"text": "wait"}
    check_body(send(asks).body)


@pytest.mark.parametrize(
    ("model", "sent"), [("gemini-4-carbon", True), ("gemini-2.5-flash", False)]
)
def test_ids_go_on_both_sides_or_on_none(model: str, sent: bool) -> None:
    contents = send(answered("out"), target(model)).contents
    made = contents[1]["parts"][0]["functionCall"], contents[2]["parts"][0]["functionResponse"]
    assert [entry.get("id") for entry in made] == (["t1", "t1"] if sent else [None, None])


def test_ids_may_be_turned_off() -> None:
    assert "id" not in response(answered("out"), call_ids=False)


def test_only_the_first_call_of_a_turn_gets_the_stand_in() -> None:
    asks = request(HI, assistant("x", call("t1"), call("t2")), user(result("t1"), result("t2")))
    signatures = [part.get("thoughtSignature") for part in parts(asks, 1)]
    assert signatures == [None, DUMMY, None]


def test_the_second_generation_needs_no_stand_in() -> None:
    sent = send(answered("out"), target("gemini-2.5-pro"))
    assert "thoughtSignature" not in json.dumps(sent.body)


def test_arguments_are_an_object() -> None:
    use = {"type": "tool_use", "id": "t1", "name": "Bash", "input": []}
    sent = send(request(HI, assistant(use), user(result("t1"))))
    assert sent.contents[1]["parts"][0]["functionCall"]["args"] == {}
    assert sent.lost("/messages/1/content/0/input") == (LossKind.DROPPED, Reason.NO_EQUIVALENT)
