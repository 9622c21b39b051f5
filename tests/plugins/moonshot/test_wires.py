"""Which of Moonshot's APIs is spoken, and where names go."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy_core.anthropic.request import parse
from proxy_core.ledger import Ledger
from proxy_core.plugins import load_plugins
from proxy_core.plugins.configured import configured
from proxy_core.routing import Router
from proxy_core.settings import Settings, SettingsError
from tests.support.moonshot import MOONSHOT, target


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
