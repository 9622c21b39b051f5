"""A program that imports one module, and prints what this did beyond importing.

It runs in an interpreter of its own: an audit hook cannot be removed again.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import sysconfig
import threading
from collections.abc import Iterator, MutableMapping
from types import FrameType

_DEEDS = {
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "subprocess.Popen",
}
_LIBRARY = tuple(sysconfig.get_path(name) for name in ("stdlib", "platstdlib"))
_SITES = tuple(sysconfig.get_path(name) for name in ("purelib", "platlib"))


def is_librarys(file: str) -> bool:
    """Whether it is Python's own code: what it reads is not the plugin's doing."""
    return file.startswith("<frozen") or (file.startswith(_LIBRARY) and not file.startswith(_SITES))


class Probe:
    """Notes what the code of one package does."""

    def __init__(self, package: str) -> None:
        self.found: dict[str, None] = {}
        self._package = package

    def note(self, what: str) -> None:
        """Note it if the package did it: itself, or through Python's library."""
        frame: FrameType | None = sys._getframe(2)
        while frame is not None and is_librarys(frame.f_code.co_filename):
            frame = frame.f_back
        name = frame.f_globals.get("__name__", "") if frame else ""
        if frame is not None and name.partition(".")[0] == self._package:
            self.found[f"{what} at {frame.f_code.co_filename}:{frame.f_lineno}"] = None

    def hear(self, event: str, arguments: tuple[object, ...]) -> None:
        """The audit hook."""
        if event == "open" and not str(arguments[0]).endswith((".py", ".pyc", ".so", ".pyd")):
            self.note("open a file")
        elif event in _DEEDS:
            self.note(event)


class Watched(MutableMapping[str, str]):
    """The environment, with a note of who reads it."""

    def __init__(self, environment: MutableMapping[str, str], probe: Probe) -> None:
        self._environment = environment
        self._probe = probe

    def __getitem__(self, name: str) -> str:
        self._probe.note(f"read the variable {name}")
        return self._environment[name]

    def __setitem__(self, name: str, value: str) -> None:
        self._environment[name] = value

    def __delitem__(self, name: str) -> None:
        del self._environment[name]

    def __iter__(self) -> Iterator[str]:
        self._probe.note("read the environment")
        return iter(self._environment)

    def __len__(self) -> int:
        return len(self._environment)


def _watch_threads(probe: Probe) -> None:
    """Python 3.11 has no audit event for them."""
    start = threading.Thread.start

    def noted(thread: threading.Thread) -> None:
        probe.note("start a thread")
        start(thread)

    threading.Thread.start = noted  # type: ignore[method-assign, assignment]


def main(module: str) -> None:
    # Core is no plugin's doing, and is there before any plugin is.
    importlib.import_module("proxy_core.plugins")
    probe = Probe(module.partition(".")[0])
    os.environ = Watched(os.environ, probe)  # type: ignore[assignment]  # noqa: B003
    sys.addaudithook(probe.hear)
    _watch_threads(probe)
    with contextlib.redirect_stdout(sys.stderr):
        importlib.import_module(module)
    sys.stdout.write("".join(f"{line}\n" for line in probe.found))
    sys.stdout.flush()
    os._exit(0)  # nobody waits for threads that were started


if __name__ == "__main__":
    main(sys.argv[1])
