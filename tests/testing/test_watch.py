"""Strangers' code that does not return, or raises what nobody foresaw."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import pytest

from proxy_core.contract import Unsupported
from proxy_core.testing import watch
from proxy_core.testing.complaint import Complaint
from proxy_core.testing.watch import Hung, watched


def _waits() -> None:
    lock = threading.Lock()
    lock.acquire()
    lock.acquire()


def _loops() -> None:
    while True:
        pass


@pytest.mark.parametrize("forever", [_loops, _waits, lambda: time.sleep(600)])
def test_whatever_does_not_return_is_interrupted(
    forever: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LIMIT", 0.2)
    with pytest.raises(Hung) as hung, watched({"asked": 1}):
        forever()
    assert hung.value.shown == {"asked": 1}


_CATCHING = """
import time
from proxy_core.testing import watch
watch.LIMIT = watch.GRACE = 0.2
with watch.watched():
    while True:
        try:
            time.sleep(600)
        except BaseException:
            pass
"""


def test_what_catches_its_interruption_is_given_up() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CATCHING], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "the plugin cannot be interrupted" in done.stderr
    assert 'File "<string>", line 8' in done.stderr


def test_what_nobody_foresaw_is_a_complaint_that_says_where() -> None:
    with (
        pytest.raises(Complaint, match=r"KeyError: 'x' at .*test_watch.py:\d+") as found,
        watched(),
    ):
        json.loads("{}")["x"]
    assert isinstance(found.value.__cause__, KeyError)


def test_what_is_raised_on_purpose_is_handed_on() -> None:
    with pytest.raises(Unsupported), watched():
        raise Unsupported("/x", "no")
