"""Complaints about earlier proxies, each by its id in the list of cases."""

import json

import msgspec
import pytest

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.ids import wrap_tool_id
from proxy_core.contract import Unsupported
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
