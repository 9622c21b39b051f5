"""Bugs of earlier proxies, each by its id in the list of cases."""

from typing import Any

import pytest

from proxy_core.ledger import LossKind, Reason
from tests.dialects.openai_chat.one_call import CALLED, PICTURE, answered
from tests.support.chat_requests import (
    Json,
    assistant,
    call,
    image,
    request,
    result,
    send,
    system,
    target,
    text,
    tool,
    user,
)


def told(words: str) -> Json:
    return {"role": "tool", "tool_call_id": "t1", "content": words}


def test_b01_text_after_a_result_follows_it() -> None:
    assert answered(result("t1", "out"), "and now stop") == [
        told("out"),
        {"role": "user", "content": "and now stop"},
    ]


def test_b02_text_before_a_result_follows_it() -> None:
    assert answered("and now stop", result("t1", "out")) == [
        told("out"),
        {"role": "user", "content": "and now stop"},
    ]


def test_b03_history_stays_structured() -> None:
    sent = send(request(user("go"), assistant(call("t1")), user(result("t1", "out"))))
    assert sent.messages == [{"role": "user", "content": "go"}, CALLED, told("out")]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("boom", "Error: boom"),
        ("Error: boom", "Error: boom"),
        ("<tool_use_error>no</tool_use_error>", "<tool_use_error>no</tool_use_error>"),
    ],
)
def test_b04_a_failure_is_told_as_one(said: str, expected: str) -> None:
    assert answered(result("t1", said, is_error=True)) == [told(expected)]
    assert answered(result("t1", said, is_error=False)) == [told(said)]


def test_b05_an_image_in_a_result_follows_as_an_image() -> None:
    stub, following = answered(result("t1", "a.png", image()), "what is it?")
    assert stub == told("a.png\n[see the attachment that follows]")
    assert following["role"] == "user"
    assert following["content"] == [
        {"type": "text", "text": "Attached to the result of Bash (t1):"},
        PICTURE,
        {"type": "text", "text": "what is it?"},
    ]


def test_b05_a_blind_model_is_told_that_there_was_an_image() -> None:
    sent = send(
        request(user("go"), assistant(call("t1")), user(result("t1", image()))),
        target(vision=False),
    )
    assert sent.messages[-1] == told("[image omitted: this model has no vision]")
    assert sent.lost("/messages/2/content/0/content/0") == (
        LossKind.DROPPED,
        Reason.IMAGE_UNSUPPORTED,
    )


def test_b06_an_image_beside_a_result_stays() -> None:
    assert answered(result("t1", "out"), image(), "look") == [
        told("out"),
        {"role": "user", "content": [PICTURE, {"type": "text", "text": "look"}]},
    ]


def test_b07_an_image_by_url() -> None:
    url = "https://example.org/a.png"
    part = {"type": "image_url", "image_url": {"url": url}}
    asked = request(user(image(type="url", url=url)))
    assert send(asked).messages == [{"role": "user", "content": [part]}]
    assert url in send(asked, image_urls=False).messages[0]["content"]


def test_b08_thinking_is_never_told_as_text() -> None:
    foreign = {"type": "thinking", "thinking": "SECRET", "signature": "c2ln"}
    sent = send(request(user("go"), assistant(foreign, "hello"), user("on")))
    assert sent.messages[1] == {"role": "assistant", "content": "hello"}
    assert b"SECRET" not in sent.raw
    assert sent.lost("/messages/1/content/0") == (LossKind.DROPPED, Reason.FOREIGN_REASONING)


def test_b09_known_and_unknown_blocks_never_refuse_the_request() -> None:
    document = {"type": "document", "source": {"type": "text", "data": "HW 04:10"}, "title": "Log"}
    sent = send(
        request(
            user(document, {"type": "of_tomorrow", "x": 1}, {"type": "connector", "text": "hi"}),
            assistant({"type": "redacted_thinking", "data": "b3Bh"}, call("t1")),
            user(result("t1", {"type": "tool_reference", "tool_name": "NotebookEdit"})),
        )
    )
    first, _, last = sent.messages
    assert first["content"] == (
        "Document: Log\nHW 04:10\n\n[content of type of_tomorrow omitted]\n\nhi"
    )
    assert last == told("Tool available: NotebookEdit")
    assert sent.lost("/messages/0/content/1") == (LossKind.DROPPED, Reason.UNKNOWN_BLOCK)


EFFORTS = ("none", "low", "medium", "high")


def test_b10_disabled_means_off_and_a_budget_is_an_effort() -> None:
    off = send(request(user("x"), thinking={"type": "disabled"}), target(efforts=EFFORTS))
    assert off.body["reasoning_effort"] == "none"
    assert off.context.thinking_disabled
    budget = {"type": "enabled", "budget_tokens": 8000}
    on = send(request(user("x"), thinking=budget), target(efforts=EFFORTS))
    assert on.body["reasoning_effort"] == "medium"
    assert not on.context.thinking_disabled


