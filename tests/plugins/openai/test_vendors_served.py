"""Each vendor behind the running proxy: address, key and answer, by its card and a user's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proxy_core.plugins import load_plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from proxy_core.testing.lifecycle import fold, parse_events
from tests.support.chat_answers import a_usage, chunk, sse
from tests.support.proxy import Proxy
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, RawUpstream, http_head
from tests.support.servers import serving

CARDS = {bound.provider.name: bound.provider for bound in load_plugins(["openai"]).providers}
KEY = "sk-canary-of-the-vendor"

CHAT: dict[str, Any] = {
    "id": "c1",
    "object": "chat.completion",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": "hello"},
            "finish_reason": "stop",
        }
    ],
    "usage": a_usage(),
}
RESPONSE: dict[str, Any] = {
    "id": "r1",
    "object": "response",
    "status": "completed",
    "output": [
        {
            "type": "message",
            "id": "m1",
            "role": "assistant",
            "status": "completed",
            "content": [{"type": "output_text", "text": "hello", "annotations": []}],
        }
    ],
    "usage": {"input_tokens": 10, "output_tokens": 5, "total_tokens": 15},
}


async def answer(exchange: RawExchange) -> None:
    """Answers in the API that was asked. DeepSeek sends blank lines while a request waits."""
    said = RESPONSE if b"/responses" in exchange.head.split(b"\r\n")[0] else CHAT
    head = http_head("200 OK", "content-type: application/json")
    await exchange.send(head + b"\n\n" + json.dumps(said).encode())


def asked(settings: Settings, model: str) -> tuple[Any, str]:
    with serving(create_app(settings, load_plugins(["openai"]))) as server:
        response = Proxy(server).ask(model=model)
    return response, response.text


def path_of(exchange: RawExchange) -> str:
    return exchange.head.split(b" ")[1].decode()


@pytest.mark.parametrize("name", CARDS)
def test_by_its_card_and_by_a_users(name: str, tmp_path: Path) -> None:
    card = CARDS[name]
    with RawUpstream(answer) as upstream:
        base = upstream.origin + (card.base_path or "/v1")
        environ = {card.base_url_env[0]: base, card.key_env[0]: KEY, "OFFICE": f"{KEY}-2"}
        office = {"like": name, "base_url": base, "api_key_env": "OFFICE"}
        settings = Settings.load({"providers": {"office": office}}, environ=environ, cwd=tmp_path)
        for provider, key in ((name, KEY), ("office", f"{KEY}-2")):
            response, text = asked(settings, f"{provider}/{card.big or 'some/model'}")
            assert response.status_code == 200, text
            assert response.json()["content"] == [{"type": "text", "text": "hello"}]
            assert response.headers["x-proxy-target"] == f"{provider}/{card.big or 'some/model'}"
            shown = f"{card.key_scheme} {key}".strip()
            assert upstream.exchanges[-1].headers[card.key_header] == shown
            expected = "/v1/responses" if name == "azure" else "/v1/chat/completions"
            assert path_of(upstream.exchanges[-1]) == expected
            model = json.loads(upstream.exchanges[-1].body)["model"]
            assert model == (card.big or "some/model")


@pytest.mark.parametrize("name", [name for name, card in CARDS.items() if not card.key_required])
def test_a_server_of_ones_own_needs_no_key(name: str, tmp_path: Path) -> None:
    card = CARDS[name]
    with RawUpstream(answer) as upstream:
        environ = {card.base_url_env[0]: upstream.origin}  # a host alone, as people name it
        settings = Settings.load({}, environ=environ, cwd=tmp_path)
        response, text = asked(settings, f"{name}/m")
        assert response.status_code == 200, text
        assert card.key_header not in upstream.exchanges[-1].headers
        assert path_of(upstream.exchanges[-1]) == f"{card.base_path}/chat/completions"


@pytest.mark.parametrize("name", ["azure", "custom"])
def test_without_an_address_the_client_is_told(name: str, tmp_path: Path) -> None:
    settings = Settings.load({}, environ={CARDS[name].key_env[0]: KEY}, cwd=tmp_path)
    response, text = asked(settings, f"{name}/m")
    assert response.status_code == 400
    assert f"provider {name} has no address; set {CARDS[name].base_url_env[0]}" in text


PIECES = [
    {"type": "reasoning.text", "text": "Pl", "format": "anthropic-claude-v1", "index": 0},
    {"type": "reasoning.text", "text": "an.", "index": 0},
    {"type": "reasoning.text", "signature": "sig==", "index": 0},
    {"type": "reasoning.encrypted", "data": "ENC", "id": "rs_1", "index": 1},
]


async def reason(exchange: RawExchange) -> None:
    """A streamed answer of OpenRouter's, with the comments that it sends while a model works."""
    chunks = [chunk({"content": "", "reasoning_details": [piece]}) for piece in PIECES]
    said = sse([*chunks, chunk({"content": "Done."}), chunk({}, "stop", a_usage())])
    await exchange.send(EVENT_STREAM + b": OPENROUTER PROCESSING\n\n" + said)


def test_openrouter_sees_its_reasoning_again_after_a_restart(tmp_path: Path) -> None:
    with RawUpstream(reason) as upstream:
        environ = {"OPENROUTER_BASE_URL": upstream.origin, "OPENROUTER_API_KEY": KEY}
        settings = Settings.load({}, environ=environ, cwd=tmp_path)
        messages: list[dict[str, Any]] = [{"role": "user", "content": "go"}]
        for _ in range(2):
            with serving(create_app(settings, load_plugins(["openai"]))) as server:
                response = Proxy(server).ask(
                    model="openrouter/anthropic/claude-x", messages=messages, stream=True
                )
            told = fold(parse_events(response.content))
            messages += [
                {"role": "assistant", "content": told["content"]},
                {"role": "user", "content": "on"},
            ]
    (_, said, _) = json.loads(upstream.exchanges[1].body)["messages"]
    assert said["content"] == "Done."
    assert said["reasoning_details"] == [
        {
            "type": "reasoning.text",
            "text": "Plan.",
            "format": "anthropic-claude-v1",
            "index": 0,
            "signature": "sig==",
        },
        {"type": "reasoning.encrypted", "data": "ENC", "id": "rs_1", "index": 1},
    ]
