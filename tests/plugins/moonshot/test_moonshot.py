"""The plugin as core loads it: both of Moonshot's APIs, as its documents and clients have them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from proxy_core.anthropic.carrier import Envelope, seal, unseal
from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.tokens import estimate
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.contract import (
    About,
    CountCall,
    ErrorVerdict,
    FailureKind,
    ProtocolError,
    Target,
    UpstreamFailure,
)
from proxy_core.ledger import Ledger
from proxy_core.plugins import load_plugins
from proxy_core.plugins.configured import configured
from proxy_core.routing import Router
from proxy_core.routing.directory import at
from proxy_core.settings import Settings, SettingsError
from proxy_core.sse import decoder
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.e2e.messages_rules import RefusedError, check_kimi
from tests.e2e.openai_types import violation

Json = dict[str, Any]

(MOONSHOT,) = load_plugins(["moonshot"]).providers
RECORDED = sorted(Path("tests/fixtures/claude_code").glob("*.json"))
MODELS = ("kimi-k3", "kimi-k3.1-pro", "kimi-k2.7-code", "kimi-k2.6", "kimi-k2.5")
TOOL = {"name": "Read", "input_schema": {"type": "object", "properties": {"x": {}}}}


def target(
    model: str = "kimi-k3", wire: str = "auto", base: str = "https://api.moonshot.ai"
) -> Target:
    update = {"base_url": base, "quirks": {"wire": wire}}
    return at(MOONSHOT.provider.model_copy(update=update), model)


def sent(to: Target, ledger: Ledger | None = None, **fields: Any) -> Json:
    asked = {
        "model": "x",
        "max_tokens": 100,
        "messages": [{"role": "user", "content": "hi"}],
        **fields,
    }
    request = parse(json.dumps(asked).encode())
    made = MOONSHOT.translate_request(request, to, Ledger() if ledger is None else ledger)
    body: Json = json.loads(made.body)
    return body


# -- the wire ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wire", "base", "path"),
    [
        ("auto", "https://api.moonshot.ai", "/anthropic/v1/messages"),
        ("auto", "https://api.moonshot.ai/anthropic", "/v1/messages"),
        ("auto", "https://api.moonshot.ai/v1", "/chat/completions"),
        ("anthropic", "https://api.moonshot.cn", "/anthropic/v1/messages"),
        ("chat", "https://api.moonshot.ai", "/v1/chat/completions"),
        ("Chat", "https://api.moonshot.ai/v1", "/chat/completions"),
    ],
)
def test_which_api_is_spoken(wire: str, base: str, path: str) -> None:
    request = parse(b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}]}')
    assert MOONSHOT.translate_request(request, target("kimi-k3", wire, base), Ledger()).path == path


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"MOONSHOT_API": "responses"}, "MOONSHOT_API: wire: should be one of"),
        (
            {"MOONSHOT_API": "anthropic", "MOONSHOT_BASE_URL": "https://api.moonshot.ai/v1"},
            "anthropic is not served",
        ),
        (
            {"MOONSHOT_API": "chat", "MOONSHOT_BASE_URL": "https://api.moonshot.ai/anthropic"},
            "chat is not served",
        ),
    ],
)
def test_a_wrong_choice_is_told_at_start(
    tmp_path: Path, environ: dict[str, str], words: str
) -> None:
    settings = Settings.load({}, environ=environ, cwd=tmp_path)
    with pytest.raises(SettingsError, match=words):
        configured(load_plugins(["moonshot"]), settings)


@pytest.mark.parametrize(
    ("asked", "model"),
    [
        ("opus", "kimi-k3"),
        ("claude-sonnet-5-5", "kimi-k3"),
        ("haiku", "kimi-k2.6"),
        ("kimi-k2.7-code", "kimi-k2.7-code"),
        ("kimi/kimi-k3.1-pro", "kimi-k3.1-pro"),
        ("moonshot/of-tomorrow", "of-tomorrow"),
    ],
)
def test_names(asked: str, model: str) -> None:
    assert Router([MOONSHOT]).route(asked).targets[0].model == model


# -- the Messages API --------------------------------------------------------------------------


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


CALL = {"type": "tool_use", "id": "functions.Read:0", "name": "Read", "input": {}}


def conversation(*blocks: Json) -> list[Json]:
    result = {"type": "tool_result", "tool_use_id": CALL["id"], "content": "r"}
    return [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [*blocks, CALL]},
        {"role": "user", "content": [result]},
    ]


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


# -- Chat Completions --------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_whatever_claude_code_sends_is_sound_chat(path: Path, model: str) -> None:
    request = parse(path.read_bytes())
    made = MOONSHOT.translate_request(request, target(model, "chat"), Ledger())
    body = json.loads(made.body)
    for message in body["messages"]:
        filler = message.pop("reasoning_content", None)
        assert filler is None or filler
        assert message["role"] != "assistant" or filler
    body.pop("thinking", None)  # Moonshot's own
    if body.get("reasoning_effort") == "max":
        body.pop("reasoning_effort")  # Moonshot's own, too
    assert violation(body) is None
    assert "temperature" not in body
    for tool in body.get("tools", ()):
        assert tool["function"]["strict"] is False


@pytest.mark.parametrize(
    ("model", "asked", "fields"),
    [
        ("kimi-k3", {"output_config": {"effort": "xhigh"}}, {"reasoning_effort": "max"}),
        ("kimi-k3", {"output_config": {"effort": "medium"}}, {"reasoning_effort": "high"}),
        ("kimi-k3", {}, {}),
        ("kimi-k2.6", {"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}),
        ("kimi-k2.7-code", {"thinking": {"type": "enabled", "budget_tokens": 9}}, {}),
    ],
)
def test_thinking_over_chat(model: str, asked: Json, fields: Json) -> None:
    body = sent(target(model, "chat"), **asked)
    kept = {name: body[name] for name in ("reasoning_effort", "thinking") if name in body}
    assert kept == fields


def test_tools_over_chat() -> None:
    tools = [{**TOOL, "name": name} for name in ("Read", "x", "9lives")]
    body = sent(target(wire="chat"), tools=tools, tool_choice={"type": "any"})
    names = [tool["function"]["name"] for tool in body["tools"]]
    assert names[0] == "Read"
    assert all(len(name) >= 3 and not name[0].isdigit() for name in names)
    assert "anyOf" in body["tools"][0]["function"]["parameters"]["properties"]["x"]
    assert body["tool_choice"] == "required"
    thinking = sent(target("kimi-k2.6", "chat"), tools=tools, tool_choice={"type": "any"})
    assert thinking["tool_choice"] == "auto"


def test_limits_over_chat() -> None:
    body = sent(target(wire="chat"), stop_sequences=list("abcdefg"), temperature=0.1)
    assert body["max_completion_tokens"] == 100
    assert body["stop"] == list("abcde")
    assert "temperature" not in body
    last = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    assert sent(target(wire="chat"), messages=last)["messages"][-1]["partial"] is True


def test_moonshots_first_models_sample_and_do_not_think() -> None:
    body = sent(target("moonshot-v1-128k", "chat"), temperature=0.5, messages=conversation())
    assert body["temperature"] == 0.5
    assert "reasoning_content" not in json.dumps(body)
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "eA"}}
    said = [{"role": "user", "content": [image]}]
    assert "no vision" in json.dumps(sent(target("moonshot-v1-8k"), messages=said))


def test_native_ids_survive_the_way_to_the_client_and_back() -> None:
    to = target(wire="chat")
    request = parse(b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"x"}]}')
    upstream = MOONSHOT.translate_request(request, to, Ledger())
    function = {"name": "Read", "arguments": "{}"}
    calls = [{"id": "functions.Read:0", "type": "function", "function": function}]
    choice = {"index": 0, "finish_reason": "tool_calls", "message": {"tool_calls": calls}}
    sink = MessageSink()
    writer = MessageWriter(sink, WriterOptions(message_id="msg_1", model="asked"))
    MOONSHOT.translate_response(
        upstream, json.dumps({"choices": [choice]}).encode(), writer, Ledger()
    )
    writer.end()
    call = json.loads(sink.json())["content"][0]
    assert "." not in call["id"]
    said = conversation()
    said[1]["content"] = [call]
    said[2]["content"][0]["tool_use_id"] = call["id"]
    messages = sent(to, messages=said, tools=[TOOL])["messages"]
    assert messages[1]["tool_calls"][0]["id"] == "functions.Read:0"
    assert messages[2]["tool_call_id"] == "functions.Read:0"


# -- counting ----------------------------------------------------------------------------------


def counted(to: Target, **fields: Any) -> tuple[CountCall | None, int]:
    body = {"model": "x", "messages": [{"role": "user", "content": "hi"}], **fields}
    request = parse(json.dumps(body).encode())
    call = MOONSHOT.count_tokens(request, to)
    assert call is None or isinstance(call, CountCall)
    only_tools = msgspec.structs.replace(request, messages=(), system=())
    return call, estimate(only_tools).tokens if request.tools else 0


@pytest.mark.parametrize("wire", ["chat", "anthropic"])
def test_moonshots_own_estimate_and_the_tools_it_does_not_know(wire: str) -> None:
    call, tools = counted(target(wire=wire), system="be good", tools=[TOOL])
    assert call is not None
    assert call.request.path == "/v1/tokenizers/estimate-token-count"
    body = json.loads(call.request.body)
    assert set(body) == {"model", "messages"}
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert call.read(b'{"data": {"total_tokens": 80}}') == 80 + tools
    assert tools > 0
    for wrong in (b"", b"{}", b'{"data": {}}', b'{"data": {"total_tokens": "8"}}'):
        with pytest.raises(ProtocolError):
            call.read(wrong)


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("https://a.example/v1", "/tokenizers/estimate-token-count"),
        ("https://a.example/anthropic", None),
    ],
)
def test_where_the_estimate_is_asked_for(base: str, path: str | None) -> None:
    call, _ = counted(target(base=base))
    assert (call.request.path if call else None) == path


# -- errors ------------------------------------------------------------------------------------


def read(status: int, error: Json, wire: str) -> ErrorVerdict:
    body = {"type": "error", "error": error} if wire == "anthropic" else {"error": error}
    failure = UpstreamFailure(
        kind=FailureKind.STATUS, status=status, body=json.dumps(body).encode()
    )
    verdict = MOONSHOT.classify_error(failure, target(wire=wire))
    assert verdict is not None
    return verdict


@pytest.mark.parametrize("wire", ["anthropic", "chat"])
@pytest.mark.parametrize(
    ("status", "kind", "message", "shown", "about", "retryable"),
    [
        (400, "content_filter", "high risk", 400, About.CONTENT_FILTER, False),
        (
            400,
            "invalid_request_error",
            "Invalid request: Your request exceeded model token limit: 262144 (requested: 269030)",
            400,
            About.CONTEXT_OVERFLOW,
            False,
        ),
        (
            400,
            "invalid_request_error",
            "Input token length too long",
            400,
            About.CONTEXT_OVERFLOW,
            False,
        ),
        (400, "invalid_request_error", "tools: no", 400, About.REQUEST, False),
        (401, "invalid_authentication_error", "no", 401, About.KEY, False),
        (401, "incorrect_api_key_error", "no", 401, About.KEY, False),
        (402, "membership", "no plan", 403, About.QUOTA, False),
        (403, "permission_denied", "only available for Coding Agents", 403, None, False),
        (404, "resource_not_found_error", "Not found the model", 404, About.MODEL, False),
        (429, "exceeded_current_quota_error", "suspended", 403, About.QUOTA, False),
        (
            429,
            "rate_limit_reached_error",
            "max RPM: 3, please try again after 1 seconds",
            429,
            About.RATE_LIMIT,
            True,
        ),
        (429, "engine_overloaded_error", "overloaded", 503, About.OVERLOADED, True),
        (500, "server_error", "oops", 500, About.UPSTREAM, True),
        (500, "unexpected_output", "oops", 500, About.UPSTREAM, True),
    ],
)
def test_errors(
    *,
    wire: str,
    status: int,
    kind: str,
    message: str,
    shown: int,
    about: About | None,
    retryable: bool,
) -> None:
    verdict = read(status, {"type": kind, "message": message}, wire)
    assert (verdict.status, verdict.retryable) == (shown, retryable)
    assert about is None or verdict.about is about
    if about is About.CONTEXT_OVERFLOW:
        assert verdict.message.startswith("prompt is too long")
    if about is About.RATE_LIMIT:
        assert verdict.retry_after == 1


def test_the_rules_of_this_test_refuse_something() -> None:
    """Else they would prove nothing."""
    raw = json.loads(Path("tests/fixtures/claude_code/main_turn.json").read_bytes())
    with pytest.raises(RefusedError):
        check_kimi({**raw, "model": "kimi-k3"}, lambda _: False)


@pytest.mark.parametrize(("wire", "mends"), [("chat", True), ("anthropic", False)])
def test_other_words_are_those_of_the_wire_that_is_spoken(wire: str, mends: bool) -> None:
    body = json.dumps({"error": {"message": "Unknown parameter: 'stream_options'"}}).encode()
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=400, body=body)
    to = target(wire=wire)
    verdict = MOONSHOT.classify_error(failure, to)
    assert verdict is not None
    assert (verdict.repair is not None) is mends
    if verdict.repair is not None:
        assert MOONSHOT.repaired(to, verdict.repair).provider.quirks["stream_usage"] is False
