"""A proxy for one client: one that already runs, or one started as a process of its own."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import urlsplit

from proxy_core.cli.output import Failed
from proxy_core.contract import ProxyError

_ADDRESS = re.compile(r"listening on (http://\S+)")
_LOOPBACK = ("--host", "127.0.0.1", "--port", "0")
_START_SECONDS = 30.0
_STOP_SECONDS = 10.0


def running(port: int) -> str | None:
    """The address of a proxy of ours on a port, if there is one."""
    url = f"http://127.0.0.1:{port}"
    told = get(url, "/health", {})
    return url if told is not None and {"status", "version", "providers"} <= told.keys() else None


@contextmanager
def started(options: Sequence[str]) -> Iterator[str]:
    """A proxy on a free port for the block; gives its address."""
    # Away from the terminal's signals: it is to outlive an interrupt meant for the client.
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "proxy_core.cli", "serve", *_LOOPBACK, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
    assert process.stderr is not None  # noqa: S101 - it was asked for
    try:
        output = _Output(process.stderr)
        url = output.address(_START_SECONDS)
        if url is None:
            process.terminate()
            told = output.tail()
            if process.wait() == 2:
                # Its configuration is wrong, and its line says how.
                raise ProxyError(told.strip().splitlines()[-1].removeprefix("proxy: "))
            sys.stderr.write(told)
            raise Failed("the proxy did not start; see above")
        yield url
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class _Output:
    """What the proxy prints: read all the time, so that it never waits; shown if it fails."""

    def __init__(self, stream: IO[str]) -> None:
        self._lines: deque[str] = deque(maxlen=50)
        self._url: str | None = None
        self._known = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.append(line)
            if self._url is None and (found := _ADDRESS.search(line)):
                self._url = found[1]
                self._known.set()
        self._known.set()

    def address(self, seconds: float) -> str | None:
        self._known.wait(seconds)
        return self._url

    def tail(self) -> str:
        self._thread.join(1.0)
        return "".join(self._lines)


def get(url: str, path: str, headers: Mapping[str, str]) -> dict[str, Any] | None:
    """A JSON object from the proxy; None if nobody, or somebody else, answers."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=2.0)
    try:
        connection.request("GET", path, headers=dict(headers))
        response = connection.getresponse()
        told = json.loads(response.read(1 << 20)) if response.status == 200 else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return told if isinstance(told, dict) else None
