"""Somebody who follows a page: types what it says, and compares what comes with what is shown."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from proxy_core.assembly import make_router
from proxy_core.plugins import load_plugins
from proxy_core.plugins.installed import SHIPPED
from proxy_core.settings import Settings
from tests.support.blocks import Block

TIME_LIMIT = 240.0
_LISTENS = re.compile(r"listening on http://127\.0\.0\.1:(\d+)")
_PORT = ":8082"
"""What pages write; the proxy takes a free port, and later blocks are told which."""

_CLAUDE = """#!{python}
import os, httpx

answer = httpx.post(
    os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages",
    headers={{"authorization": "Bearer " + os.environ["ANTHROPIC_AUTH_TOKEN"]}},
    json={{
        "model": "claude-sonnet-5-5",
        "max_tokens": 100,
        "messages": [{{"role": "user", "content": "Hello?"}}],
    }},
    timeout=60,
)
print(answer.raise_for_status().json()["content"][0]["text"])
"""
"""Stands for Claude Code, which `nox -s e2e` has: asks one thing of where it is pointed."""

_PIP = """#!{python}
import sys
from importlib.metadata import version

for name in sys.argv[2:]:
    version(name)
"""
"""Stands for an installation from the package index: what it names is installed."""


class Reader:
    """`with Reader(folder, upstreams) as reader: reader.follow(blocks)`.

    `upstreams` are variables that only `proxy serve` and `proxy run` get: where their requests go.
    """

    def __init__(
        self, folder: Path, upstreams: Mapping[str, str], python: Path = Path(sys.executable)
    ) -> None:
        self._upstreams = dict(upstreams)
        self._folder = folder
        self._state, self._place = folder / ".state", folder / ".place"
        self._servers: list[subprocess.Popen[str]] = []
        self._port = _PORT
        self._printed = ""
        tools = folder / ".tools"
        tools.mkdir(exist_ok=True)
        self._tool(tools / "claude", _CLAUDE)
        self._tool(tools / "pip", _PIP)
        self._tool(tools / "proxy", f"#!{python}\nfrom proxy_core.cli import main\n\nmain()\n")
        self._environment = {
            "PATH": os.pathsep.join([str(tools), str(python.parent), os.environ["PATH"]]),
            "HOME": str(folder),
            "PORT": "0",
            "PYTHONUNBUFFERED": "1",
        }
        self._state.write_text("")
        self._place.write_text(str(folder))

    def _tool(self, path: Path, text: str) -> None:
        path.write_text(text.format(python=sys.executable))
        path.chmod(0o755)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        for server in self._servers:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
            assert server.stderr is not None
            server.stderr.close()

    def follow(self, blocks: Iterable[Block]) -> int:
        """Do what each block says; returns how many were done."""
        done = 0
        for block in blocks:
            if not block.excuse:
                self._do(block)
                done += 1
        return done

    def _do(self, block: Block) -> None:
        text = block.text.replace(_PORT, self._port)
        if block.file:
            path = Path(self._place.read_text().strip(), block.file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        elif block.language == "text":
            assert _pattern(text).fullmatch(self._printed.strip()), (
                f"{block.name} shows\n{text}\nand this came:\n{self._printed}"
            )
        elif block.language == "toml":
            self._configure(block)
        elif block.language == "python":
            self._run(block, 'python - <<"END"\n' + text + "END\n")
        else:
            assert block.language == "sh", f"{block.name}: how is {block.language!r} to be run?"
            self._type(block, text)

    def _type(self, block: Block, text: str) -> None:
        *before, last = [line for line in text.splitlines() if line.strip()]
        if last.startswith("proxy serve"):
            self._run(block, "\n".join(before))
            self._serve(block, last)
        else:
            self._run(block, text)

    def _bash(self, script: str) -> list[str]:
        """What is typed goes on from the variables and the folder of what was typed before."""
        begin = f'set -eo pipefail\nsource {self._state}\ncd "$(cat {self._place})"\n'
        return ["bash", "-c", begin + script]

    def _run(self, block: Block, script: str) -> None:
        end = f"\nexport -p > {self._state}\npwd > {self._place}\n"
        done = subprocess.run(
            self._bash(script + end),
            env=self._environment | (self._upstreams if "proxy run" in script else {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT,
            check=False,
        )
        assert done.returncode == 0, f"{block.name}:\n{done.stdout}{done.stderr}"
        self._printed = done.stdout

    def _serve(self, block: Block, command: str) -> None:
        server = subprocess.Popen(
            self._bash(f"exec {command}"),
            env=self._environment | self._upstreams,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._servers.append(server)
        assert server.stderr is not None
        said = ""
        for line in server.stderr:
            said += line
            if found := _LISTENS.search(line):
                self._port = f":{found[1]}"
                threading.Thread(target=server.stderr.read, daemon=True).start()
                return
        raise AssertionError(f"{block.name} does not serve:\n{said}")

    def _configure(self, block: Block) -> None:
        """The settings are understood, and each name of the model table leads somewhere."""
        folder = self._folder / f"line-{block.line}"
        folder.mkdir()
        (folder / "proxy.toml").write_text(block.text)
        settings = Settings.load({}, environ={}, cwd=folder)
        router = make_router(load_plugins(settings.plugins or sorted(SHIPPED)), settings)
        for name, chain in settings.models.items():
            targets = router.route(name).targets
            assert [target.name for target in targets] == [entry.to for entry in chain], block.name


def _pattern(shown: str) -> re.Pattern[str]:
    return re.compile(re.escape(shown.strip()).replace(r"\.\.\.", ".*"), re.DOTALL)
