"""How time grows with the length of what is read."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

from proxy_core.testing.complaint import require

TIMES = 8
_STEEPEST = 2
"""How many times steeper than a line time may grow: eight times the work takes 8 times as long
where each step costs the same, and 64 times where each looks at all those before it."""
_ATTEMPTS = 2


def require_linear(what: str, prepare: Callable[[int], Callable[[], object]], short: int) -> None:
    """Raise `Complaint` where `TIMES` the length takes far more than `TIMES` as long.

    `prepare` makes the work of a length: only that is timed. The shortest of several attempts
    counts on both sides: what else a machine does makes work longer, never shorter.
    """
    usual = min(_seconds(prepare(short)) for _ in range(_ATTEMPTS))
    slower = 0.0
    for _ in range(_ATTEMPTS):
        slower = _seconds(prepare(short * TIMES)) / usual
        if slower < TIMES * _STEEPEST:
            return
    require(False, f"{what} of {TIMES} times the length takes {slower:.0f} times as long")


def _seconds(work: Callable[[], object]) -> float:
    """Time on the processor, which a busy machine does not stretch.

    Without the collector, which would look through all that this process holds: the longer the
    work, the more often.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        began = time.thread_time()
        work()
        return time.thread_time() - began
    finally:
        if collects:
            gc.enable()
