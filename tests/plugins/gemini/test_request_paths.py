"""Where a request goes, with whose words, and what of it stays with us."""

from __future__ import annotations

from typing import Any

import pytest

from proxy_core.contract import ModelOptions, Unsupported
from proxy_core.ledger import LossKind, Reason
from tests.support.chat_requests import HI, request
from tests.support.gemini import send, target


@pytest.mark.parametrize(
    ("stream", "path"),
    [
        (True, "/v1beta/models/gemini-4-carbon:streamGenerateContent?alt=sse"),
        (False, "/v1beta/models/gemini-4-carbon:generateContent"),
    ],
)
def test_the_path(stream: bool, path: str) -> None:
    assert send(request(HI, stream=stream)).upstream.path == path


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("https://gate.example", "/v1/models/gemini-4-carbon:generateContent"),
        ("https://gate.example/v1beta", "/models/gemini-4-carbon:generateContent"),
        ("https://gate.example/v1beta1/google", "/models/gemini-4-carbon:generateContent"),
        ("https://gate.example/v1", "/models/gemini-4-carbon:generateContent"),
        ("https://gate.example/v1/", "/models/gemini-4-carbon:generateContent"),
        (
            "https://gate.example/v1/projects/p/locations/l/publishers/google",
            "/models/gemini-4-carbon:generateContent",
        ),
        # Cloudflare's own version, of its gateway: developers.cloudflare.com/ai-gateway.
        (
            "https://gate.example/v1/account/gateway/google-ai-studio",
            "/v1/models/gemini-4-carbon:generateContent",
        ),
        ("https://gate.example/v1beta-proxy", "/v1/models/gemini-4-carbon:generateContent"),
    ],
)
def test_a_base_may_name_the_version(base: str, path: str) -> None:
    to = target(api_version="v1")
    card = to.provider.model_copy(update={"base_url": base})
    to = type(to)(provider=card, model=to.model, facts=to.facts)
    assert send(request(HI), to).upstream.path == path


@pytest.mark.parametrize(
    "model", ["../x", "x/../../y", "a/..", "./a", "a//b", "/a", "a\\b", "..", ""]
)
def test_an_id_that_leads_elsewhere_is_the_clients_mistake(model: str) -> None:
    with pytest.raises(Unsupported, match="no model whose id is a path"):
        send(request(HI), target(model))


@pytest.mark.parametrize("model", ["a..b", "a b", "a?b#c", "models/gemini-4-carbon", "é"])
def test_a_model_cannot_leave_its_place(model: str) -> None:
    path = send(request(HI), target(model)).upstream.path
    name = path.removeprefix("/v1beta/models/").removesuffix(":generateContent")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.%ACEF2B")


def test_no_key_is_anywhere_in_the_request() -> None:
    upstream = send(request(HI)).upstream
    assert "key=" not in upstream.path
    assert upstream.headers == ()


@pytest.mark.parametrize("quirks", [{"callids": True}, {"schema_lane": "x"}])
def test_a_quirk_that_there_is_not_is_told(quirks: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"callids|schema_lane"):
        send(request(HI), target(**quirks))


def test_nothing_is_kept_at_google_unless_the_field_is_unknown_there() -> None:
    assert send(request(HI)).body["store"] is False
    assert "store" not in send(request(HI), target(store_field=False)).body


def test_the_users_own_fields() -> None:
    extra = {"generationConfig": {"seed": 1}, "safetySettings": [], "store": True}
    body = send(request(HI), target(options=ModelOptions(extra_body=extra))).body
    assert body["generationConfig"] == {"maxOutputTokens": 100, "seed": 1}
    assert (body["safetySettings"], body["store"]) == ([], True)


def test_the_end_user_is_not_named() -> None:
    sent = send(request(HI, metadata={"user_id": "somebody"}))
    assert b"somebody" not in sent.upstream.body
    assert sent.lost("/metadata/user_id") == (LossKind.DROPPED, Reason.CLIENT_METADATA)
