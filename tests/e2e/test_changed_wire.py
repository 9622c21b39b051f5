"""A provider that is spoken to in another API after a restart, at the same address."""

import json
from pathlib import Path
from typing import Any

import pytest

from proxy_core.plugins import load_plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from tests.e2e import kimi_chat, messages_rules, openai_rules, responses_rules
from tests.support.proxy import Proxy
from tests.support.raw_upstream import RawExchange, RawUpstream, http_head
from tests.support.servers import serving

Json = dict[str, Any]

CALL = {"name": "Run", "arguments": '{"what":"x"}'}
TOOLS: list[Json] = [{"name": "Run", "input_schema": {"type": "object", "properties": {}}}]
ANSWERS: dict[str, Json] = {
    "/anthropic/v1/messages": {
        "type": "message",
        "role": "assistant",
        "id": "msg_1",
        "model": "any",
        "content": [
            {"type": "thinking", "thinking": "by messages", "signature": "sig-1"},
            {"type": "tool_use", "id": "functions.Run:0", "name": "Run", "input": {"what": "x"}},
        ],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 1},
    },
    "/v1/chat/completions": {
        "choices": [
            {
                "index": 0,
                "finish_reason": "tool_calls",
                "message": {
                    "role": "assistant",
                    "content": None,
                    "reasoning_content": "by chat",
                    "tool_calls": [{"id": "functions.Run:0", "type": "function", "function": CALL}],
                },
            }
        ],
    },
    "/v1/responses": {
        "status": "completed",
        "output": [
            {
                "type": "reasoning",
                "id": "rs_1",
                "summary": [{"type": "summary_text", "text": "by responses"}],
                "encrypted_content": "sealed",
            },
            {"type": "function_call", "id": "fc_1", "call_id": "call_1", **CALL},
        ],
    },
}


async def answer(exchange: RawExchange) -> None:
    path = exchange.head.split(b" ")[1].decode()
    head = http_head("200 OK", "content-type: application/json")
    await exchange.send(head + json.dumps(ANSWERS[path]).encode())


class Talk:
    """A client that runs what is called, before a new process of the proxy each time."""

    def __init__(self, upstream: RawUpstream, plugin: str, model: str, folder: Path) -> None:
        self.upstream, self.plugin, self.model, self.folder = upstream, plugin, model, folder
        self.messages: list[Json] = [{"role": "user", "content": "Run it."}]

    def go_on(self, wire: str) -> Json:
        """What the vendor is asked over this wire."""
        name = self.plugin.upper()
        base = self.upstream.origin + ("/v1" if self.plugin == "openai" else "")
        environ = {f"{name}_API_KEY": "k", f"{name}_BASE_URL": base, f"{name}_API": wire}
        settings = Settings.load({"max_retries": 0}, environ=environ, cwd=self.folder)
        with serving(create_app(settings, load_plugins([self.plugin]))) as server:
            response = Proxy(server).ask(
                model=self.model,
                messages=self.messages,
                tools=TOOLS,
                thinking={"type": "adaptive"},
            )
        assert response.status_code == 200, response.text
        content = response.json()["content"]
        assert [block["type"] for block in content] == ["thinking", "tool_use"]
        result = {"type": "tool_result", "tool_use_id": content[1]["id"], "content": "done"}
        self.messages.append({"role": "assistant", "content": content})
        self.messages.append({"role": "user", "content": [result]})
        raw = self.upstream.exchanges[-1].body
        assert b"pxc1." not in raw
        body: Json = json.loads(raw)
        return body


@pytest.mark.parametrize("model", ["kimi-k3", "kimi-k2.6", "kimi-k2.7-code"])
@pytest.mark.parametrize("wires", [("anthropic", "chat"), ("chat", "anthropic")], ids="-then-".join)
def test_kimi_gets_its_reasoning_back_over_either_of_its_wires(
    wires: tuple[str, str], model: str, tmp_path: Path
) -> None:
    told = {"anthropic": "by messages", "chat": "by chat"}
    with RawUpstream(answer) as upstream:
        talk = Talk(upstream, "moonshot", f"moonshot/{model}", tmp_path)
        for number, wire in enumerate((*wires, *wires)):
            body = talk.go_on(wire)
            thoughts = [told[earlier] for earlier in (*wires, *wires)[:number]]
            said = [message for message in body["messages"] if message["role"] == "assistant"]
            if wire == "chat":
                kimi_chat.check_body(body)
                assert [message["reasoning_content"] for message in said] == thoughts
                ids = [call["id"] for message in said for call in message["tool_calls"]]
            else:
                messages_rules.check_kimi(body, lambda block: block["thinking"] in told.values())
                assert [message["content"][0]["thinking"] for message in said] == thoughts
                ids = [message["content"][1]["id"] for message in said]
            assert ids[:1] == ["functions.Run:0"][: len(said)]
            assert len(set(ids)) == len(said)


@pytest.mark.parametrize("wires", [("responses", "chat"), ("chat", "responses")], ids="-then-".join)
def test_openais_items_come_home_to_its_responses_and_nowhere_else(
    wires: tuple[str, str], tmp_path: Path
) -> None:
    with RawUpstream(answer) as upstream:
        talk = Talk(upstream, "openai", "openai/gpt-5.5", tmp_path)
        for number, wire in enumerate((*wires, *wires)):
            body = talk.go_on(wire)
            if wire == "chat":
                openai_rules.check_body(body)
                assert "by responses" not in json.dumps(body)
                assert "sealed" not in json.dumps(body)
                continue
            responses_rules.check_body(body)
            items = [item for item in body["input"] if item.get("type") == "reasoning"]
            assert len(items) == (*wires, *wires)[:number].count("responses")
            assert all(item["summary"][0]["text"] == "by responses" for item in items)
