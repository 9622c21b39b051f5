"""A watch over code of strangers, which may never return and may raise anything."""

from __future__ import annotations

import _thread
import faulthandler
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from hypothesis.errors import HypothesisException

from proxy_core.contract import ProxyError
from proxy_core.testing.complaint import Complaint

LIMIT = 10.0
"""Seconds for what takes milliseconds: long enough for any machine, short enough to wait for."""
GRACE = 10.0
"""Seconds for what was interrupted to end, before the process does."""
_GIVEN_UP = 1
"""Exit status of a process that cannot be interrupted."""


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
                    self._deadline = time.monotonic() + GRACE
                    if self._barked:
                        _give_up()
                    self._barked = True
                    _interrupt()


def _interrupt() -> None:
    """Raise KeyboardInterrupt in the main thread, and wake it where it sleeps or waits."""
    if sys.platform == "win32":
        _thread.interrupt_main()
    else:
        # `interrupt_main` is noticed by running code only, and not by a lock or a socket.
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


def _give_up() -> None:
    """The plugin catches what interrupts it, or runs where nothing does: nobody would wait."""
    sys.stderr.write("proxy: the plugin cannot be interrupted; it is here:\n")
    faulthandler.dump_traceback(sys.stderr, all_threads=True)
    os._exit(_GIVEN_UP)


_watch = _Watch()


@contextmanager
def watched(shown: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Raises `Hung` where the body takes longer than `LIMIT`; only the main thread can be watched.

    What neither the kit nor the contract raises on purpose becomes a `Complaint`. `shown` is what
    the body was given, for the person who reads of it.
    """
    try:
        with _limited(shown or {}):
            yield
    except (Complaint, ProxyError, HypothesisException):
        raise
    except Exception as error:
        # A check reads what strangers' code made, by a wire that may be a stranger's too.
        raise Complaint(_unexpected(error), shown) from error


@contextmanager
def _limited(shown: Mapping[str, Any]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Where nobody handles it, as in a job that a shell put into the background, an interrupt would
    # come to nothing.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    _watch.begin()
    try:
        yield
    except KeyboardInterrupt:
        if _watch.end():
            raise Hung(shown) from None
        raise
    finally:
        _watch.end()
        signal.signal(signal.SIGINT, before)


def _unexpected(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {error}"
    return f"what the plugin made cannot be judged: {what} at {frame.filename}:{frame.lineno}"
