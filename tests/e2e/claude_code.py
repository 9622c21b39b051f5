"""The real Claude Code, run headless in an empty home and an empty folder."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

Json = dict[str, Any]

VERSION = "2.1.328"
CLIENT_KEY = "sk-of-the-client-0123456789"
TIME_LIMIT = 150.0
TOOLS = ("Bash", "Read", "Write", "Edit", "NotebookEdit", "WebSearch", "Agent", "Task")
QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_ERROR_REPORTING": "1",
    "DISABLE_TELEMETRY": "1",
}


@dataclass(frozen=True)
class Run:
    """What a run of the client left: its events, and how it ended."""

    events: list[Json]
    status: int
    stderr: str

    @property
    def result(self) -> Json:
        """The event that ends a run."""
        results = [event for event in self.events if event["type"] == "result"]
        assert results, f"no result; status {self.status}; {self.stderr[-2000:]}"
        return results[-1]

    @property
    def text(self) -> str:
        """The answer that the client printed at the end."""
        text: str = self.result["result"]
        return text

    def blocks(self, kind: str, *, in_sub_agent: bool = False) -> list[Json]:
        """The content blocks of this kind in the client's events, as it understood them."""
        return [
            block
            for event in self.events
            if event["type"] in ("assistant", "user")
            if bool(event.get("parent_tool_use_id")) == in_sub_agent
            for block in _blocks(event["message"])
            if block["type"] == kind
        ]

    def tool_result(self, id_: str) -> Json:
        """What running this call came to."""
        return next(b for b in self.blocks("tool_result") if b["tool_use_id"] == id_)

    def of_system(self, subtype: str) -> list[Json]:
        """The client's own notices of this kind: retries, compaction, tasks."""
        return [e for e in self.events if e["type"] == "system" and e["subtype"] == subtype]


def _blocks(message: Json) -> Iterator[Json]:
    content = message["content"]
    yield from [{"type": "text", "text": content}] if isinstance(content, str) else content


@cache
def client() -> Path:
    """The program. CLAUDE_CODE_BIN names it; otherwise only the known version will do."""
    named = os.environ.get("CLAUDE_CODE_BIN")
    if named:
        path = Path(named)
        assert path.exists(), f"CLAUDE_CODE_BIN={named} does not exist"
        return path
    found = shutil.which("claude")
    if found and _version(Path(found)) == VERSION:
        return Path(found)
    reason = f"Claude Code {VERSION} is not installed (set CLAUDE_CODE_BIN)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _version(path: Path) -> str:
    told = subprocess.run(
        [path, "--version"], capture_output=True, text=True, check=False, timeout=TIME_LIMIT
    )
    return told.stdout.split(" ")[0]


def run(
    base_url: str,
    prompt: str,
    *,
    folder: Path,
    home: Path,
    arguments: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    tools: Sequence[str] = TOOLS,
    limit: float = TIME_LIMIT,
) -> Run:
    """Ask the client one thing in `folder` and wait until it has done it."""
    command = [
        *(str(client()), "-p", prompt),
        *("--output-format", "stream-json", "--verbose"),
        *("--permission-mode", "acceptEdits"),
        *arguments,
        *("--allowedTools", *tools),
    ]
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "ANTHROPIC_BASE_URL": base_url,
        "ANTHROPIC_API_KEY": CLIENT_KEY,
        **QUIET,
        **(environment or {}),
    }
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        # A group of its own, so that what it started can be ended with it and nothing else is.
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        _end_group(process)
        out, err = process.communicate()
        pytest.fail(f"Claude Code had not finished after {limit:.0f} s: {out[-3000:]} {err}")
    finally:
        _end_group(process)
    events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return Run(events, process.returncode, err)


def _end_group(process: subprocess.Popen[str]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
