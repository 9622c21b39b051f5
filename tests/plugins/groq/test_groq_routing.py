"""Ids with slashes: what the user names at Groq stays at Groq, whoever else is loaded.

B29 and B30 are rows of the cases the project grew from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from proxy_core.assembly import make_router
from proxy_core.plugins import load_plugins
from proxy_core.routing import Router
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from tests.e2e.scripted_upstream import Manners, ScriptedUpstream
from tests.e2e.upstream_script import Refuse, in_order
from tests.support.proxy import QUESTION, Proxy, error_of
from tests.support.servers import serving

MANNERS = Manners(prefix="/openai/v1")
KIMI = "moonshotai/kimi-k2-instruct"


def router(tmp_path: Path, *plugins: str, environ: Mapping[str, str] | None = None) -> Router:
    settings = Settings.load({"plugins": plugins}, environ=environ or {}, cwd=tmp_path)
    return make_router(load_plugins(plugins), settings)


def went(found: Router, name: str) -> str:
    (target,) = found.route(name).targets
    assert target.provider.name == target.name.partition("/")[0]
    return target.name


@pytest.mark.parametrize("plugins", [("groq",), ("groq", "openai")])
@pytest.mark.parametrize(
    ("model", "target"),
    [
        ("openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"),
        ("groq/openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"),
        (KIMI, f"groq/{KIMI}"),
        (f"groq/{KIMI}", f"groq/{KIMI}"),
        (f"{KIMI}-0905", f"groq/{KIMI}-0905"),
        ("qwen/qwen3.8-27b", "groq/qwen/qwen3.8-27b"),
        ("groq/compound", "groq/groq/compound"),
        ("groq/groq/compound", "groq/groq/compound"),
        ("llama-3.3-70b-versatile", "groq/llama-3.3-70b-versatile"),
    ],
)
def test_b29_a_model_named_for_a_family_goes_to_groq_unchanged(
    tmp_path: Path, plugins: tuple[str, ...], model: str, target: str
) -> None:
    found = router(tmp_path, *plugins, environ={"BIG_MODEL": model})
    assert went(found, "claude-opus-5-5") == target
    assert went(found, "claude-sonnet-5") == target  # MIDDLE falls back to BIG
    assert went(found, "claude-haiku-5") == "groq/openai/gpt-oss-20b"


@pytest.mark.parametrize("plugins", [("groq",), ("groq", "openai"), ("openai", "groq")])
@pytest.mark.parametrize(
    ("model", "target"),
    [
        ("groq/openai/gpt-oss-120b", "groq/openai/gpt-oss-120b"),
        (f"groq/{KIMI}", f"groq/{KIMI}"),
        (KIMI, f"groq/{KIMI}"),
        ("qwen/qwen3.6-27b", "groq/qwen/qwen3.6-27b"),
    ],
)
def test_a_client_may_name_the_model_itself(
    tmp_path: Path, plugins: tuple[str, ...], model: str, target: str
) -> None:
    assert went(router(tmp_path, *plugins), model) == target


def test_the_preferred_provider_decides_what_a_slash_means(tmp_path: Path) -> None:
    environ = {"BIG_MODEL": "openai/gpt-oss-120b", "PREFERRED_PROVIDER": "groq"}
    found = router(tmp_path, "openai", "groq", environ=environ)
    assert went(found, "claude-opus-5-5") == "groq/openai/gpt-oss-120b"
    found = router(tmp_path, "openai", "groq", environ={"BIG_MODEL": "openai/gpt-oss-120b"})
    assert went(found, "claude-opus-5-5") == "openai/gpt-oss-120b"


@pytest.mark.parametrize("suffix", ["", "/openai/v1", "/openai/v1/"])
def test_b30_the_answer_names_the_model_that_was_asked_for(tmp_path: Path, suffix: str) -> None:
    words = f"The model `{KIMI}` has been decommissioned and is no longer supported."
    gone = Refuse(400, {"error": {"message": words, "code": "model_decommissioned"}})
    answer = {"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]}
    script = in_order(Refuse(200, answer), gone)
    with ScriptedUpstream(script, key="gsk_test", models=[KIMI], manners=MANNERS) as upstream:
        environ = {
            "GROQ_API_KEY": "gsk_test",
            "GROQ_BASE_URL": f"http://127.0.0.1:{upstream.port}{suffix}",
            "BIG_MODEL": KIMI,
        }
        settings = Settings.load({}, environ=environ, cwd=tmp_path)
        with serving(create_app(settings, load_plugins(["groq"]))) as server:
            proxy = Proxy(server)
            asked = QUESTION | {"model": "claude-opus-5-5"}
            response = proxy.post(json.dumps(asked).encode())
            assert response.json()["model"] == "claude-opus-5-5"
            assert response.headers["x-proxy-target"] == f"groq/{KIMI}"
            refused = proxy.post(json.dumps(asked).encode())
    assert [exchange.path for exchange in upstream.exchanges] == ["/openai/v1/chat/completions"] * 2
    assert {exchange.talk.body["model"] for exchange in upstream.exchanges} == {KIMI}
    assert refused.status_code == 404
    assert KIMI in error_of(refused)["message"]
