"""Bugs and complaints of earlier proxies, each by its id in the list of cases."""

import json
from typing import Any

import msgspec
import pytest

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.ids import wrap_tool_id
from proxy_core.contract import Unsupported
from proxy_core.ledger import LossKind, Reason
from tests.support.chat_requests import (
    PIXEL,
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

CALLED: Json = {
    "role": "assistant",
    "tool_calls": [
        {"id": "t1", "type": "function", "function": {"name": "Bash", "arguments": "{}"}}
    ],
}
PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}


def answered(*content: Any, **options: Any) -> list[Json]:
    """What is sent after `user("go")` and a call of `t1`, for a user turn of `content`."""
    turns = user("go"), assistant(call("t1")), user(*content)
    return send(request(*turns, tools=[tool("Bash")]), **options).messages[2:]


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


# -- complaints ----------------------------------------------------------------------------


def test_c01_system_messages_are_folded_where_only_one_is_taken() -> None:
    turns = system("First."), user("hi"), system("Be brief."), assistant("ok"), user("on")
    sent = send(request(*turns, system="Base."), mid_system="user")
    assert sent.messages == [
        {"role": "system", "content": "Base.\n\nFirst."},
        {"role": "user", "content": "hi\n\n<system-reminder>\nBe brief.\n</system-reminder>"},
        {"role": "assistant", "content": "ok"},
        {"role": "user", "content": "on"},
    ]


def test_c02_the_billing_line_does_not_change_the_prefix() -> None:
    def asked(cch: str) -> Json:
        line = f"x-anthropic-billing-header: cc_version=2.1; cch={cch};"
        return request(user("x"), system=[text(line), text("You are.")])

    assert send(asked("a")).raw == send(asked("b")).raw
    assert send(asked("a")).lost("/system/0/text") == (LossKind.DROPPED, Reason.ATTRIBUTION)
    mixed = [text("x-anthropic-billing-header: v=1;\n\nYou are.")]
    assert send(request(user("x"), system=mixed)).messages[0]["content"] == "You are."


def test_c09_an_interrupt_reaches_the_model_whole() -> None:
    rejected = result("t1", "The user doesn't want to proceed.", is_error=True)
    told_tool, following = answered(rejected, "[Request interrupted by user]", "do this instead")
    assert told_tool["content"] == "Error: The user doesn't want to proceed."
    assert following["content"] == "[Request interrupted by user]\n\ndo this instead"


def test_c10_the_vendors_ids_come_back() -> None:
    first = wrap_tool_id("functions.Bash:0", ())
    again = wrap_tool_id("functions.Bash:0", {first})
    sent = send(
        request(
            *(user("go"), assistant(call(first)), user(result(first, "1"))),
            *(assistant(call(again)), user(result(again, "2"))),
        )
    )
    ids = [made["id"] for message in sent.messages for made in message.get("tool_calls", ())]
    assert ids == ["functions.Bash:0", again]
    assert [m["tool_call_id"] for m in sent.messages if m["role"] == "tool"] == ids


def test_c11_no_cache_mark_is_sent_anywhere() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    sent = send(
        request(
            user(text("go", **mark)),
            assistant(call("t1") | mark),
            user(result("t1", text("out", **mark), **mark)),
            system=[text("S", **mark)],
            tools=[tool("Bash", **mark)],
            **mark,
        )
    )
    assert b"cache_control" not in sent.raw
    marks = {loss.path for loss in sent.losses if loss.reason is Reason.CACHE_HINT}
    assert marks == {
        "/system/0/cache_control",
        "/messages/0/content/0/cache_control",
        "/messages/1/content/0/cache_control",
        "/messages/2/content/0/cache_control",
        "/messages/2/content/0/content/0/cache_control",
        "/tools/0/cache_control",
        "/cache_control",
    }


