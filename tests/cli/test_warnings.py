"""What a user is told at the start, before a client finds it out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from proxy_core.assembly import make_router
from proxy_core.cli.warnings import warnings
from proxy_core.plugins import load_plugins
from proxy_core.settings import Settings
from tests.support.command import CANARY, no_canary

KEY = {"GROQ_API_KEY": CANARY}


def told(folder: Path, flags: dict[str, Any], **variables: str) -> list[str]:
    settings = Settings.load({"plugins": ["groq"], **flags}, environ=KEY | variables, cwd=folder)
    plugins = load_plugins(settings.plugins or ())
    lines = list(warnings(settings, plugins, make_router(plugins, settings)))
    no_canary("\n".join(lines))
    return lines


@pytest.mark.parametrize(
    ("model", "plugin"),
    [
        ("moonshot/kimi-k3", "moonshot"),
        ("Kimi/kimi-k3", "moonshot"),
        ("google/gemini-3.5-flash", "gemini"),
        ("deepseek/deepseek-flash", "openai"),
        ("anthropic/claude-opus-5-5", "passthrough"),
    ],
)
def test_a_model_of_a_provider_that_is_not_loaded(tmp_path: Path, model: str, plugin: str) -> None:
    (line,) = told(tmp_path, {}, BIG_MODEL=model)
    assert line == (
        f"BIG_MODEL in the environment: opus goes to groq, which is asked for a model {model!r}; "
        f"if that is to go elsewhere, load the plugin {plugin}"
    )


@pytest.mark.parametrize(
    ("flags", "model"),
    [
        ({}, "openai/gpt-oss-120b"),  # an id of Groq's own
        ({}, "groq/openai/gpt-oss-20b"),
        ({}, "meta-llama/llama-of-tomorrow"),  # nobody's name
        ({}, "llama-of-tomorrow"),
        ({"plugins": ["groq", "moonshot"]}, "moonshot/kimi-k3"),
        # A server of the user's has the ids that it has.
        ({"providers": {"groq": {"base_url": "https://gateway.example"}}}, "moonshot/kimi-k3"),
    ],
)
def test_ids_that_are_none_of_theirs(tmp_path: Path, flags: dict[str, Any], model: str) -> None:
    assert told(tmp_path, flags, BIG_MODEL=model) == []


def test_an_entry_of_a_file_is_named_by_its_place(tmp_path: Path) -> None:
    chain = 'mine = ["openai/gpt-oss-120b", "moonshot/kimi-k3"]'
    (tmp_path / "proxy.toml").write_text(f"[models]\n{chain}\n")
    (line,) = told(tmp_path, {})
    assert line.startswith(f"{tmp_path / 'proxy.toml'}: mine goes to groq, ")


def test_a_key_among_the_headers_goes_in_the_clear_too(tmp_path: Path) -> None:
    (tmp_path / "proxy.toml").write_text(
        '[providers.groq]\nbase_url = "http://groq.example"\n'
        'api_key_env = "NOT_SET"\nheaders = { authorization = "Bearer secret" }\n'
    )
    (line,) = told(tmp_path, {})
    assert line.startswith("GROQ_BASE_URL: the key for groq and all prompts go to http://groq.ex")


def test_a_key_that_goes_in_the_clear(tmp_path: Path) -> None:
    (line,) = told(tmp_path, {}, GROQ_BASE_URL="http://groq.example:8080")
    assert line == (
        "GROQ_BASE_URL: the key for groq and all prompts go to http://groq.example:8080 "
        "unencrypted; use https where the network is not your own"
    )


@pytest.mark.parametrize(
    "variables",
    [
        {"GROQ_BASE_URL": "https://groq.example"},
        {"GROQ_BASE_URL": "http://127.0.0.1:8080"},
        {"GROQ_BASE_URL": "http://localhost:8080"},
        {"GROQ_BASE_URL": "http://groq.example", "GROQ_API_KEY": ""},
    ],
)
def test_keys_that_do_not(tmp_path: Path, variables: dict[str, str]) -> None:
    assert told(tmp_path, {}, **variables) == []
