"""The list of names: where each goes, why, and its limits."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import CANARY, proxy
from tests.support.terminal import plain, proxy_on_terminal

TABLE = """
[models]
fast = { to = "chatty/chatty-small", max_tokens = "2k" }
sonnet = ["chatty/chatty-large", "chatty/second"]
default = "chatty/chatty-large"
"""
LISTED = {
    "fast": ("chatty/chatty-small", "the model table has an entry 'fast'"),
    "claude-opus": ("chatty/chatty-large", "'claude-opus' is served by chatty's opus model"),
    "claude-sonnet": (
        "chatty/chatty-large",
        "'claude-sonnet' is served by the model that the user set for sonnet",
    ),
    "claude-haiku": ("chatty/chatty-small", "'claude-haiku' is served by chatty's haiku model"),
    "default": ("chatty/chatty-large", "any other name takes the default"),
    **{
        name: (name, f"{name!r} says provider chatty, model {name.partition('/')[2]!r}")
        for name in ("chatty/chatty-large", "chatty/chatty-medium", "chatty/chatty-small",
                     "chatty/second")
    },
}  # fmt: skip
MODELS = ["models", "--plugins", "chatty"]


@pytest.fixture
def configured(home: Path) -> Path:
    (home / "proxy.toml").write_text(TABLE)
    return home


def rows(folder: Path) -> list[dict[str, Any]]:
    done = proxy(folder, *MODELS, "--json", CHATTY_API_KEY=CANARY)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_every_name_is_told_with_its_target_and_the_reason(configured: Path) -> None:
    found = rows(configured)
    assert {row["name"]: (row["target"], row["why"]) for row in found} == LISTED
    assert [row["name"] for row in found] == list(LISTED)
    by_name = {row["name"]: row for row in found}
    assert by_name["claude-sonnet"]["fallbacks"] == ["chatty/second"]
    assert by_name["fast"]["picker_name"] == "claude-via-fast"
    assert by_name["fast"]["max_output_tokens"] == 2000
    assert by_name["chatty/chatty-large"]["context_window"] == 123_456
    assert by_name["chatty/second"]["max_output_tokens"] is None


def test_a_pipe_gets_a_line_for_each(configured: Path) -> None:
    done = proxy(configured, *MODELS)
    head, *lines = done.stdout.splitlines()
    assert head.split() == ["name", "goes", "to", "context", "output", "why"]
    assert [line.split()[0] for line in lines] == list(LISTED)
    assert all(line.endswith(LISTED[line.split()[0]][1]) for line in lines)
    (sonnet,) = [line for line in lines if line.startswith("claude-sonnet ")]
    assert sonnet.split()[1:4] == ["chatty/chatty-large,", "chatty/second", "123,456"]
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("width", [60, 80, 120])
def test_a_terminal_gets_it_by_provider(configured: Path, width: int) -> None:
    status, shown = proxy_on_terminal(configured, width, *MODELS)
    assert status == 0
    lines = [line.rstrip() for line in plain(shown)]
    assert max(map(len, lines)) <= width
    assert any(line.startswith("  claude-sonnet → chatty/chatty-large ") for line in lines)
    assert "    then chatty/second" in lines
    assert lines.index("names that stand for a model") < lines.index("models of chatty")
    assert any(line.startswith("  chatty/chatty-large ") and line.endswith("-") for line in lines)
    assert "\x1b[" in shown
    assert "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY=1" in " ".join(lines)


def test_colours_may_be_turned_off(configured: Path) -> None:
    _, shown = proxy_on_terminal(configured, 80, *MODELS, NO_COLOR="1")
    assert "\x1b[3" not in shown


def test_nothing_to_serve_is_2(home: Path) -> None:
    done = proxy(home, "models")
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert proxy(home, "models", "--plugins", "nonsense").returncode == 2


@pytest.mark.parametrize(
    ("provider", "key", "opus"),
    [
        ("anthropic", "ANTHROPIC_API_KEY", "anthropic/"),
        ("openrouter", "OPENROUTER_API_KEY", "openrouter/"),
        ("grok", "XAI_API_KEY", "xai/"),
    ],
)
def test_the_preferred_provider_brings_its_plugin(
    home: Path, provider: str, key: str, opus: str
) -> None:
    done = proxy(home, "models", "--json", PREFERRED_PROVIDER=provider, **{key: CANARY})
    assert done.returncode == 0, done.stderr
    goes = {row["name"]: row["target"] for row in json.loads(done.stdout)}
    assert goes["claude-opus"].startswith(opus)
