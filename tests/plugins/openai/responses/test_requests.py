"""What is sent: items, tools, settings; every body is one that OpenAI takes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.request import parse
from proxy_core.contract import CountCall, ModelOptions, ProtocolError, Target, Unsupported
from proxy_core.ledger import LossKind, Reason
from proxy_openai import plugin
from proxy_openai.responses.state import ReasoningState, signature
from tests.e2e.responses_rules import check_body, check_count
from tests.support.chat_requests import (
    PIXEL,
    Json,
    assistant,
    call,
    image,
    request,
    result,
    system,
    text,
    tool,
    user,
)
from tests.support.responses import Sent, target
from tests.support.responses import send as send_unchecked

GATEWAY = "http://127.0.0.1:4000/v1"


def send(asked: Json, to: Target | None = None) -> Sent:
    sent = send_unchecked(asked, to)
    check_body(sent.body)
    return sent


def thought(item_id: str = "rs_1", words: str = "", to: Target | None = None, **state: str) -> Json:
    """A thinking block as the proxy told it."""
    made = ReasoningState(item_id, **{"encrypted": "gAAAA" + item_id, **state})
    return {"type": "thinking", "thinking": words, "signature": signature(made, to or target())}


def reasoning(item_id: str = "rs_1", *summary: str) -> Json:
    texts = [{"type": "summary_text", "text": words} for words in summary]
    return {
        "type": "reasoning",
        "id": item_id,
        "summary": texts,
        "encrypted_content": "gAAAA" + item_id,
    }


def said(words: str, **fields: str) -> Json:
    return {"role": "assistant", "content": words, **fields}


def called(call_id: str, name: str = "Bash", arguments: str = "{}") -> Json:
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def given(call_id: str, output: Any = "out") -> Json:
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def asked(*words: str) -> Json:
    return {"role": "user", "content": [{"type": "input_text", "text": word} for word in words]}


# -- the conversation ----------------------------------------------------------------------


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


# -- results and media ---------------------------------------------------------------------

SHOWN = {
    "type": "input_image",
    "detail": "auto",
    "image_url": f"data:image/png;base64,{PIXEL}",
}
PDF: Json = {
    "type": "document",
    "title": "a.pdf",
    "source": {"type": "base64", "media_type": "application/pdf", "data": PIXEL},
}
FILE = {
    "type": "input_file",
    "filename": "a.pdf",
    "file_data": f"data:application/pdf;base64,{PIXEL}",
}


def output(*content: Any, **fields: Any) -> Any:
    """What the result of one call becomes."""
    turns = user("go"), assistant(call("a")), user(result("a", *content, **fields))
    return send(request(*turns)).input[2]["output"]


def test_c32_images_and_files_stay_in_the_result() -> None:
    words = {"type": "input_text", "text": "a.png"}
    assert output("a.png", image()) == [words, SHOWN]
    heading = {"type": "input_text", "text": "Document: a.pdf"}
    assert output(PDF, image()) == [heading, FILE, SHOWN]


@pytest.mark.parametrize(
    ("content", "fields", "expected"),
    [
        (("out",), {}, "out"),
        (("one", "two"), {}, "one\ntwo"),
        ((), {}, "(no output)"),
        (("",), {}, "(no output)"),
        (("boom",), {"is_error": True}, "Error: boom"),
        ((), {"is_error": True}, "Error"),
        (("<tool_use_error>no</tool_use_error>",), {"is_error": True}, None),
    ],
)
def test_results_in_words(content: tuple[str, ...], fields: Json, expected: str | None) -> None:
    assert output(*content, **fields) == (content[0] if expected is None else expected)


def test_a_failure_with_an_image_says_so() -> None:
    failed = {"type": "input_text", "text": "Error: boom"}
    assert output("boom", image(), is_error=True) == [failed, SHOWN]
    assert output(image(), is_error=True) == [{"type": "input_text", "text": "Error"}, SHOWN]


def test_media_of_the_user() -> None:
    url = "https://example.org/a.pdf"
    linked: Json = {"type": "document", "source": {"type": "url", "url": url}}
    sent = send(request(user("see", image(), PDF, linked)))
    assert sent.input[0]["content"] == [
        {"type": "input_text", "text": "see"},
        SHOWN,
        {"type": "input_text", "text": "Document: a.pdf"},
        FILE,
        {"type": "input_text", "text": "Document:"},
        {"type": "input_file", "file_url": url},
    ]


# -- reasoning that comes back -------------------------------------------------------------


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


# -- tools ---------------------------------------------------------------------------------


def test_tools_are_flat_and_never_strict() -> None:
    sent = send(request(user("x"), tools=[tool("Bash", strict=True)]))
    assert sent.body["tools"] == [
        {
            "type": "function",
            "name": "Bash",
            "description": "Does Bash.",
            "parameters": {"type": "object", "properties": {"command": {"type": "string"}}},
            "strict": False,
        }
    ]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "Bash"}, {"type": "function", "name": "Bash"}),
    ],
)
def test_b15_b17_choices(choice: Json, expected: Any) -> None:
    sent = send(request(user("x"), tools=[tool("Bash")], tool_choice=choice))
    assert sent.body["tool_choice"] == expected
    alone = choice | {"disable_parallel_tool_use": True}
    sent = send(request(user("x"), tools=[tool("Bash")], tool_choice=alone))
    assert sent.body["parallel_tool_calls"] is False


def test_structured_output_is_the_format_of_the_text() -> None:
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    wanted = {"format": {"type": "json_schema", "schema": schema}}
    sent = send(request(user("x"), output_config=wanted))
    form = {"type": "json_schema", "name": "output", "schema": schema, "strict": True}
    assert sent.body["text"] == {"format": form}
    loose = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    assert send(request(user("x"), output_config=loose)).body["text"]["format"]["strict"] is False


# -- settings ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "fields", "expected"),
    [
        ("gpt-6.1-terra", {"output_config": {"effort": "xhigh"}}, ("xhigh", True)),
        ("gpt-5.5", {"output_config": {"effort": "max"}}, ("xhigh", True)),
        (
            "gpt-6.1-terra",
            {"thinking": {"type": "enabled", "budget_tokens": 9000}},
            ("medium", True),
        ),
        ("gpt-6.1-terra", {"thinking": {"type": "adaptive"}}, (None, True)),
        ("gpt-6.1-terra", {"thinking": {"type": "disabled"}}, ("none", False)),
        ("gpt-6.1-sol", {"thinking": {"type": "disabled"}}, ("low", False)),
        ("gpt-6.1-sol", {"thinking": {"type": "adaptive", "display": "omitted"}}, (None, False)),
        ("gpt-7-nova", {"output_config": {"effort": "high"}}, ("high", True)),
        ("gpt-7-nova", {}, (None, True)),
        ("gpt-4.1", {"output_config": {"effort": "high"}}, None),
        ("gpt-4.1", {"thinking": {"type": "disabled"}}, None),
        ("some-other-model", {}, None),
    ],
)
def test_b10_b11_how_deep_to_think(
    model: str, fields: Json, expected: tuple[str | None, bool] | None
) -> None:
    """The effort, and whether a summary is asked for; nothing for a model that cannot reason."""
    body = send(request(user("x"), **fields), target(model)).body
    if expected is None:
        assert "reasoning" not in body
        assert "include" not in body
        return
    effort, summary = expected
    wanted = {"effort": effort, "summary": "auto" if summary else None}
    assert body.get("reasoning", {}) == {k: v for k, v in wanted.items() if v is not None}
    assert body["include"] == ["reasoning.encrypted_content"]


@pytest.mark.parametrize(("wanted", "sent_as"), [(1, 16), (16, 16), (100, 100), (500_000, 128_000)])
def test_b24_limits(wanted: int, sent_as: int) -> None:
    sent = send(request(user("x")) | {"max_tokens": wanted})
    assert sent.body["max_output_tokens"] == sent_as
    assert (sent.lost("/max_tokens") is not None) == (wanted != sent_as)


def test_sampling_only_where_it_is_taken() -> None:
    fields: Json = {"temperature": 0.5, "top_p": 0.9, "top_k": 5}
    plain = send(request(user("x"), **fields), target("gpt-4.1"))
    assert (plain.body["temperature"], plain.body["top_p"]) == (0.5, 0.9)
    sent = send(request(user("x"), **fields))
    assert {loss.path for loss in sent.losses} == {"/temperature", "/top_p", "/top_k"}


def test_b22_stop_sequences_are_watched_for_here() -> None:
    sent = send(request(user("x"), stop_sequences=["END", ""]))
    assert sent.upstream.stop_sequences == ("END",)
    assert sent.lost("/stop_sequences/0") == (LossKind.DROPPED, Reason.EMULATED)


def test_one_key_for_the_cache_per_session() -> None:
    def key(session: str) -> str:
        user_id = json.dumps({"device_id": "d", "session_id": session})
        body = send(request(user("x"), metadata={"user_id": user_id})).body
        assert session not in json.dumps(body)
        found: str = body["prompt_cache_key"]
        return found

    assert key("session-one") == key("session-one") != key("session-two")
    assert len(key("session-one")) <= 64


def test_the_users_own_fields_come_last() -> None:
    options = ModelOptions(
        reasoning_effort="low", max_tokens=50, extra_body={"service_tier": "flex"}
    )
    sent = send(request(user("x")), target(options=options))
    assert sent.body["service_tier"] == "flex"
    assert sent.body["reasoning"]["effort"] == "low"
    assert sent.body["max_output_tokens"] == 50


def test_what_nobody_else_can_do_is_refused() -> None:
    with pytest.raises(Unsupported):
        send(request(user("x"), mcp_servers=[{"type": "url", "name": "a", "url": "https://a"}]))


# -- counting ------------------------------------------------------------------------------


def count(fields: Json) -> CountCall | None:
    body = {"model": "claude-x", **fields}
    return plugin.proxy_count_tokens(parse(json.dumps(body).encode()), target())


def test_b32_the_same_is_counted_as_would_be_read() -> None:
    fields: Json = {"messages": [user("hi")], "system": "S", "tools": [tool("Bash")]}
    made = count(fields)
    assert made is not None
    assert (made.request.path, made.request.stream) == ("/responses/input_tokens", False)
    body = json.loads(made.request.body)
    check_count(body)
    whole = send({"max_tokens": 9, "model": "claude-x", **fields}).body
    assert body == {name: whole[name] for name in body}
    assert set(body) == {"model", "instructions", "input", "tools", "reasoning"}
    assert made.read(b'{"object": "response.input_tokens", "input_tokens": 123}') == 123
    for broken in (b"{}", b"null", b"[", b'{"input_tokens": "many"}', b"[" * 100_000):
        with pytest.raises(ProtocolError):
            made.read(broken)


def test_a_fragment_is_counted_and_the_unsayable_left_to_the_estimate() -> None:
    assert count({"messages": [assistant("a beginning")]}) is not None
    file = {"type": "image", "source": {"type": "file", "file_id": "f"}}
    assert count({"messages": [user(text("x"), file)]}) is None
