"""The command `proxy` in processes of its own, with an environment that is all known."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

TIME_LIMIT = 60.0
CANARY = "sk-cnry-9f3KxQ7vLm2Wp8Zr4"
"""A key that must turn up in no output."""

_ADDRESS = re.compile(r"listening on http://(\S+):(\d+)")
_PROXY = [sys.executable, "-m", "proxy_core.cli"]


def environment(folder: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the user's own; plugins are found in `folder/site`."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
    return {
        **kept,
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(folder / "site"),
        "PYTHONUNBUFFERED": "1",
        **variables,
    }


def proxy(
    folder: Path, *arguments: str, said: str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end in `folder`; its output never holds the canary."""
    done = subprocess.run(
        [*_PROXY, *arguments],
        cwd=folder,
        env=environment(folder, variables),
        input=said,
        stdin=subprocess.DEVNULL if said is None else None,
        capture_output=True,
        encoding="utf-8",
        timeout=TIME_LIMIT,
        check=False,
    )
    no_canary(done.stdout + done.stderr)
    return done


def no_canary(text: str) -> None:
    """Assert that no eight characters of the canary can be read."""
    slices = {CANARY[at : at + 8] for at in range(len(CANARY) - 7)}
    assert not [part for part in slices if part in text], text


class Process:
    """A command that goes on, and what it has printed."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def output(self) -> str:
        with self._changed:
            return "".join(self._lines)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """The first match in what it prints; fails if it ends, or time is up, before."""
        found: list[re.Match[str]] = []

        def there() -> bool:
            match = re.search(pattern, "".join(self._lines))
            found.extend([match] if match else [])
            return bool(found) or self._ended

        with self._changed:
            self._changed.wait_for(there, TIME_LIMIT)
        assert found, f"{pattern!r} is not in: {self.output}"
        return found[0]

    @property
    def port(self) -> int:
        return int(self.wait_for(_ADDRESS.pattern)[2])

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait; returns the exit status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        status = self.process.wait(TIME_LIMIT)
        self._reader.join(TIME_LIMIT)
        return status


@contextmanager
def running(folder: Path, *arguments: str, **variables: str) -> Iterator[Process]:
    """Run a command for the block; killed at its end if it is still there."""
    with subprocess.Popen(
        [*_PROXY, *arguments],
        cwd=folder,
        env=environment(folder, variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as popen:
        process = Process(popen)
        try:
            yield process
        finally:
            popen.kill()
            process.wait()
    no_canary(process.output)
