"""The proxy as its users run it: a process started by the command, talked to over HTTP."""

import http.client
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

START_LIMIT = 30.0
STOP_LIMIT = 30.0
ADDRESS = re.compile(r"http://127\.0\.0\.1:([1-9]\d*)")


class ProxyProcess:
    """`with ProxyProcess(...) as proxy:` runs it, drains its output and ends it by SIGTERM."""

    def __init__(
        self,
        environment: Mapping[str, str],
        folder: Path,
        *,
        not_its_port: int,
        arguments: str,
        program: Sequence[str] = (sys.executable, "-m", "proxy_core.cli"),
    ) -> None:
        self.port = 0
        self._not_its_port = not_its_port
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._process = subprocess.Popen(
            [*program, *arguments.split()],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self._reader = threading.Thread(target=self._drain, name="proxy-output")
        self._reader.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def output(self) -> str:
        """Everything it has printed so far."""
        with self._changed:
            return "".join(self._lines)

    def _drain(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def __enter__(self) -> Self:
        with self._changed:
            self._changed.wait_for(self._announced, START_LIMIT)
        if not self.port or self._ended or not self._healthy():
            self._process.kill()
            self._close()
            raise AssertionError(f"the proxy did not start: {self.output}")
        return self

    def _announced(self) -> bool:
        """Whether a line has named the address it listens on, or it has ended."""
        ports = (int(port) for line in self._lines for port in ADDRESS.findall(line))
        # Its output may also name the upstream it talks to, which is on this host in tests.
        self.port = next((port for port in ports if port != self._not_its_port), 0)
        return self.port != 0 or self._ended

    def _healthy(self) -> bool:
        """Whether it answers. It may say where it listens a moment before it does."""
        retry = threading.Event()
        for _ in range(int(START_LIMIT * 20)):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=START_LIMIT)
            try:
                connection.request("GET", "/health")
                return connection.getresponse().status == 200
            except ConnectionRefusedError:
                retry.wait(0.05)
            finally:
                connection.close()
        return False

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            status = self._process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"SIGTERM did not end the proxy: {self.output}") from None
        finally:
            self._close()
        assert status == 0, f"the proxy ended with {status}: {self.output}"

    def _close(self) -> None:
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
