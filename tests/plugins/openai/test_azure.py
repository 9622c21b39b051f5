"""Azure: where its APIs are below the forms of its addresses, and how OpenAI's models are asked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proxy_core.anthropic.request import parse
from proxy_core.bound import BoundProvider
from proxy_core.contract import Unsupported, UpstreamRequest
from proxy_core.ledger import Ledger
from proxy_core.plugins import configured, load_plugins
from proxy_core.routing.directory import at
from proxy_core.settings import Settings, SettingsError

ASKED = {
    "model": "claude-x",
    "max_tokens": 100,
    "system": "be good",
    "messages": [{"role": "user", "content": "hi"}],
    "metadata": {"user_id": '{"device_id":"d","session_id":"s"}'},
}
HOST = "https://r.openai.azure.com"
DEPLOYMENT = f"{HOST}/openai/deployments/d"
OLD, PREVIEW = "2024-10-21", "2025-04-01-preview"
MODEL = "gpt-6-sol"


def azure(tmp_path: Path, endpoint: str = HOST, **environ: str) -> BoundProvider:
    variables = {"AZURE_OPENAI_ENDPOINT": endpoint, **environ}
    settings = Settings.load({}, environ=variables, cwd=tmp_path)
    found = configured(load_plugins(["openai"]), settings).get("azure")
    assert found is not None
    return found


def sent(bound: BoundProvider, model: str = MODEL, **fields: Any) -> UpstreamRequest:
    request = parse(json.dumps(ASKED | fields).encode())
    return bound.translate_request(request, at(bound.provider, model), Ledger())


@pytest.mark.parametrize(
    ("endpoint", "version", "api", "path"),
    [
        (HOST, "", "", "/openai/v1/responses"),
        (HOST, "", "chat", "/openai/v1/chat/completions"),
        (HOST, "preview", "", "/openai/v1/responses?api-version=preview"),
        (f"{HOST}/openai", "", "", "/v1/responses"),
        (f"{HOST}/openai/v1/", "", "", "/responses"),
        (f"{HOST}/openai/v1", "preview", "", "/responses?api-version=preview"),
        (f"{HOST}/openai/v1", OLD, "", "/responses"),
        (f"{HOST}/openai/v1", "", "chat", "/chat/completions"),
        ("https://r.services.ai.azure.com/openai/v1", "", "", "/responses"),
        (HOST, OLD, "", f"/openai/deployments/{MODEL}/chat/completions?api-version={OLD}"),
        (HOST, PREVIEW, "", f"/openai/responses?api-version={PREVIEW}"),
        (f"{HOST}/openai", PREVIEW, "", f"/responses?api-version={PREVIEW}"),
        (f"{HOST}/openai", OLD, "chat", f"/deployments/{MODEL}/chat/completions?api-version={OLD}"),
        (DEPLOYMENT, "", "", "/chat/completions?api-version=2024-10-21"),
        (DEPLOYMENT, PREVIEW, "", f"/chat/completions?api-version={PREVIEW}"),
        # Behind a gateway of the user's own the card alone says whose server it is.
        ("https://apim.example/azure/openai/v1", "", "", "/responses"),
    ],
)
def test_the_address(tmp_path: Path, endpoint: str, version: str, api: str, path: str) -> None:
    bound = azure(tmp_path, endpoint, AZURE_API_VERSION=version, AZURE_OPENAI_API=api)
    assert sent(bound).path == path


@pytest.mark.parametrize("model", ["../a", "..", "a b", "a/b", "a?b", "a%2fb", ""])
def test_no_other_path_can_be_asked_for(tmp_path: Path, model: str) -> None:
    with pytest.raises(Unsupported, match=r"^/model: Azure's deployments have names of letters"):
        sent(azure(tmp_path, AZURE_API_VERSION=OLD), model)


def test_a_version_that_is_none_is_refused_at_start(tmp_path: Path) -> None:
    expected = "AZURE_API_VERSION: api_version: should be a version of Azure's API"
    with pytest.raises(SettingsError, match=f"^{expected}"):
        azure(tmp_path, AZURE_API_VERSION="1&x=y")


def test_the_key_is_shown_as_azure_wants_it(tmp_path: Path) -> None:
    card = azure(tmp_path).provider
    assert (card.key_header, card.key_scheme) == ("api-key", "")


def test_over_responses_it_is_asked_as_openai_is(tmp_path: Path) -> None:
    body = json.loads(sent(azure(tmp_path), output_config={"effort": "high"}).body)
    assert body["model"] == MODEL
    assert body["store"] is False
    assert body["reasoning"]["effort"] == "high"
    assert body["include"] == ["reasoning.encrypted_content"]
    assert "safety_identifier" not in body
    assert len(body["prompt_cache_key"]) == 64


def test_over_chat_it_is_asked_as_openai_is(tmp_path: Path) -> None:
    bound = azure(tmp_path, AZURE_OPENAI_API="chat")
    body = json.loads(sent(bound, temperature=0.5).body)
    assert body["max_completion_tokens"] == 100
    assert body["messages"][0]["role"] == "developer"
    assert body["store"] is False
    assert "temperature" not in body
    assert "safety_identifier" not in body
    assert len(body["prompt_cache_key"]) == 64


def test_azure_does_not_count(tmp_path: Path) -> None:
    bound = azure(tmp_path)
    request = parse(json.dumps(ASKED).encode())
    assert bound.count_tokens(request, at(bound.provider, MODEL)) is None


def test_openais_own_variables_may_name_azure(tmp_path: Path) -> None:
    """As one of the predecessors has it: OPENAI_BASE_URL and AZURE_API_VERSION."""
    environ = {"OPENAI_BASE_URL": f"{HOST}/openai/v1"}
    settings = Settings.load({}, environ=environ, cwd=tmp_path)
    bound = configured(load_plugins(["openai"]), settings).providers[0]
    assert sent(bound).path == "/responses"
    environ = {"OPENAI_BASE_URL": DEPLOYMENT, "AZURE_API_VERSION": PREVIEW}
    settings = Settings.load({}, environ=environ, cwd=tmp_path)
    bound = configured(load_plugins(["openai"]), settings).providers[0]
    assert sent(bound).path == f"/chat/completions?api-version={PREVIEW}"


def test_a_host_that_only_looks_like_azures_is_another(tmp_path: Path) -> None:
    environ = {"OPENAI_BASE_URL": "https://r.openai.azure.com.evil.example/v1"}
    settings = Settings.load({}, environ=environ, cwd=tmp_path)
    bound = configured(load_plugins(["openai"]), settings).providers[0]
    assert sent(bound).path == "/chat/completions"
    assert "store" not in json.loads(sent(bound).body)
