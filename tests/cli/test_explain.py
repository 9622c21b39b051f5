"""What would be sent, told offline and without a secret."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.command import CANARY, proxy

REQUEST: dict[str, Any] = {
    "model": "claude-opus-5",
    "max_tokens": 100,
    "top_k": 5,
    "stream": True,
    "messages": [{"role": "user", "content": "hello there"}],
}
CHATTY = ["--plugins", "chatty"]


def explained(home: Path, *arguments: str, **variables: str) -> dict[str, Any]:
    done = proxy(
        home, "explain", "-", "--json", *CHATTY, *arguments, said=json.dumps(REQUEST), **variables
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_everything_but_the_secret_is_told(home: Path) -> None:
    answer = explained(home, CHATTY_API_KEY=CANARY)
    assert answer["target"] == "chatty/chatty-large"
    assert "claude-opus-5" in answer["why"]
    assert answer["method"] == "POST"
    assert answer["url"] == "https://chatty.example/v1/chat/completions"
    assert answer["headers"]["authorization"] == "Bearer ****"
    assert answer["body"]["messages"][-1] == {"role": "user", "content": "hello there"}
    assert answer["body"]["model"] == "chatty-large"
    assert {"path": "/top_k", "kind": "dropped", "reason": "unsupported_by_model"} in answer[
        "losses"
    ]


def test_without_a_key_the_variable_is_named(home: Path) -> None:
    assert explained(home)["headers"]["authorization"] == "(no key set: CHATTY_API_KEY)"


def test_another_model_may_be_asked_for(home: Path) -> None:
    answer = explained(home, "--model", "chatty/other")
    assert (answer["requested"], answer["target"]) == ("chatty/other", "chatty/other")


def test_the_page_for_people(home: Path) -> None:
    (home / "request.json").write_text(json.dumps(REQUEST))
    done = proxy(home, "explain", "request.json", *CHATTY, CHATTY_API_KEY=CANARY)
    assert done.returncode == 0
    assert "claude-opus-5 -> chatty/chatty-large" in done.stdout
    assert "POST https://chatty.example/v1/chat/completions" in done.stdout
    assert "authorization: Bearer ****" in done.stdout
    assert '"content": "hello there"' in done.stdout
    assert "/top_k: dropped (unsupported_by_model)" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "said",
    ["", "{", "[]", "null", '{"model": "claude-opus-5"}', json.dumps(REQUEST | {"messages": []})],
)
def test_what_would_be_refused_is_1(home: Path, said: str) -> None:
    done = proxy(home, "explain", "-", *CHATTY, said=said)
    assert done.returncode == 1
    assert done.stderr.startswith("proxy: the request would be refused: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_missing_file_and_a_missing_plugin_are_2(home: Path) -> None:
    assert proxy(home, "explain", "missing.json", *CHATTY).returncode == 2
    assert proxy(home, "explain", "-", "--plugins", "nonsense", said="{}").returncode == 2
    assert proxy(home, "explain", "-", said="{}").returncode == 2
