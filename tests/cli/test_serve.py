"""The server as a process: what it says, what it refuses to start with, how it ends."""

import asyncio
import json
import re
import signal
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

import proxy_core
from proxy_core.cli.hosting import address, listen
from proxy_core.cli.output import Failed
from tests.support.command import CANARY, proxy, running
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, RawUpstream

OPEN = "0.0.0.0"  # noqa: S104 - what must not be bound
KEY = {"CHATTY_API_KEY": CANARY}
CHATTY = ["--plugins", "chatty", "--port", "0"]
QUESTION: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "hello"}],
}


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    told = {"id": "c", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
    return f"data: {json.dumps(told)}\n\n".encode()


class Slow(RawUpstream):
    """Streams a word, and the rest of its answer when it is told to."""

    def __init__(self) -> None:
        super().__init__(self._tell)
        self.go_on = threading.Event()

    async def _tell(self, exchange: RawExchange) -> None:
        await exchange.send(EVENT_STREAM + chunk({"content": "first"}))
        await asyncio.to_thread(self.go_on.wait, 30)
        await exchange.send(chunk({"content": " last"}) + chunk({}, "stop") + b"data: [DONE]\n\n")


# -- start ---------------------------------------------------------------------------------


_HOSTS = ["127.0.0.1", "0.0.0.0"]  # noqa: S104
if socket.has_dualstack_ipv6():  # many containers have no IPv6
    _HOSTS += ["::1", "::"]


@pytest.mark.parametrize("host", _HOSTS)
def test_the_address_that_is_told_is_one_that_is_listened_to(host: str) -> None:
    with listen(host, 0) as sock:
        told = urlsplit(address(sock))
        socket.create_connection((told.hostname, told.port), 5).close()


@pytest.mark.parametrize("host", [".example", "x" * 70 + ".example", "no such host"])
def test_a_host_that_is_no_name(host: str) -> None:
    with pytest.raises(Failed, match=r"^cannot listen on .* choose another with --host"):
        listen(host, 0)


def test_it_says_what_is_served_for_whom_and_what_to_paste(home: Path) -> None:
    with running(home, "serve", *CHATTY, **KEY) as server:
        url = f"http://127.0.0.1:{server.port}"
        server.wait_for("ANTHROPIC_AUTH_TOKEN")
        said = server.output
        assert f"proxy {proxy_core.__version__} listening on {url}" in said
        assert f"export ANTHROPIC_BASE_URL={url}\n" in said
        assert "export ANTHROPIC_AUTH_TOKEN=any-key-will-do\n" in said
        assert re.search(r"plugins +chatty\n", said)
        assert re.search(
            r"opus +-> chatty/chatty-large +at https://chatty\.example/v1, "
            r"key from CHATTY_API_KEY\n",
            said,
        )
        assert re.search(r"sonnet +-> chatty/chatty-medium ", said)
        assert re.search(r"haiku +-> chatty/chatty-small ", said)
        health = httpx.get(f"{url}/health").json()
        assert health["providers"]["chatty"]["key"] is True
        assert server.end() == 0


def test_the_plugin_whose_key_is_set_is_served(home: Path) -> None:
    with running(home, "serve", "--port", "0", **KEY) as server:
        assert server.port
        assert re.search(r"plugins +chatty\n", server.wait_for(r"(?s).*haiku")[0])


def test_a_missing_key_is_told_and_served(home: Path) -> None:
    with running(home, "serve", *CHATTY) as server:
        server.wait_for(r"opus +-> chatty/chatty-large .*, no key: set CHATTY_API_KEY\n")
        response = httpx.post(f"http://127.0.0.1:{server.port}/v1/messages", json=QUESTION)
        assert response.status_code == 401
        assert "CHATTY_API_KEY" in response.json()["error"]["message"]


def test_a_token_is_asked_for_and_not_shown(home: Path) -> None:
    with running(home, "serve", *CHATTY, PROXY_AUTH_TOKEN=CANARY, **KEY) as server:
        url = f"http://127.0.0.1:{server.port}"
        server.wait_for(r'export ANTHROPIC_AUTH_TOKEN="\$PROXY_AUTH_TOKEN"\n')
        assert httpx.get(f"{url}/health").status_code == 200
        assert httpx.get(f"{url}/v1/models").status_code == 401
        assert httpx.get(f"{url}/v1/models", headers={"x-api-key": CANARY}).status_code == 200


def test_a_token_in_a_file_is_asked_for(home: Path) -> None:
    (home / "token").write_text(CANARY)
    (home / "token").chmod(0o600)
    with running(home, "serve", *CHATTY, "--token-file", "token", **KEY) as server:
        server.wait_for("ANTHROPIC_AUTH_TOKEN=the-token-in-your-token-file")
        assert httpx.get(f"http://127.0.0.1:{server.port}/v1/models").status_code == 401


def test_a_further_provider_of_the_users_own(home: Path) -> None:
    (home / "proxy.toml").write_text(
        'plugins = ["chatty"]\nbig_model = "office/large"\n[providers.office]\nlike = "chatty"\n'
        'base_url = "http://127.0.0.1:9/v1"\napi_key_env = "OFFICE_KEY"\n'
    )
    with running(home, "serve", "--port", "0", OFFICE_KEY=CANARY) as server:
        server.wait_for(
            r"opus +-> office/large +at http://127\.0\.0\.1:9/v1, key from OFFICE_KEY\n"
        )


def test_a_provider_that_is_shown_the_clients_own_key(home: Path) -> None:
    (home / "proxy.toml").write_text("[providers.chatty]\nclient_key = true\n")
    with running(home, "serve", *CHATTY) as server:
        server.wait_for(r"opus +-> chatty/chatty-large .*, key from the client's request\n")


def test_a_provider_of_a_plugin_that_is_not_loaded_is_left_out_and_named(home: Path) -> None:
    (home / "proxy.toml").write_text('[providers.office]\nlike = "somebody"\n')
    with running(home, "serve", *CHATTY, **KEY) as server:
        server.wait_for(r"warning: providers\.office is left out: .*'somebody' \(loaded: chatty;")
        assert httpx.get(f"http://127.0.0.1:{server.port}/health").status_code == 200


def test_the_log_file_tells_of_each_exchange_without_content(home: Path) -> None:
    log = home / "log.jsonl"
    with running(home, "serve", *CHATTY, "--log-file", str(log), "--log-level", "debug") as server:
        asked = {"messages": [{"role": "user", "content": "grandmother's recipe"}]}
        url = f"http://127.0.0.1:{server.port}/v1/messages"
        assert httpx.post(url, json=QUESTION | asked).status_code == 401
        assert server.end() == 0
        assert "grandmother" not in server.output
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    exchanges = [line["exchange"] for line in lines if "exchange" in line]
    assert [exchange["outcome"] for exchange in exchanges] == ["authentication_error"]
    assert "grandmother" not in log.read_text()


def test_another_address_is_served_with_a_token(home: Path) -> None:
    token = {"PROXY_AUTH_TOKEN": CANARY}
    with running(home, "serve", *CHATTY, "--host", OPEN, **KEY, **token) as server:
        assert httpx.get(f"http://127.0.0.1:{server.port}/health").status_code == 200


def test_an_open_address_in_the_environment_is_narrowed(home: Path) -> None:
    with running(home, "serve", *CHATTY, HOST=OPEN, **KEY) as server:
        assert server.wait_for(r"listening on http://(\S+):")[1] == "127.0.0.1"
        server.wait_for("warning: HOST")


@pytest.mark.parametrize("supervised", [["--workers", "2"], ["--reload"]])
def test_processes_that_are_watched_over_serve_too(home: Path, supervised: list[str]) -> None:
    with running(home, "serve", *CHATTY, *supervised, **KEY) as server:
        url = f"http://127.0.0.1:{server.port}"
        assert httpx.get(f"{url}/health", timeout=60).status_code == 200
        assert server.end() == 0


BAD_FILES = {
    "broken.toml": "port = [",
    "unknown.toml": "prot = 8082\n",
    "port.toml": 'port = "many"\n',
    "open.toml": f'host = "{OPEN}"\n',
}


@pytest.mark.parametrize(
    ("arguments", "variables", "told"),
    [
        (["--plugins", "nonsense"], {}, "nonsense"),
        (["--plugins", "chatti"], {}, "chatty"),
        (["--plugins", "chatty", "--port", "65536"], {}, "65536"),
        (["--plugins", "chatty", "--port", "many"], {}, "many"),
        (["--plugins", "chatty"], {"PORT": "many"}, "PORT"),
        (["--plugins", "chatty", "--host", OPEN], {}, "PROXY_AUTH_TOKEN"),
        (["--plugins", "chatty", "--host", "::"], {}, "PROXY_AUTH_TOKEN"),
        (["--plugins", "chatty", "--host", "192.0.2.1"], {}, "PROXY_AUTH_TOKEN"),
        (["--plugins", "chatty", "--host", ""], {}, ""),
        (["--plugins", "chatty", "--host", "proxy.example"], {}, "PROXY_AUTH_TOKEN"),
        (["--plugins", "chatty", "--provider", "nobody"], {}, "nobody"),
        (["--config", "broken.toml"], {}, "broken.toml"),
        (["--config", "unknown.toml"], {}, "prot"),
        (["--config", "port.toml"], {}, "port"),
        (["--config", "open.toml", "--plugins", "chatty"], {}, "PROXY_AUTH_TOKEN"),
        (["--plugins", "chatty", "--token-file", "absent"], {}, "absent"),
        (["--plugins", "chatty", "--log-file", "/dev/null/x"], {}, "/dev/null/x"),
        ([], {}, "CHATTY_API_KEY"),
    ],
)
def test_a_wrong_configuration_is_one_line_and_2(
    home: Path, arguments: list[str], variables: dict[str, str], told: str
) -> None:
    for name, text in BAD_FILES.items():
        (home / name).write_text(text)
    done = proxy(home, "serve", *arguments, **variables)
    assert done.returncode == 2, done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("proxy: ")
    assert told in done.stderr


def test_a_port_in_use_is_one_line_and_1(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = proxy(home, "serve", "--plugins", "chatty", "--port", port, **KEY)
    assert done.returncode == 1
    assert done.stderr == (
        f"proxy: cannot listen on 127.0.0.1 port {port}: it is in use; "
        "end what uses it, or choose another with --port\n"
    )


# -- end -----------------------------------------------------------------------------------


def first_word(lines: Any) -> None:
    assert any('"first"' in line for line in lines)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stream_ends_before_the_server_does(home: Path, number: signal.Signals) -> None:
    with (
        Slow() as upstream,
        running(home, "serve", *CHATTY, CHATTY_BASE_URL=f"{upstream.origin}/v1", **KEY) as server,
    ):
        url = f"http://127.0.0.1:{server.port}"
        with httpx.stream("POST", f"{url}/v1/messages", json=QUESTION | {"stream": True}) as answer:
            lines = answer.iter_lines()
            first_word(lines)
            server.process.send_signal(number)
            server.wait_for("answers still running: 1; Ctrl-C again ends at once\n")
            refused(server.port)
            assert server.process.poll() is None
            upstream.go_on.set()
            rest = "\n".join(lines)
        assert " last" in rest
        assert "event: message_stop" in rest
        assert server.wait() == 0


async def test_fifty_streams_end_before_the_server_does(home: Path) -> None:
    with (
        Slow() as upstream,
        running(home, "serve", *CHATTY, CHATTY_BASE_URL=f"{upstream.origin}/v1", **KEY) as server,
    ):
        url = f"http://127.0.0.1:{server.port}/v1/messages"
        began: asyncio.Queue[None] = asyncio.Queue()

        async def read_one(client: httpx.AsyncClient) -> str:
            async with client.stream("POST", url, json=QUESTION | {"stream": True}) as answer:
                lines = []
                async for line in answer.aiter_lines():
                    lines.append(line)
                    if '"first"' in line:
                        began.put_nowait(None)
                return "\n".join(lines)

        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:
            streams = [asyncio.create_task(read_one(client)) for _ in range(50)]
            for _ in streams:
                await began.get()
            server.process.send_signal(signal.SIGTERM)
            await asyncio.to_thread(refused, server.port)
            upstream.go_on.set()
            told = await asyncio.gather(*streams)
        assert all("event: message_stop" in text for text in told)
        assert server.wait() == 0


def refused(port: int) -> None:
    """Wait until nobody listens any more."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 5).close()
        except ConnectionError:
            return


def test_a_stream_that_does_not_end_is_cut_and_told(home: Path) -> None:
    (home / "proxy.toml").write_text("drain_seconds = 0.2\n")
    with (
        Slow() as upstream,
        running(home, "serve", *CHATTY, CHATTY_BASE_URL=f"{upstream.origin}/v1", **KEY) as server,
    ):
        url = f"http://127.0.0.1:{server.port}"
        with httpx.stream("POST", f"{url}/v1/messages", json=QUESTION | {"stream": True}) as answer:
            lines = answer.iter_lines()
            first_word(lines)
            server.process.send_signal(signal.SIGTERM)
            rest = "\n".join(lines)
        assert "event: error" in rest
        assert "message_stop" not in rest
        assert server.wait() == 0
        upstream.go_on.set()


def test_the_second_signal_ends_at_once(home: Path) -> None:
    with (
        Slow() as upstream,
        running(home, "serve", *CHATTY, CHATTY_BASE_URL=f"{upstream.origin}/v1", **KEY) as server,
    ):
        url = f"http://127.0.0.1:{server.port}"
        with httpx.stream("POST", f"{url}/v1/messages", json=QUESTION | {"stream": True}) as answer:
            first_word(answer.iter_lines())
            server.process.send_signal(signal.SIGTERM)
            refused(server.port)
            assert server.end(signal.SIGTERM) == 1
        upstream.go_on.set()
