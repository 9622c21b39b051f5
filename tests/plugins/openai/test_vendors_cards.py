"""The vendors' cards: addresses, keys, models, and a user's provider that is like one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proxy_core.anthropic.request import parse
from proxy_core.bound import BoundProvider
from proxy_core.contract import (
    Unsupported,
)
from proxy_core.ledger import Ledger
from proxy_core.plugins import configured, load_plugins
from proxy_core.routing.directory import at
from proxy_core.settings import Settings
from tests.support.chat_answers import Json
from tests.support.chat_requests import request, user
from tests.support.openai_vendors import (
    BOUND,
    CHAT,
    HIGH,
    NAMED,
    NOWHERE,
    sent,
)

WITHOUT_KEY = {"ollama", "vllm", "lmstudio", "llamacpp", "litellm", "custom"}


def test_the_vendors() -> None:
    assert list(BOUND) == NAMED
    assert BOUND["xai"].provider.aliases == ("grok",)


@pytest.mark.parametrize("name", NAMED)
def test_a_card_is_whole(name: str) -> None:
    card = BOUND[name].provider
    assert card.key_env
    assert card.base_url_env
    assert card.key_required == (name not in WITHOUT_KEY)
    assert card.base_url.endswith(card.base_path)
    assert card.base_url.startswith(
        "http://127.0.0.1" if not card.key_required else "https://"
    ) or (name in NOWHERE)
    assert all(facts.source for facts in card.models)
    assert card.docs or name == "custom"


@pytest.mark.parametrize("name", NAMED)
def test_default_models_are_known(name: str) -> None:
    card = BOUND[name].provider
    defaults = [model for model in (card.big, card.middle, card.small) if model]
    assert defaults or name in {"vllm", "lmstudio", "llamacpp", "litellm", "custom"}
    for model in defaults:
        assert at(card, model).facts.source, model
        # How much a local server takes is its user's setting.
        assert at(card, model).facts.context_window or name == "ollama"


@pytest.mark.parametrize("name", NAMED)
def test_each_row_can_be_reached_and_is_understood(name: str) -> None:
    card = BOUND[name].provider
    for facts in card.models:
        if "[" not in facts.pattern:
            model = facts.pattern.replace("*", "-9x")
            assert at(card, model).facts == facts
            if name not in NOWHERE:
                assert sent(name, model, tools=[])["model"] == model


@pytest.mark.parametrize("name", sorted(NOWHERE))
def test_without_an_address_nothing_is_sent(name: str) -> None:
    bound = BOUND[name]
    asked = parse(json.dumps(request(user("hi"))).encode())
    with pytest.raises(Unsupported) as refused:
        bound.translate_request(asked, at(bound.provider, "m"), Ledger())
    variables = " or ".join(bound.provider.base_url_env)
    assert refused.value.why == (
        f"provider {name} has no address; set {variables}, or base_url in [providers.{name}]"
    )


@pytest.mark.parametrize("name", NAMED)
def test_a_users_provider_may_be_like_any(name: str, tmp_path: Path) -> None:
    office = {"like": name, "base_url": "http://127.0.0.1:4000/v1", "api_key_env": "MINE"}
    environ = {"MINE": "k", **dict.fromkeys(BOUND[name].provider.key_env, "another")}
    settings = Settings.load({"providers": {"office": office}}, environ=environ, cwd=tmp_path)
    found = configured(load_plugins(["openai"]), settings).get("office")
    assert found is not None
    key = settings.key_for(found.provider)
    assert key is not None
    assert key.get_secret_value() == "k"
    assert found.provider.base_url == "http://127.0.0.1:4000/v1"
    asked = parse(json.dumps(request(user("hi"), max_tokens=7)).encode())
    model = BOUND[name].provider.big or "m"
    made = json.loads(found.translate_request(asked, at(found.provider, model), Ledger()).body)
    if name in CHAT:
        assert made == sent(name, model, max_tokens=7)


def a_users(quirks: Json, tmp_path: Path, like: str = "xai") -> BoundProvider:
    office = {"like": like, "base_url": "http://127.0.0.1:4000/v1", "quirks": quirks}
    settings = Settings.load({"providers": {"office": office}}, environ={}, cwd=tmp_path)
    found = configured(load_plugins(["openai"]), settings).get("office")
    assert found is not None
    return found


def body_for(bound: BoundProvider, model: str, **fields: Any) -> Json:
    asked = parse(json.dumps(request(user("hi"), **fields)).encode())
    upstream = bound.translate_request(asked, at(bound.provider, model), Ledger())
    body: Json = json.loads(upstream.body)
    return body


def test_a_users_quirk_counts_before_the_vendors_and_the_models(tmp_path: Path) -> None:
    bound = a_users({"stop_limit": 4, "reasoning_history": "none"}, tmp_path)
    assert body_for(bound, "grok-4.7", stop_sequences=["X"])["stop"] == ["X"]
    bound = a_users({"reasoning_control": "none"}, tmp_path, like="zai")
    assert "reasoning_effort" not in body_for(bound, "glm-5.3", **HIGH)


def test_quirks_of_chat_are_not_those_of_responses(tmp_path: Path) -> None:
    bound = a_users({"wire": "responses"}, tmp_path)
    body = body_for(bound, "grok-4.7", **HIGH)
    assert body["reasoning"] == {"effort": "high", "summary": "auto"}
    assert body["max_output_tokens"] == 100
