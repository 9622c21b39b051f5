"""Moonshot's Messages API as its documents and clients have it, and thoughts on either API."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy_core.anthropic.carrier import Envelope, seal, unseal
from proxy_core.anthropic.message import EventSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.ledger import Ledger
from proxy_core.sse import decoder
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.e2e.messages_rules import RefusedError, check_kimi
from tests.support.claude_code import RECORDED, recorded
from tests.support.moonshot import CALL, MODELS, MOONSHOT, TOOL, Json, conversation, sent, target


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_whatever_claude_code_sends_kimi_takes(path: Path, model: str) -> None:
    request = parse(path.read_bytes())
    if request.max_tokens is None:
        return  # asks for a count
    ledger = Ledger()
    made = MOONSHOT.translate_request(request, target(model), ledger)
    check_kimi(json.loads(made.body), lambda _: False)
    allowed = {"server_tool", "document_unsupported", "no_equivalent", "structured_output"}
    assert {loss.reason.value for loss in ledger.meaningful()} <= allowed


@pytest.mark.parametrize(
    ("model", "asked", "thinking", "effort"),
    [
        ("kimi-k3", {"thinking": {"type": "adaptive"}}, None, None),
        ("kimi-k3", {"output_config": {"effort": "medium"}}, None, "high"),
        ("kimi-k3", {"output_config": {"effort": "xhigh"}}, None, "max"),
        ("kimi-k3", {"output_config": {"effort": "low"}}, None, "low"),
        ("kimi-k3", {"thinking": {"type": "disabled"}}, None, None),
        ("kimi-k2.6", {"thinking": {"type": "adaptive", "display": "omitted"}}, "enabled", None),
        ("kimi-k2.6", {"thinking": {"type": "enabled", "budget_tokens": 5000}}, "enabled", None),
        ("kimi-k2.5", {"thinking": {"type": "disabled"}}, "disabled", None),
        ("kimi-k2.6", {"output_config": {"effort": "low"}}, None, None),
        ("kimi-k2.7-code", {"thinking": {"type": "enabled"}}, None, None),
    ],
)
def test_how_deep_each_model_is_told_to_think(
    model: str, asked: Json, thinking: str | None, effort: str | None
) -> None:
    body = sent(target(model), **asked)
    assert body.get("thinking") == (None if thinking is None else {"type": thinking})
    assert body.get("output_config", {}).get("effort") == effort


@pytest.mark.parametrize(
    ("model", "choice", "told"),
    [
        ("kimi-k3", {"type": "tool", "name": "Read"}, "any"),
        ("kimi-k3", {"type": "any", "disable_parallel_tool_use": True}, "any"),
        ("kimi-k2.6", {"type": "any"}, "auto"),
        ("kimi-k2.7-code", {"type": "tool", "name": "Read"}, "auto"),
        ("kimi-k2.6", {"type": "none"}, "none"),
    ],
)
def test_choices_of_tools(model: str, choice: Json, told: str) -> None:
    body = sent(target(model), tools=[TOOL], tool_choice=choice)
    assert body["tool_choice"] == {"type": told}


def test_sampling_is_fixed() -> None:
    ledger = Ledger()
    body = sent(target(), ledger, temperature=0.5, top_p=0.9, top_k=5)
    assert not {"temperature", "top_p", "top_k"} & set(body)
    assert {loss.path for loss in ledger} == {"/temperature", "/top_p", "/top_k"}


def test_no_tokens_are_answered_by_core() -> None:
    request = parse(b'{"model":"m","max_tokens":0,"messages":[{"role":"user","content":"x"}]}')
    assert not MOONSHOT.translate_request(request, target(), Ledger()).relay


def thought(signature: str, text: str = "hm") -> Json:
    return {"type": "thinking", "thinking": text, "signature": signature}


@pytest.mark.parametrize("wire", ["anthropic", "chat"])
def test_own_thinking_comes_home_and_a_space_stands_for_any_other(wire: str) -> None:
    to = target(wire=wire)
    own = seal(Envelope.of(to, state=b"kimis"))
    foreign = seal(Envelope("groq", "m"))

    def told(*blocks: Json) -> Json:
        message: Json = sent(to, messages=conversation(*blocks), tools=[TOOL])["messages"][1]
        return message

    if wire == "chat":
        assert told(thought(own))["reasoning_content"] == "hm"
        assert told(thought(foreign))["reasoning_content"] == " "
        assert told()["reasoning_content"] == " "
    else:
        assert told(thought(own))["content"][0] == thought("kimis")
        assert told(thought(foreign))["content"][0] == thought("", " ")
        assert told(thought("EqRkAnthropic"))["content"][0] == thought("", " ")
        assert told()["content"] == [thought("", " "), CALL]


def test_a_conversation_goes_on_when_the_wire_changes() -> None:
    chat, native = target(wire="chat"), target(wire="anthropic")
    over_chat = seal(Envelope.of(chat))
    body = sent(native, messages=conversation(thought(over_chat)), tools=[TOOL])
    assert body["messages"][1]["content"][0] == thought("")
    over_native = seal(Envelope.of(native, state=b"s"))
    body = sent(chat, messages=conversation(thought(over_native)), tools=[TOOL])
    assert body["messages"][1]["reasoning_content"] == "hm"


def test_an_answer_is_passed_on_and_its_signature_sealed() -> None:
    to = target()
    writer, sink = _writer()
    upstream = MOONSHOT.translate_request(
        parse(b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}'),
        to,
        Ledger(),
    )
    reader = MOONSHOT.open_stream(upstream, writer, Ledger())
    start: Json = {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "kimi-k3",
        "content": [],
    }
    start |= {"stop_reason": None, "stop_sequence": None}
    events: list[Json] = [
        {
            "type": "message_start",
            "message": {**start, "usage": {"input_tokens": 5, "output_tokens": 1}},
        },
        {"type": "content_block_start", "index": 0, "content_block": thought("", "")},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "signature_delta", "signature": "kimis"},
        },
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 2},
        },
        {"type": "message_stop"},
    ]
    wire = "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events).encode()
    for event in decoder(keep_bytes=True).feed(wire):
        reader.feed(event)
    told = parse_events(sink.take())
    check_events(told)
    message = fold(told)
    assert message["model"] == "asked"
    envelope = unseal(message["content"][0]["signature"])
    assert envelope is not None
    assert (envelope.is_from(to), envelope.state) == (True, b"kimis")


def _writer() -> tuple[MessageWriter, EventSink]:
    sink = EventSink()
    return MessageWriter(sink, WriterOptions(message_id="msg_1", model="asked")), sink


def test_the_rules_of_this_test_refuse_something() -> None:
    """Else they would prove nothing."""
    raw = recorded("main_turn")
    with pytest.raises(RefusedError):
        check_kimi({**raw, "model": "kimi-k3"}, lambda _: False)


def test_stop_sequences_as_kimi_takes_them() -> None:
    stops = ["e" * 33, *"abcdefg"]
    assert sent(target(), stop_sequences=stops)["stop_sequences"] == list("abcde")
