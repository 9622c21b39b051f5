"""Every quirk of the request side, flipped: what changes on the wire."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.contract import ModelFacts, Provider, Target, Unsupported
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.ledger import LossKind, Reason
from tests.support.chat_requests import (
    PIXEL,
    Json,
    Sent,
    assistant,
    call,
    image,
    request,
    result,
    send,
    system,
    target,
    tool,
    user,
)

OWN = {"type": "thinking", "thinking": "so", "signature": seal(Envelope.of(target()))}
THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "so"}]}
PDF: Json = {
    "type": "document",
    "title": "a.pdf",
    "source": {"type": "base64", "media_type": "application/pdf", "data": PIXEL},
}
PDF_PART = {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PIXEL}"}
SCHEMA = {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}
USER_ID = '{"device_id":"d","account_uuid":"","session_id":"s"}'
ASKED = request(
    user("go", image(type="url", url="https://example.org/a.png"), PDF),
    system("Be brief."),
    assistant(OWN, call("i" * 40, "Bash")),
    user(result("i" * 40)),
    assistant("done"),
    user({"type": "text", "text": "on", "cache_control": {"type": "ephemeral", "ttl": "1h"}}),
    system="S",
    temperature=0.5,
    top_p=0.9,
    top_k=5,
    stop_sequences=["X", "Y"],
    tools=[tool("Bash")],
    tool_choice={"type": "any", "disable_parallel_tool_use": True},
    output_config={"effort": "xhigh", "format": SCHEMA},
    metadata={"user_id": USER_ID},
    stream=True,
)
ACCEPTED = target(efforts=("none", "low", "medium", "high", "xhigh", "max"))


def field(name: str) -> Callable[[Sent], Any]:
    return lambda sent: sent.body.get(name)


def message(index: int, name: str) -> Callable[[Sent], Any]:
    return lambda sent: sent.messages[index].get(name)


def part(index: int, name: str) -> Callable[[Sent], Any]:
    return lambda sent: sent.messages[1]["content"][index].get(name)


def function(name: str) -> Callable[[Sent], Any]:
    return lambda sent: sent.body["tools"][0]["function"].get(name)


def call_id(sent: Sent) -> int:
    made = sent.messages[3]["tool_calls"][0]["id"]
    assert sent.messages[4]["tool_call_id"] == made
    return len(made)


# quirk, its other value, where it shows, what stands there before and after
FLIPS: list[tuple[str, Any, Callable[[Sent], Any], Any, Any]] = [
    ("max_tokens_field", "max_completion_tokens", field("max_completion_tokens"), None, 100),
    ("system_role", "developer", message(0, "role"), "system", "developer"),
    ("mid_system", "user", message(2, "role"), "system", "assistant"),
    ("reasoning_control", "none", field("reasoning_effort"), "xhigh", None),
    ("reasoning_control", "reasoning", field("reasoning"), None, {"effort": "xhigh"}),
    ("tools_with_reasoning", False, field("reasoning_effort"), "xhigh", "none"),
    ("effort_map", {"xhigh": "max"}, field("reasoning_effort"), "xhigh", "max"),
    ("reasoning_history", "reasoning_content", message(3, "reasoning_content"), None, "so"),
    ("reasoning_history", "reasoning", message(3, "reasoning"), None, "so"),
    ("reasoning_history", "reasoning_details", message(3, "reasoning"), None, "so"),
    ("reasoning_history", "thinking_parts", message(3, "content"), None, [THOUGHT]),
    ("empty_tool_result", "-", message(4, "content"), "(no output)", "-"),
    ("sampling", False, field("temperature"), 0.5, None),
    ("sampling", False, field("top_p"), 0.9, None),
    ("sampling_with_effort", False, field("temperature"), 0.5, None),
    ("sampling_with_effort", False, field("top_p"), 0.9, None),
    ("top_k", True, field("top_k"), None, 5),
    ("stop_limit", 1, field("stop"), ["X", "Y"], ["X"]),
    ("stop_limit", 0, field("stop"), ["X", "Y"], None),
    ("stop_limit", 0, lambda sent: sent.stop_sequences, (), ("X", "Y")),
    ("stop_bytes", 0, field("stop"), ["X", "Y"], None),
    ("stop_bytes", 0, lambda sent: sent.stop_sequences, (), ("X", "Y")),
    ("tool_choice", False, field("tool_choice"), "required", None),
    ("forced_tool_choice", False, field("tool_choice"), "required", "auto"),
    ("forced_tool_choice", "unless_thinking", field("tool_choice"), "required", "auto"),
    ("parallel_tool_calls", False, field("parallel_tool_calls"), False, None),
    ("stream_usage", False, field("stream_options"), {"include_usage": True}, None),
    ("store_field", True, field("store"), None, False),
    ("json_schema", False, lambda sent: "response_format" in sent.body, True, False),
    ("json_schema_with_tools", False, lambda sent: "response_format" in sent.body, True, False),
    ("json_schema_streamed", False, lambda sent: "response_format" in sent.body, True, False),
    ("disable_tool_validation", True, field("disable_tool_validation"), None, True),
    ("extra_body", {"reasoning_format": "parsed"}, field("reasoning_format"), None, "parsed"),
    ("extra_body_while", {"thinking": {"a": 1}}, field("a"), None, 1),
    ("extra_body_while", {"streaming": {"a": 1}}, field("a"), None, 1),
    ("pdf_parts", True, part(-1, "file"), None, PDF_PART),
    ("image_urls", False, lambda sent: b"image_url" in sent.raw, True, False),
    ("safety_identifier", True, lambda sent: len(sent.body.get("safety_identifier", "")), 0, 64),
    ("prompt_cache_key", True, lambda sent: len(sent.body.get("prompt_cache_key", "")), 0, 64),
    ("cache_control", True, field("cache_control"), None, {"type": "ephemeral", "ttl": "1h"}),
    ("session_header", "x-s", lambda sent: [name for name, _ in sent.headers], [], ["x-s"]),
    (
        "dropped_schema_keywords",
        frozenset({"properties"}),
        function("parameters"),
        {"type": "object", "properties": {"command": {"type": "string"}}},
        {"type": "object", "properties": {}},
    ),
    ("tool_strict", "false", function("strict"), None, False),
    ("tool_name_pattern", "[a-z]+", lambda sent: sent.context.tool_names != {}, False, True),
    ("tool_id_length", 39, call_id, 40, 24),
    ("tool_id_pattern", "[0-9a-h]{9,40}", call_id, 40, 24),
]
OTHERWISE = {
    "document_urls",
    "max_tools",
    "prefill_field",
    "reasoning_history_filler",
    "reasoning_summaries",  # which Chat Completions has not: see the Responses API's
    "schema_dialect",
    "strict_tools",
    "user_after_tool",
    "web_search",
    "web_search_settings",
}
"""Quirks with a test of their own, most of them below."""


@pytest.mark.parametrize(
    ("name", "value", "look", "before", "after"), FLIPS, ids=[f"{f[0]}={f[1]}" for f in FLIPS]
)
def test_a_flipped_quirk_shows_on_the_wire(
    name: str, value: Any, look: Callable[[Sent], Any], before: Any, after: Any
) -> None:
    assert look(send(ASKED, ACCEPTED)) == before
    assert look(send(ASKED, ACCEPTED, **{name: value})) == after


def test_every_quirk_of_requests_is_flipped() -> None:
    names = [made.name for made in dataclasses.fields(Quirks)]
    of_requests = set(names[: names.index("reasoning_fields")])
    assert of_requests == {flip[0] for flip in FLIPS} | OTHERWISE


def test_filler_stands_where_there_is_no_reasoning() -> None:
    quirks: Json = {"reasoning_history": "reasoning_content", "reasoning_history_filler": " "}
    said = [m["reasoning_content"] for m in send(ASKED, **quirks).messages if "tool_calls" in m]
    assert said == ["so"]
    assert send(ASKED, **quirks).messages[-2]["reasoning_content"] == " "


SWITCHES: list[tuple[str, Json]] = [
    ("thinking", {"thinking": {"type": "disabled"}}),
    ("enable_thinking", {"enable_thinking": False}),
    ("reasoning_enabled", {"reasoning": {"enabled": False}}),
    ("template", {"chat_template_kwargs": {"enable_thinking": False}}),
]
DISABLED: Json = {"thinking": {"type": "disabled"}}


@pytest.mark.parametrize(("control", "switch"), SWITCHES)
def test_controls_with_a_switch(control: str, switch: Json) -> None:
    quirks: Json = {"reasoning_control": control, "reasoning_history": "reasoning_content"}
    off = send(ASKED | DISABLED, ACCEPTED, **quirks)
    assert switch.items() <= off.body.items()
    assert "reasoning_effort" not in off.body
    assert b"reasoning_content" not in off.raw  # DeepSeek wants none while thinking is off
    on = send(ASKED, ACCEPTED, **quirks)
    assert switch.keys().isdisjoint(on.body)
    assert on.body["reasoning_effort"] == "xhigh"


def test_what_thinking_brings_goes_with_it() -> None:
    quirks: Json = {"reasoning_control": "thinking", "extra_body_while": {"thinking": {"a": 1}}}
    assert "a" not in send(ASKED | DISABLED, ACCEPTED, **quirks).body
    quiet = {name: value for name, value in ASKED.items() if name != "stream"}
    assert "a" not in send(quiet, extra_body_while={"streaming": {"a": 1}}).body


def test_a_call_is_forced_where_thinking_is_off() -> None:
    quirks: Json = {"reasoning_control": "thinking", "forced_tool_choice": "unless_thinking"}
    assert send(ASKED | DISABLED, **quirks).body["tool_choice"] == "required"
    always = {**quirks, "reasoning_control": "none"}
    assert send(ASKED | DISABLED, **always).body["tool_choice"] == "auto"


def test_no_effort_and_no_sampling_is_lost() -> None:
    asked = {name: value for name, value in ASKED.items() if name != "output_config"}
    assert send(asked, ACCEPTED, sampling_with_effort=False).body["temperature"] == 0.5
    off = send(ASKED | DISABLED, ACCEPTED, sampling_with_effort=False).body
    assert (off["reasoning_effort"], off["temperature"]) == ("none", 0.5)


def test_the_assistant_speaks_between_a_result_and_the_user() -> None:
    asked = request(user("go"), assistant(call("a", "Bash")), user(result("a", "out"), "and now?"))
    assert [told["role"] for told in send(asked).messages[-2:]] == ["tool", "user"]
    bridged = send(asked, user_after_tool=False)
    assert bridged.messages[-3:] == [
        {"role": "tool", "tool_call_id": "a", "content": "out"},
        {"role": "assistant", "content": "OK."},
        {"role": "user", "content": "and now?"},
    ]
    assert bridged.lost("/messages") == (LossKind.INVENTED, Reason.PLACEHOLDER)


def test_prefill_is_refused_unless_the_server_goes_on_from_it() -> None:
    begun = request(user("Capital of Chad?"), assistant("The capital is"))
    with pytest.raises(Unsupported, match="must end with a user message"):
        send(begun)
    assert send(begun, prefill_field="partial").messages[-1] == {
        "role": "assistant",
        "content": "The capital is",
        "partial": True,
    }
    count = {name: value for name, value in begun.items() if name != "max_tokens"}
    assert send(count).messages[-1] == {"role": "assistant", "content": "The capital is"}


def test_no_choice_means_no_tools_where_a_call_cannot_be_forbidden() -> None:
    sent = send(ASKED | {"tool_choice": {"type": "none"}}, tool_choice=False)
    assert {"tools", "tool_choice", "parallel_tool_calls"}.isdisjoint(sent.body)


def test_a_document_by_url_is_a_file_where_the_server_fetches_it() -> None:
    url = "https://example.org/a.pdf"
    asked = request(user({"type": "document", "source": {"type": "url", "url": url}}))
    assert "cannot read a document at" in send(asked).messages[0]["content"]
    fetched = send(asked, document_urls=True)
    assert fetched.messages[0]["content"][1] == {"type": "file", "file": {"file_url": url}}
    assert not fetched.losses


def test_schema_dialect() -> None:
    plain: Json = {"name": "Bash", "input_schema": {"type": "object", "properties": {"x": {}}}}
    asked = ASKED | {"tools": [plain]}
    look = function("parameters")
    assert look(send(asked))["properties"] == {"x": {}}
    assert "anyOf" in look(send(asked, schema_dialect="moonshot"))["properties"]["x"]


def test_max_tools() -> None:
    twice = ASKED | {"tools": [tool("Bash"), tool("Read")]}
    with pytest.raises(Unsupported, match="takes at most 1 tools and this request has 2"):
        send(twice, max_tools=1)
    with pytest.raises(Unsupported, match="acme/large-1 takes no tools; choose another model"):
        send(ASKED, max_tools=0)
    assert send(request(user("hi")), max_tools=0).messages


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        (None, True),
        ({"type": "auto"}, True),
        ({"type": "any"}, True),
        ({"type": "none"}, True),
        ({"type": "tool", "name": "Bash"}, None),
    ],
)
def test_calls_go_unchecked_unless_one_tool_is_forced(choice: Json | None, sent: bool) -> None:
    asked = request(user("hi"), tools=[tool("Bash")], **({"tool_choice": choice} if choice else {}))
    quirks: Json = {"disable_tool_validation": True}
    assert send(asked, **quirks).body.get("disable_tool_validation") is sent
    assert "disable_tool_validation" not in send(request(user("hi")), **quirks).body


def test_a_schema_is_sent_where_nothing_speaks_against_it() -> None:
    asked = request(user("hi"), output_config={"format": SCHEMA})
    quirks: Json = {"json_schema_with_tools": False, "json_schema_streamed": False}
    assert "response_format" in send(asked, **quirks).body
    streamed = send(asked | {"stream": True}, **quirks)
    assert "response_format" not in streamed.body
    assert "JSON Schema" in streamed.messages[0]["content"]


def test_a_models_quirks_go_before_its_vendors() -> None:
    provider = Provider(
        name="acme", base_url="https://a.example", quirks={"top_k": True, "stop_limit": 2}
    )
    facts = ModelFacts(pattern="*", quirks={"stop_limit": 0})
    quirks = Quirks.of(Target(provider=provider, model="m", facts=facts))
    assert (quirks.top_k, quirks.stop_limit, quirks.max_tools) == (True, 0, 128)
