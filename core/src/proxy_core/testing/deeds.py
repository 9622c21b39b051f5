"""What code does beside its work: files, sockets, threads, the environment, the clock.

Python's profiler sees it, which can be taken away again, unlike an audit hook.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from types import CodeType, FrameType
from typing import Any

from proxy_core.testing.quiet_import import is_librarys

_CLOCKS = (
    *(time.time, time.time_ns, time.monotonic, time.monotonic_ns, time.perf_counter),
    *(datetime.now, datetime.today, datetime.utcnow, date.today),
)
_BUILT_IN: dict[Any, str] = {
    open: "open a file",
    os.open: "open a file",
    time.sleep: "sleep",
    **dict.fromkeys(_CLOCKS, "read the clock"),
}
_WRITTEN: dict[CodeType, str] = {
    threading.Thread.start.__code__: "start a thread",
    socket.socket.__init__.__code__: "open a socket",
    socket.getaddrinfo.__code__: "look up a host",
    type(os.environ).__getitem__.__code__: "read the environment",
    type(os.environ).__iter__.__code__: "read the environment",
}
_NOT_THE_PLUGINS = frozenset({"proxy_core", "hypothesis"})
"""Hypothesis times the collection of garbage, which may happen anywhere."""
_LOGS = "logging"
"""A log line has a time, and goes where the user wants it."""


@contextmanager
def noted_deeds() -> Iterator[dict[str, None]]:
    """What is done in the body by code that is neither Python's own nor the kit's, and where."""
    found: dict[str, None] = {}

    def note(frame: FrameType, event: str, built_in: Any) -> None:
        if event == "c_call":
            what = _BUILT_IN.get(built_in)
        else:
            what = _WRITTEN.get(frame.f_code) if event == "call" else None
        if what and (place := _place(frame)):
            found[f"{what} at {place}"] = None

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)


def _place(frame: FrameType | None) -> str | None:
    """Where a stranger's code does it; None where Python's library or core does."""
    while frame is not None and is_librarys(frame.f_code.co_filename):
        if frame.f_globals.get("__name__", "").partition(".")[0] == _LOGS:
            return None
        frame = frame.f_back
    if frame is None or frame.f_globals.get("__name__", "").partition(".")[0] in _NOT_THE_PLUGINS:
        return None
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"
