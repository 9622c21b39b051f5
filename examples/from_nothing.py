"""From an empty directory to an answer: a plugin is written, installed, checked and put to work.

python -m pip install 'proxy-core[testing]'
python from_nothing.py

It installs proxy-acme into the environment that it runs in. Acme is a server on this machine, which
speaks Chat Completions and always says the same.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

KEY = "sk-of-acme-0123456789"
PROXY = str(Path(sys.executable).with_name("proxy"))
UV = shutil.which("uv")
INSTALL = (
    [UV, "pip", "install", "--python", sys.executable]
    if UV
    else [sys.executable, "-m", "pip", "install"]
)
QUESTION = {
    "model": "claude-opus-5-5",
    "max_tokens": 100,
    "stream": True,
    "messages": [{"role": "user", "content": "What is a teletype?"}],
}


class Acme(BaseHTTPRequestHandler):
    """The vendor: it insists on its key, and streams one sentence."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        knows = self.headers["authorization"] == f"Bearer {KEY}" and asked["model"] == "acme-2"
        self.send_response(200 if knows else 400)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for words in ("A typewriter ", "at a distance."):
            self._tell({"content": words})
        self._tell({}, "stop")
        self.wfile.write(b"data: [DONE]\n\n")

    def _tell(self, delta: dict[str, str], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        chunk = {"object": "chat.completion.chunk", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def vendor() -> Iterator[str]:
    """Acme at work; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Acme)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


def run(shown: str, *command: str) -> None:
    """Run a command and show it as one would type it."""
    show(f"\n$ {shown}\n")
    subprocess.run(command, check=True)


def show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def fill_in(card: Path, address: str) -> None:
    """What the author writes, in the place of what stands in the card for it."""
    before = card.read_text(encoding="utf-8")
    after = before
    for pattern, line in {
        "base_url=": f'    base_url="{address}",',
        "models=": '    models=(ModelFacts(pattern="acme-*", context_window=200_000),),',
        "big=": '    big="acme-2",',
        "small=": '    small="acme-2-mini",',
        "docs=": '    docs="https://acme.example/api",',
    }.items():
        after = re.sub(rf"^    {pattern}.*$", line, after, count=1, flags=re.MULTILINE)
    card.write_text(after, encoding="utf-8")
    changes = difflib.ndiff(before.splitlines(), after.splitlines())
    lines = [line[2:] for line in changes if line.startswith("+ ")]
    show("\n".join(["\nthe card, filled in:", *lines, ""]))
    show(f"lines that the author wrote: {len(lines)}\n")


@contextmanager
def serving() -> Iterator[str]:
    """`proxy serve --plugins acme`; its address."""
    show("\n$ proxy serve --plugins acme --port 0\n")
    command = [PROXY, "serve", "--plugins", "acme", "--port", "0"]
    environment = {**os.environ, "ACME_API_KEY": KEY}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        begun = ""
        for line in process.stdout:
            show(line)
            begun += line
            if "ANTHROPIC_AUTH_TOKEN" in line:  # the last of what it says when it begins
                break
        found = re.search(r"listening on (http://\S+)", begun)
        if found is None:
            raise SystemExit("the proxy did not start")
        try:
            yield found[1]
        finally:
            process.terminate()
            show(process.stdout.read())


def ask(url: str) -> None:
    """One streamed request of the Messages API."""
    show(f"\n$ curl {url}/v1/messages -d '{json.dumps(QUESTION)}'\n")
    response = httpx.post(f"{url}/v1/messages", json=QUESTION, timeout=60)
    show(f"{response.status_code}, x-proxy-target: {response.headers['x-proxy-target']}\n")
    show(response.raise_for_status().text)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, vendor() as address:
        os.chdir(folder)
        run("proxy new-plugin acme", PROXY, "new-plugin", "acme")
        fill_in(Path("proxy-acme/src/proxy_acme/__init__.py"), address)
        run("python -m pip install -q ./proxy-acme", *INSTALL, "-q", "./proxy-acme")
        run("proxy check acme", PROXY, "check", "acme")
        with serving() as url:
            ask(url)


if __name__ == "__main__":
    main()
