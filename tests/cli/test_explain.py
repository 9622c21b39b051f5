"""What would be sent, told offline and without a secret."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.cells import cell_len

from tests.support.command import CANARY, TIME_LIMIT, environment, proxy, running
from tests.support.raw_upstream import RawExchange, RawUpstream, http_head
from tests.support.terminal import plain, proxy_on_terminal

REQUEST: dict[str, Any] = {
    "model": "claude-opus-5",
    "max_tokens": 100,
    "top_k": 5,
    "stream": True,
    "messages": [{"role": "user", "content": "hello there"}],
}
CHATTY = ["--plugins", "chatty"]


def explained(
    home: Path, *arguments: str, said: dict[str, Any] = REQUEST, **variables: str
) -> dict[str, Any]:
    asked = json.dumps(said)
    done = proxy(home, "explain", "-", "--json", *CHATTY, *arguments, said=asked, **variables)
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
    assert answer["refused"] is None
    assert answer["losses"] == [
        {
            "path": "/top_k",
            "kind": "dropped",
            "reason": "unsupported_by_model",
            "explanation": "This model does not take it.",
        }
    ]


async def _refuse(exchange: RawExchange) -> None:
    await exchange.send(http_head("400 Bad Request", "content-length: 0"))


_OF_THE_CONNECTION = {"host", "content-length"}
_HEADERS = """
[models]
opus = { to = "chatty/large", extra_headers = { X-Team = "blue", X-Place = "model" } }
[providers.chatty.headers]
X-Place = "provider"
"""


@pytest.mark.parametrize("stream", [False, True])
def test_the_headers_are_those_that_are_sent(home: Path, stream: bool) -> None:
    (home / "proxy.toml").write_text(_HEADERS)
    with RawUpstream(_refuse) as upstream:
        known = {"CHATTY_API_KEY": CANARY, "CHATTY_BASE_URL": f"{upstream.origin}/v1"}
        with running(home, "serve", *CHATTY, "--port", "0", **known) as server:
            url = f"http://127.0.0.1:{server.port}/v1/messages"
            httpx.post(url, json=REQUEST | {"stream": stream})
        sent = upstream.exchanges[0].headers
        told = explained(home, said=REQUEST | {"stream": stream}, **known)["headers"]
    assert sent.keys() - _OF_THE_CONNECTION == told.keys()
    assert {name: sent[name] for name in told} == told | {
        "authorization": f"Bearer {CANARY}",
        "x-place": "provider",
    }
    assert told["x-place"] == "****"


def test_what_is_shown_is_within_the_users_limits(home: Path) -> None:
    answer = explained(home, MAX_TOKENS_LIMIT="40", FORCE_DISABLE_STREAMING="true")
    assert answer["body"]["max_tokens"] == 40
    assert "stream" not in answer["body"]
    assert ("/max_tokens", "clamped", "user_limit") in [
        (loss["path"], loss["kind"], loss["reason"]) for loss in answer["losses"]
    ]


def test_without_a_key_the_variable_is_named(home: Path) -> None:
    assert explained(home)["headers"]["authorization"] == "(no key set: CHATTY_API_KEY)"


def test_the_clients_own_key_is_no_missing_one(home: Path) -> None:
    (home / "proxy.toml").write_text("[providers.chatty]\nclient_key = true\n")
    assert explained(home)["headers"]["authorization"] == "(the client's own)"


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
    assert "/top_k: dropped (unsupported_by_model): This model does not take it." in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "said",
    ["{", "[]", "null", '{"model": "claude-opus-5"}', json.dumps(REQUEST | {"messages": []})],
)
def test_what_would_be_refused_is_1(home: Path, said: str) -> None:
    done = proxy(home, "explain", "-", *CHATTY, said=said)
    assert done.returncode == 1
    assert done.stderr.startswith("proxy: the request would be refused: ")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("said", ["", " \n"])
def test_nothing_to_explain_is_1(home: Path, said: str) -> None:
    done = proxy(home, "explain", "-", *CHATTY, said=said)
    assert done.returncode == 1
    assert done.stderr == "proxy: stdin is empty; it should hold the body of a request\n"
    (home / "empty.json").write_text(said)
    done = proxy(home, "explain", "empty.json", *CHATTY)
    assert done.stderr.startswith("proxy: empty.json is empty")


def test_the_fallbacks_are_told(home: Path) -> None:
    (home / "proxy.toml").write_text("[models]\nopus = ['chatty/one', 'chatty/two', 'chatty/3']\n")
    answer = explained(home)
    assert (answer["target"], answer["fallbacks"]) == ("chatty/one", ["chatty/two", "chatty/3"])
    shown = proxy(home, "explain", "-", *CHATTY, said=json.dumps(REQUEST)).stdout
    assert "then     chatty/two, chatty/3" in shown.splitlines()


REFUSED = REQUEST | {
    "messages": [
        {
            "role": "user",
            "content": [{"type": "image", "source": {"type": "file", "file_id": "file_1"}}],
        }
    ]
}


def test_a_refusal_names_the_place_and_what_to_do(home: Path) -> None:
    done = proxy(home, "explain", "-", *CHATTY, said=json.dumps(REFUSED))
    assert done.returncode == 1
    assert done.stderr == (
        "proxy: the request would be refused: /messages/0/content/0/source: a file id cannot be "
        "resolved; send base64 or a URL\n"
    )
    assert "claude-opus-5 -> chatty/chatty-large" in done.stdout

    done = proxy(home, "explain", "-", "--json", *CHATTY, said=json.dumps(REFUSED))
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["target"] == "chatty/chatty-large"
    assert answer["refused"] == {
        "path": "/messages/0/content/0/source",
        "why": "a file id cannot be resolved; send base64 or a URL",
        "advice": "",
    }
    assert answer["body"] is None


def test_a_refusal_without_advice_gets_some(home: Path) -> None:
    ended = REQUEST | {"messages": [*REQUEST["messages"], {"role": "assistant", "content": "{"}]}
    done = proxy(home, "explain", "-", *CHATTY, said=json.dumps(ended))
    assert done.stderr.startswith("proxy: the request would be refused: /messages/1: ")
    assert "another model" in done.stderr


@pytest.mark.parametrize("width", [50, 80, 120])
def test_a_terminal_gets_both_sides_within_its_width(home: Path, width: int) -> None:
    long = REQUEST | {"messages": [{"role": "user", "content": "日本語 \x1b[2J word " * 100}]}
    (home / "long.json").write_text(json.dumps(long))
    arguments = ["explain", "long.json", *CHATTY]
    status, shown = proxy_on_terminal(home, width, *arguments, CHATTY_API_KEY=CANARY)
    assert status == 0
    lines = [line.rstrip() for line in plain(shown)]
    assert max(map(cell_len, lines)) <= width
    assert "\x1b[2J" not in shown
    (said,) = [line for line in lines if 'user "' in line]
    assert said.count('user "日') == 2
    assert said.count("…") == 2
    (top_k,) = [line for line in lines if "top_k  5" in line]
    assert top_k.split() == ["1", "top_k", "5"]
    assert "1    dropped: This model does not take it." in lines
    assert "     /top_k" in lines
    assert "日本語 \\u001b[2J word 日本語" in proxy(home, *arguments).stdout


def test_many_places_of_one_kind_are_cut_on_a_terminal(home: Path) -> None:
    blocks = [
        {"type": "text", "text": f"part {number}", "cache_control": {"type": "ephemeral"}}
        for number in range(12)
    ]
    many = REQUEST | {"system": blocks, "top_k": None}
    (home / "many.json").write_text(json.dumps(many))
    _, shown = proxy_on_terminal(home, 120, "explain", "many.json", *CHATTY)
    lines = [line.rstrip() for line in plain(shown)]
    assert len([line for line in lines if line.startswith('1      text "part ')]) == 12
    text = " ".join(" ".join(lines).split())
    assert "/system/7/cache_control, and 4 more" in text
    assert len(explained_losses(home, "many.json")) == 12


def explained_losses(home: Path, file: str) -> list[dict[str, str]]:
    answer = json.loads(proxy(home, "explain", file, "--json", *CHATTY).stdout)
    losses: list[dict[str, str]] = answer["losses"]
    return losses


def test_no_name_moves_the_cursor(home: Path) -> None:
    evil = "chatty/\x1b[2J\x9b"
    (home / "evil.json").write_text(json.dumps(REQUEST | {"model": evil, "\x1b[2J": 1}))
    _, shown = proxy_on_terminal(home, 80, "explain", "evil.json", *CHATTY)
    piped = proxy(home, "explain", "evil.json", *CHATTY).stdout
    for text in (shown, piped):
        assert "chatty/\\x1b[2J\\x9b -> " in text
        assert "\x1b[2J" not in text
        assert "\x9b" not in text.partition("{")[0]


def test_a_terminal_is_told_when_nothing_is_lost(home: Path) -> None:
    (home / "plain.json").write_text(json.dumps({**REQUEST, "top_k": None}))
    _, shown = proxy_on_terminal(home, 80, "explain", "plain.json", *CHATTY)
    assert "Nothing is lost." in shown


def test_a_refusal_on_a_terminal(home: Path) -> None:
    (home / "refused.json").write_text(json.dumps(REFUSED))
    status, shown = proxy_on_terminal(home, 80, "explain", "refused.json", *CHATTY)
    assert status == 1
    assert "claude-opus-5 -> chatty/chatty-large" in shown
    assert "the client's request" not in shown


def test_a_reader_that_leaves_is_no_crash(home: Path) -> None:
    long = REQUEST | {"messages": [{"role": "user", "content": "word " * 100_000}]}
    (home / "long.json").write_text(json.dumps(long))
    with subprocess.Popen(
        [sys.executable, "-m", "proxy_core.cli", "explain", "long.json", "--json", *CHATTY],
        cwd=home,
        env=environment(home, {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        process.wait(TIME_LIMIT)


def test_a_missing_file_and_a_missing_plugin_are_2(home: Path) -> None:
    assert proxy(home, "explain", "missing.json", *CHATTY).returncode == 2
    assert proxy(home, "explain", "-", "--plugins", "nonsense", said="{}").returncode == 2
    assert proxy(home, "explain", "-", said="{}").returncode == 2
