"""Which API a server is spoken to in: OpenAI's own by itself, the user's choice before that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proxy_core.anthropic.message import MessageSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.bound import BoundProvider
from proxy_core.contract import CountCall, FailureKind, UpstreamFailure, UpstreamRequest
from proxy_core.ledger import Ledger
from proxy_core.plugins import configured, load_plugins
from proxy_core.routing.directory import at
from proxy_core.settings import Settings, SettingsError

ASKED = {
    "model": "claude-x",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "hi"}],
    "tools": [{"name": "Read", "input_schema": {"type": "object", "properties": {}}}],
}
GATEWAY = "http://127.0.0.1:4000/v1"
CHAT, RESPONSES = "/chat/completions", "/responses"


def bound(tmp_path: Path, table: Any = None, /, **environ: str) -> BoundProvider:
    """The provider as core sets it up."""
    tables = {"openai": table} if table else {}
    settings = Settings.load({"providers": tables}, environ=environ, cwd=tmp_path)
    return configured(load_plugins(["openai"]), settings).providers[0]


def sent(provider: BoundProvider, model: str = "gpt-6.1-sol") -> UpstreamRequest:
    request = parse(json.dumps(ASKED).encode())
    return provider.translate_request(request, at(provider.provider, model), Ledger())


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({}, RESPONSES),
        ({"OPENAI_API": "auto"}, RESPONSES),
        ({"OPENAI_API": "chat"}, CHAT),
        ({"OPENAI_BASE_URL": "https://eu.api.openai.com/v1"}, RESPONSES),
        ({"OPENAI_BASE_URL": "https://jp.api.openai.com/v1"}, RESPONSES),
        ({"OPENAI_BASE_URL": "https://api.openai.com.evil.example/v1"}, CHAT),
        ({"OPENAI_BASE_URL": "https://notapi.openai.com/v1"}, CHAT),
        ({"OPENAI_BASE_URL": "https://evil-api.openai.com/v1"}, CHAT),
        ({"OPENAI_BASE_URL": GATEWAY}, CHAT),
        ({"OPENAI_BASE_URL": GATEWAY, "OPENAI_API": "auto"}, CHAT),
        ({"OPENAI_BASE_URL": GATEWAY, "OPENAI_API": "Responses"}, RESPONSES),
    ],
)
def test_the_wire(tmp_path: Path, environ: dict[str, str], path: str) -> None:
    assert sent(bound(tmp_path, **environ), "gpt-5.5").path == path


def test_a_table_chooses_too_and_the_variable_before_it(tmp_path: Path) -> None:
    table = {"quirks": {"wire": "chat"}}
    assert sent(bound(tmp_path, table), "gpt-5.5").path == CHAT
    assert sent(bound(tmp_path, table, OPENAI_API="responses"), "gpt-5.5").path == RESPONSES


def test_a_further_provider_has_a_wire_of_its_own(tmp_path: Path) -> None:
    office = {"like": "openai", "base_url": GATEWAY, "quirks": {"wire": "responses"}}
    plain = {"like": "openai", "base_url": GATEWAY}
    settings = Settings.load(
        {"providers": {"office": office, "plain": plain}},
        environ={"OPENAI_API": "chat"},
        cwd=tmp_path,
    )
    first, second = configured(load_plugins(["openai"]), settings).providers[-2:]
    assert (sent(first, "m").path, sent(second, "m").path) == (RESPONSES, CHAT)


def test_a_wire_that_there_is_not_is_refused_at_start(tmp_path: Path) -> None:
    expected = "OPENAI_API: wire: should be one of auto, responses, chat"
    with pytest.raises(SettingsError, match=f"^{expected}$"):
        bound(tmp_path, OPENAI_API="grpc")


@pytest.mark.parametrize("model", ["gpt-6.1-sol", "gpt-6-sol", "gpt-5.4", "gpt-5.3-codex"])
def test_over_responses_tools_do_not_turn_reasoning_off(tmp_path: Path, model: str) -> None:
    body = json.loads(sent(bound(tmp_path), model).body)
    assert body["tools"]
    assert body["reasoning"] == {"summary": "auto"}


def test_identity_and_roles_are_openais_only_at_openai(tmp_path: Path) -> None:
    asked = ASKED | {"metadata": {"user_id": '{"session_id":"s","device_id":"d"}'}}
    asked["messages"] = [
        {"role": "user", "content": "a"},
        {"role": "system", "content": "b"},
        {"role": "user", "content": "c"},
    ]
    request = parse(json.dumps(asked).encode())
    found = []
    for environ in ({}, {"OPENAI_BASE_URL": GATEWAY, "OPENAI_API": "responses"}):
        provider = bound(tmp_path, **environ)
        to = at(provider.provider, "gpt-5.5")
        body = json.loads(provider.translate_request(request, to, Ledger()).body)
        identified = "prompt_cache_key" in body and "safety_identifier" in body
        found.append((identified, body["store"], body["input"][1]["role"]))
    assert found == [(True, False, "developer"), (False, False, "system")]


# -- hooks beside the translation ----------------------------------------------------------


def test_only_openai_counts(tmp_path: Path) -> None:
    request = parse(json.dumps(ASKED).encode())
    for environ, counts in (
        ({}, True),
        ({"OPENAI_API": "chat"}, False),
        ({"OPENAI_BASE_URL": GATEWAY, "OPENAI_API": "responses"}, False),
    ):
        provider = bound(tmp_path, **environ)
        call = provider.count_tokens(request, at(provider.provider, "gpt-5.5"))
        assert isinstance(call, CountCall) == counts


def test_no_answer_is_looked_for_in_an_error(tmp_path: Path) -> None:
    """Groq's way to send a broken call along means nothing here."""
    body = json.dumps({"error": {"failed_generation": '{"name": "Read", "arguments": {}}'}})
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=400, body=body.encode())
    provider = bound(tmp_path)
    writer = MessageWriter(MessageSink(), WriterOptions(message_id="msg_1", model="m"))
    assert not provider.rescue_error(failure, sent(provider), writer, Ledger())
    assert writer.stop_reason is None
