"""A watch over code that may never return."""

from __future__ import annotations

import _thread
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

LIMIT = 10.0
"""Seconds for what takes milliseconds: long enough for any machine, short enough to wait for."""


class Hung(BaseException):
    """The plugin did not return. No `Exception`, so that nothing between takes it for a defect
    that smaller examples could show: each of them would hang again."""

    def __init__(self, shown: Mapping[str, Any]) -> None:
        super().__init__(f"the plugin did not come back within {LIMIT:.0f} s")
        self.shown = shown


class _Watch:
    """One thread for all that is watched: starting one for each example would cost more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._deadline: float | None = None
        self._barked = False
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        with self._lock:
            self._barked = False
            self._deadline = time.monotonic() + LIMIT
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._thread.start()

    def end(self) -> bool:
        """Whether the time was up, so that an interrupt is on its way or has come."""
        with self._lock:
            self._deadline = None
            return self._barked

    def _run(self) -> None:
        while True:
            time.sleep(0.2)
            with self._lock:
                if self._deadline is not None and time.monotonic() > self._deadline:
                    self._deadline = None
                    self._barked = True
                    _thread.interrupt_main()


_watch = _Watch()


@contextmanager
def watched(shown: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Raises `Hung` where the body takes longer than `LIMIT`; only the main thread can be watched.

    `shown` is what the body was given, for the person who reads of it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _watch.begin()
    try:
        yield
    except KeyboardInterrupt:
        if _watch.end():
            raise Hung(shown or {}) from None
        raise
    finally:
        _watch.end()
