"""What is Anthropic's and the client's alone: it reaches Anthropic untouched, and nobody else.

Claude Code's requests, as they were recorded, through the running proxy to each card that ships.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from proxy_core.contract import Provider
from proxy_core.plugins import load_plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from tests.support.claude_code import (
    ACCOUNT,
    AGENT,
    COUNTS,
    DEVICE,
    HEADERS,
    OWN_KEY,
    SESSION,
    TURNS,
    Json,
    identified,
    recorded,
)
from tests.support.raw_upstream import RawExchange, RawUpstream, http_head
from tests.support.servers import serving

PLUGINS = ["gemini", "groq", "moonshot", "openai", "passthrough"]
CARDS = {bound.provider.name: bound.provider for bound in load_plugins(PLUGINS).providers}
VENDOR_KEY = "sk-of-the-vendor"
WIRES = {"openai": "chat", "azure": "chat", "moonshot": "chat"}
"""Cards that speak a second language too, by the quirk `wire`."""
DESTINATIONS = [*CARDS, *(f"{name}-over-{wire}" for name, wire in WIRES.items())]
KNOWS_ITS_CLIENT = {"kimi-code": ("user-agent", "x-app")}
"""Kimi Code refuses clients that do not say which they are."""

SECRET_WORDS = (
    "x-anthropic-billing-header",
    "cc_version",
    "cc_entrypoint",
    "safeguards",
    "classifier_context",
    "device_id",
    "account_uuid",
    *(DEVICE, ACCOUNT, SESSION, AGENT, OWN_KEY),
)


async def refuse(exchange: RawExchange) -> None:
    """No answer is needed to see what was asked; a 403 is not asked again."""
    head = http_head("403 Forbidden", "content-type: application/json")
    await exchange.send(head + b'{"error":{"message":"not today"}}')


def environment(card: Provider, origin: str) -> dict[str, str]:
    """The variables that lead to `origin` instead of the vendor's own host."""
    named = {card.base_url_env[0]: origin + card.base_path}
    return named | dict.fromkeys(card.key_env, VENDOR_KEY)


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream(refuse) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def client(upstream: RawUpstream) -> Iterator[httpx.Client]:
    """Claude Code's part, before a proxy for all cards."""
    environ = {
        name: value
        for card in CARDS.values()
        for name, value in environment(card, upstream.origin).items()
    }
    further = {
        f"{name}-over-{wire}": {
            "like": name,
            "base_url": upstream.origin + "/v1",
            "api_key_env": CARDS[name].key_env[0],
            "quirks": {"wire": wire},
        }
        for name, wire in WIRES.items()
    }
    flags = {"plugins": PLUGINS, "providers": further}
    settings = Settings.load(flags, environ=environ, cwd=Path("/"))
    with ExitStack() as stack:
        server = stack.enter_context(serving(create_app(settings, load_plugins(PLUGINS))))
        yield stack.enter_context(httpx.Client(base_url=server.url, headers=HEADERS, timeout=60))


def asked(upstream: RawUpstream, client: httpx.Client, body: Json, path: str) -> list[RawExchange]:
    """What reached the upstream because of one request."""
    seen = len(upstream.exchanges)
    client.post(f"{path}?beta=true", content=compact(body))
    return upstream.exchanges[seen:]


def compact(body: Json) -> bytes:
    """As Claude Code writes it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def addressed(destination: str, body: Json) -> Json:
    name, over, _ = destination.partition("-over-")
    card = CARDS[name]
    # Over Chat the big ones take no tools.
    model = (card.small if over else card.big) or "some-model"
    return identified(body) | {"model": f"{destination}/{model}"}


def leaks(exchange: RawExchange, destination: str) -> list[str]:
    """Words and headers of the client's own in a request."""
    everything = (exchange.head + exchange.body).decode()
    allowed = ("anthropic-version", *KNOWS_ITS_CLIENT.get(destination, ()))
    return [
        *(word for word in SECRET_WORDS if word in everything),
        *(
            name
            for name, value in exchange.headers.items()
            if name not in allowed and name in HEADERS and value == HEADERS[name]
            if name != "accept"
        ),
        *(name for name in exchange.headers if name.startswith(("x-claude-code", "x-stainless"))),
    ]


@pytest.mark.parametrize("destination", [name for name in DESTINATIONS if name != "anthropic"])
def test_nothing_of_the_clients_own_reaches_a_third_party(
    destination: str, client: httpx.Client, upstream: RawUpstream
) -> None:
    for name in TURNS:
        body = addressed(destination, recorded(name))
        exchanges = asked(upstream, client, body, "/v1/messages")
        assert exchanges, name
        for exchange in exchanges:
            assert leaks(exchange, destination) == [], name
            assert any(VENDOR_KEY in value for value in exchange.headers.values())
    for name in COUNTS:
        body = addressed(destination, recorded(name))
        for exchange in asked(upstream, client, body, "/v1/messages/count_tokens"):
            assert leaks(exchange, destination) == [], name


@pytest.mark.parametrize("name", TURNS)
def test_anthropic_gets_all_of_it_untouched(
    name: str, client: httpx.Client, upstream: RawUpstream
) -> None:
    body = identified(recorded(name)) | {"model": "anthropic/claude-opus-5-5"}
    (exchange,) = asked(upstream, client, body, "/v1/messages")
    plain = body | {"model": "claude-opus-5-5"}
    assert exchange.body == compact(plain)
    expected = {k: v for k, v in HEADERS.items() if k not in ("accept", "x-api-key")}
    assert {k: exchange.headers.get(k) for k in expected} == expected
    assert exchange.headers["x-api-key"] == VENDOR_KEY