def test_b11_adaptive_thinking_and_effort() -> None:
    fields = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}
    assert send(request(user("x"), **fields), target(efforts=EFFORTS)).body["reasoning_effort"] == (
        "high"
    )
    bare = send(request(user("x"), thinking={"type": "adaptive"}), target(efforts=EFFORTS))
    assert "reasoning_effort" not in bare.body


def test_b12_server_tools_are_left_out() -> None:
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
    sent = send(request(user("x"), tools=[search, tool("Bash")]))
    assert [made["function"]["name"] for made in sent.body["tools"]] == ["Bash"]
    assert sent.lost("/tools/0") == (LossKind.DROPPED, Reason.SERVER_TOOL)


def test_b13_a_system_message_in_the_middle() -> None:
    turns = user("hi"), system("Be brief."), assistant("ok"), user("on"), system("Briefer.")
    roles = [message["role"] for message in send(request(*turns)).messages]
    assert roles == ["user", "system", "assistant", "user", "system"]


def test_b14_a_result_without_content() -> None:
    assert answered(result("t1")) == [told("(no output)")]
    assert answered(result("t1"), empty_tool_result="") == [told("")]


CHOICES = [
    ("b15", {"type": "any"}, "required"),
    ("b16", {"type": "none"}, "none"),
    ("b17", {"type": "tool", "name": "Bash"}, {"type": "function", "function": {"name": "Bash"}}),
    ("auto", {"type": "auto"}, "auto"),
]


@pytest.mark.parametrize(("case", "choice", "expected"), CHOICES, ids=[c[0] for c in CHOICES])
def test_b15_b16_b17_tool_choice(case: str, choice: Json, expected: Any) -> None:
    del case
    sent = send(request(user("x"), tools=[tool("Bash")], tool_choice=choice))
    assert sent.body["tool_choice"] == expected
    assert len(sent.body["tools"]) == 1


@pytest.mark.parametrize(
    "named",
    ["default", "format", "title", "const", "propertyNames", "$schema", "properties"],
    ids=["b18", "b19", "b20-title", "const", "c13", "schema", "properties"],
)
def test_b18_b19_b20_properties_are_not_keywords(named: str) -> None:
    schema = {
        "type": "object",
        "properties": {
            named: {"type": "string", "description": "d"},
            "either": {"anyOf": [{"$ref": "#/$defs/a"}, {"const": 1}]},
        },
        "required": [named],
        "$defs": {"a": {"type": "string"}},
    }
    given = request(user("x"), tools=[{"name": "t", "input_schema": schema}])
    for dropped in (frozenset[str](), frozenset({"default", "format", "title", "propertyNames"})):
        sent = send(given, dropped_schema_keywords=dropped)
        assert sent.body["tools"][0]["function"]["parameters"] == schema


def test_b21_a_request_translated_twice_is_the_same() -> None:
    asked = request(user("x"), tools=[tool("Bash")])
    quirks: Json = {"dropped_schema_keywords": frozenset({"properties"})}
    first, second = send(asked, **quirks), send(asked, **quirks)
    assert (first.raw, first.losses) == (second.raw, second.losses)
    assert asked["tools"][0] == tool("Bash")


def test_b22_stop_and_top_k() -> None:
    sent = send(request(user("x"), stop_sequences=["X"], top_k=5))
    assert sent.body["stop"] == ["X"]
    assert "top_k" not in sent.body
    assert sent.lost("/top_k") == (LossKind.DROPPED, Reason.UNSUPPORTED_BY_MODEL)
    assert send(request(user("x"), top_k=5), top_k=True).body["top_k"] == 5


def test_b23_nothing_is_sent_that_was_not_said() -> None:
    assert send(request(user("x"))).body == {
        "model": "acme/large-1",
        "messages": [{"role": "user", "content": "x"}],
        "max_tokens": 100,
    }


def test_b24_max_tokens_is_the_models_own_limit() -> None:
    asked = request(user("x")) | {"max_tokens": 32_000}
    assert send(asked).body["max_tokens"] == 32_000
    clamped = send(asked, target(max_output_tokens=16_384))
    assert clamped.body["max_tokens"] == 16_384
    assert clamped.lost("/max_tokens") == (LossKind.CLAMPED, Reason.DECLARED_LIMIT)


def test_b25_system_blocks_are_paragraphs() -> None:
    blocks = [text("x-anthropic-billing-header: cch=1;"), text("A"), text("B")]
    sent = send(request(user("x"), system=blocks))
    assert sent.messages[0] == {"role": "system", "content": "A\n\nB"}


def test_b26_user_texts_are_paragraphs() -> None:
    assert send(request(user("reminder", "hello"))).messages == [
        {"role": "user", "content": "reminder\n\nhello"}
    ]
