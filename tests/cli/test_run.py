"""A client with the proxy in front of it: its variables, its status, its signals."""

import json
import signal
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from proxy_core.cli.run import client_environment
from tests.support.command import CANARY, proxy, running

STAND_IN = '''
"""Stands in for a client: tells what it was given, asks the proxy whether it is there."""

import json, os, signal, sys, urllib.request

def health():
    with urllib.request.urlopen(os.environ["ANTHROPIC_BASE_URL"] + "/health") as answer:
        return json.load(answer)

if sys.argv[1] == "tell":
    names = [name for name in os.environ if name.startswith(("ANTHROPIC_", "CLAUDE_CODE_"))]
    told = {name: os.environ[name] for name in names}
    print(json.dumps({"arguments": sys.argv, "environment": told, "health": health(),
                      "said": sys.stdin.read()}))
elif sys.argv[1] == "exit":
    sys.exit(int(sys.argv[2]))
elif sys.argv[1] == "die":
    os.kill(os.getpid(), signal.SIGKILL)
elif sys.argv[1] == "wait":
    def end(number, _frame):
        print("client got", signal.Signals(number).name, health()["status"], flush=True)
        sys.exit(7)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    print("client waits at", os.environ["ANTHROPIC_BASE_URL"], flush=True)
    while True:
        signal.pause()
'''


@pytest.fixture
def client(home: Path) -> list[str]:
    """The command line of the stand-in."""
    path = home / "client.py"
    path.write_text(STAND_IN)
    return [sys.executable, str(path)]


KEY = {"CHATTY_API_KEY": CANARY}


def told(home: Path, *arguments: str, **variables: str) -> dict[str, Any]:
    done = proxy(home, "run", *arguments, said="typed", **variables)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_client_is_sent_to_a_proxy_of_its_own(home: Path, client: list[str]) -> None:
    variables = KEY | {"PORT": "1", "ANTHROPIC_DEFAULT_OPUS_MODEL": "mine"}
    answer = told(home, "--plugins", "chatty", "--", *client, "tell", "--port", "-x", **variables)
    assert answer["arguments"][1:] == ["tell", "--port", "-x"]
    assert answer["said"] == "typed"
    assert list(answer["health"]["providers"]) == ["chatty"]
    environment = answer["environment"]
    url = environment.pop("ANTHROPIC_BASE_URL")
    assert environment == {
        "ANTHROPIC_AUTH_TOKEN": "any-key-will-do",
        "ANTHROPIC_DEFAULT_OPUS_MODEL": "mine",
        "CLAUDE_CODE_MAX_CONTEXT_TOKENS": "123456",
        "CLAUDE_CODE_AUTO_COMPACT_WINDOW": "123456",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1",
    }
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health")


def test_options_of_the_client_need_no_dashes_before_them(home: Path, client: list[str]) -> None:
    assert told(home, *client, "tell", "--debug", **KEY)["arguments"][1:] == ["tell", "--debug"]


def test_a_running_proxy_is_found(home: Path, client: list[str]) -> None:
    token = {"PROXY_AUTH_TOKEN": "a-token-of-the-proxy"}
    with running(home, "serve", "--port", "0", **KEY, **token) as server:
        answer = told(home, "--", *client, "tell", PORT=str(server.port), **token)
        variables = answer["environment"]
        assert variables["ANTHROPIC_BASE_URL"] == f"http://127.0.0.1:{server.port}"
        assert variables["ANTHROPIC_AUTH_TOKEN"] == token["PROXY_AUTH_TOKEN"]
        assert variables["CLAUDE_CODE_MAX_CONTEXT_TOKENS"] == "123456"
        assert httpx.get(f"http://127.0.0.1:{server.port}/health").status_code == 200


def test_a_proxy_with_thousands_of_models_tells_its_window_too(
    home: Path, client: list[str]
) -> None:
    from tests.support.raw_upstream import RawExchange, RawUpstream, http_head

    windows = {"claude-opus": 300_000, "claude-sonnet": 200_000}

    async def proxy_of_many(exchange: RawExchange) -> None:
        path = exchange.head.split()[1].decode()
        name = path.rpartition("/")[2]
        models = [{"id": f"model-{n}" + "x" * 100, "max_input_tokens": 1} for n in range(10_000)]
        told: dict[str, Any] = {"status": "ok", "version": "0", "providers": {}}
        if path.startswith("/v1/models?"):
            told = {"data": models}
        elif path.startswith("/v1/models/"):
            told = {"id": name, "max_input_tokens": windows[name]}
        await exchange.send(http_head("200 OK") + json.dumps(told).encode())

    with RawUpstream(proxy_of_many) as server:
        environment = told(home, "--", *client, "tell", PORT=str(server.port), **KEY)["environment"]
    assert environment["CLAUDE_CODE_MAX_CONTEXT_TOKENS"] == "200000"


def test_somebody_elses_server_is_not_taken_for_ours(home: Path, client: list[str]) -> None:
    from tests.support.raw_upstream import RawExchange, RawUpstream, http_head

    async def other(exchange: RawExchange) -> None:
        await exchange.send(http_head("200 OK") + b'{"status": "ok"}')

    with RawUpstream(other) as server:
        answer = told(home, "--", *client, "tell", PORT=str(server.port), **KEY)
        assert not answer["environment"]["ANTHROPIC_BASE_URL"].endswith(f":{server.port}")


@pytest.mark.parametrize("status", [0, 1, 2, 77, 255])
def test_the_clients_status_is_handed_on(home: Path, client: list[str], status: int) -> None:
    assert proxy(home, "run", "--", *client, "exit", str(status), **KEY).returncode == status


def test_a_client_that_was_killed(home: Path, client: list[str]) -> None:
    assert proxy(home, "run", "--", *client, "die", **KEY).returncode == 128 + signal.SIGKILL


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_reach_the_client_before_the_proxy_ends(
    home: Path, client: list[str], number: signal.Signals
) -> None:
    with running(home, "run", "--", *client, "wait", **KEY) as run:
        url = run.wait_for(r"client waits at (\S+)")[1]
        assert run.end(number) == 7
        assert f"client got {number.name} ok" in run.output
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/health")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["--", "no-such-client"], 1, "no-such-client"),
        (["--plugins", "nonsense", "--", sys.executable], 2, "nonsense"),
        (["--", "/"], 1, "'/'"),
    ],
)
def test_what_cannot_be_run(home: Path, arguments: list[str], status: int, words: str) -> None:
    done = proxy(home, "run", *arguments, **KEY)
    assert done.returncode == status
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert words in done.stderr


def test_the_users_own_variables_stay_but_for_the_key() -> None:
    own = {"ANTHROPIC_API_KEY": CANARY, "CLAUDE_CODE_AUTO_COMPACT_WINDOW": "5", "EDITOR": "vi"}
    assert client_environment(own, "http://h", "token", 100) == {
        "ANTHROPIC_BASE_URL": "http://h",
        "ANTHROPIC_AUTH_TOKEN": "token",
        "CLAUDE_CODE_AUTO_COMPACT_WINDOW": "5",
        "CLAUDE_CODE_MAX_CONTEXT_TOKENS": "100",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1",
        "EDITOR": "vi",
    }
    assert "CLAUDE_CODE_MAX_CONTEXT_TOKENS" not in client_environment({}, "http://h", None, None)
