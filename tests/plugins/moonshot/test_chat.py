"""Moonshot's Chat API as its documents and clients have it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy_core.anthropic.message import MessageSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.ledger import Ledger
from tests.e2e.openai_types import violation
from tests.support.claude_code import RECORDED
from tests.support.moonshot import MODELS, MOONSHOT, TOOL, Json, conversation, sent, target


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
        # Else it looks at no earlier thinking; later models always do, and K2.5 knows no such word.
        ("kimi-k2.6", {}, {"thinking": {"type": "enabled", "keep": "all"}}),
        ("kimi-k2.6-of-tomorrow", {}, {"thinking": {"type": "enabled", "keep": "all"}}),
        ("kimi-k2.5", {}, {}),
        ("kimi-k2.5", {"thinking": {"type": "disabled"}}, {"thinking": {"type": "disabled"}}),
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
    long = sent(target(wire="chat"), stop_sequences=["é" * 17, "é" * 16, "e" * 33, "e" * 32])
    assert long["stop"] == ["é" * 16, "e" * 32]
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