def test_c14_own_reasoning_goes_back_where_the_server_wants_it() -> None:
    ours = Envelope.of(target(), reasoning="hidden thoughts")
    own = seal(ours)

    def history(shown: str, signature: str) -> Json:
        block = {"type": "thinking", "thinking": shown, "signature": signature}
        turns = assistant(block, call("t1")), user(result("t1", "out"))
        return request(user("go"), *turns)

    field: Json = {"reasoning_history": "reasoning_content"}
    assert send(history("seen", own), **field).messages[1] == CALLED | {"reasoning_content": "seen"}
    assert send(history("", own), **field).messages[1]["reasoning_content"] == "hidden thoughts"
    assert send(history("seen", own)).messages[1] == CALLED
    for elsewhere in ({"provider": "rival"}, {"origin": "https://elsewhere.example"}):
        other = seal(msgspec.structs.replace(ours, **elsewhere))
        assert send(history("seen", other), **field).messages[1] == CALLED
        filled = send(history("seen", other), **field, reasoning_history_filler=" ")
        assert filled.messages[1]["reasoning_content"] == " "
        assert b"hidden thoughts" not in filled.raw


def test_c15_disabled_thinking_wins_over_effort() -> None:
    fields = {"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}}
    known = send(request(user("x"), **fields), target(efforts=("minimal", "low", "high")))
    assert known.body["reasoning_effort"] == "minimal"
    assert "reasoning_effort" not in send(request(user("x"), **fields)).body


SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
    "additionalProperties": False,
}


@pytest.mark.parametrize("place", ["output_config", "output_format"])
def test_c16_structured_output(place: str) -> None:
    wanted = {"type": "json_schema", "schema": SCHEMA}
    fields: Json = {place: {"format": wanted} if place == "output_config" else wanted}
    asked = request(user("x"), system="Name it.", **fields)
    assert send(asked).body["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "output", "schema": SCHEMA, "strict": True},
    }
    in_words = send(asked, json_schema=False)
    assert "response_format" not in in_words.body
    instruction = in_words.messages[0]["content"]
    assert instruction.startswith("Name it.\n\nAnswer with a single JSON value")
    assert json.loads(instruction.rpartition("\n")[2]) == SCHEMA


def test_c17_redacted_thinking_is_dropped() -> None:
    redacted = {"type": "redacted_thinking", "data": "b3BhcXVl"}
    sent = send(request(user("go"), assistant(redacted, "hi"), user("on")))
    assert sent.messages[1] == {"role": "assistant", "content": "hi"}


def test_c18_a_choice_of_a_removed_tool() -> None:
    asked = request(user("x"), tools=[{"type": "web_search_20250305", "name": "web_search"}])
    sent = send(asked | {"tool_choice": {"type": "auto"}})
    assert "tools" not in sent.body
    assert "tool_choice" not in sent.body
    for choice in ({"type": "tool", "name": "web_search"}, {"type": "any"}):
        with pytest.raises(Unsupported, match="/tool_choice"):
            send(asked | {"tool_choice": choice})


def test_c20_reasoning_models_get_their_own_fields() -> None:
    asked = request(user("x"), temperature=0.5, top_p=0.9)
    sent = send(asked, max_tokens_field="max_completion_tokens", sampling=False)
    assert sent.body["max_completion_tokens"] == 100
    assert {"max_tokens", "temperature", "top_p"}.isdisjoint(sent.body)
    assert sent.lost("/temperature") == (LossKind.DROPPED, Reason.UNSUPPORTED_BY_MODEL)


def test_c27_names_are_fitted_and_can_be_restored() -> None:
    long = "mcp__server__" + "x" * 80
    sent = send(
        request(
            *(user("go"), assistant(call("t1", "a.b/c")), user(result("t1", "out"))),
            tools=[tool("a.b/c"), tool(long), tool("Plain")],
            tool_choice={"type": "tool", "name": "a.b/c"},
        )
    )
    first, second, plain = (made["function"]["name"] for made in sent.body["tools"])
    assert plain == "Plain"
    assert len(second) <= 64
    assert sent.context.tool_names == {first: "a.b/c", second: long}
    assert sent.messages[1]["tool_calls"][0]["function"]["name"] == first
    assert sent.body["tool_choice"]["function"]["name"] == first


def test_c27_too_many_tools_are_a_clear_error() -> None:
    tools = [tool(f"t{number}") for number in range(129)]
    with pytest.raises(Unsupported, match="at most 128 tools and this request has 129"):
        send(request(user("x"), tools=tools))
    assert len(send(request(user("x"), tools=tools[:128])).body["tools"]) == 128


def test_c32_an_image_read_by_a_tool_reaches_the_model() -> None:
    sent = send(request(user("go"), assistant(call("t1", "Read")), user(result("t1", image()))))
    assert PICTURE in sent.messages[-1]["content"]
