"""How checks are held: the same examples for the same seed, each language, no defect unsaid."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

import proxy_openai
from proxy_core.plugins import PluginFault
from proxy_core.testing import growth, watch
from proxy_core.testing.candidates import of_object
from proxy_core.testing.checks import CHECKS
from proxy_core.testing.complaint import Complaint
from proxy_core.testing.exam import Candidate, Check, for_all, for_each_wire
from proxy_core.testing.subject import Refused, Subject
from proxy_core.testing.wires import Wire
from proxy_openai.testing import WIRES
from tests.support.mutants import Acme
from tests.support.mutants.answers import hanging, reading

ACME = of_object(Acme())
BY_NAME = {check.name: check for check in CHECKS}
NOT_LOADED = Candidate("absent")


def tried(seed: int | None) -> list[float]:
    numbers: list[float] = []

    @for_all(number=st.floats(0, 1))
    def check(_subject: Subject, number: float) -> None:
        numbers.append(number)

    check.hold(ACME, 30, seed)
    return numbers


def test_the_same_seed_tries_the_same_examples() -> None:
    assert tried(7) == tried(7)
    assert tried(7) != tried(8)
    assert tried(None) != tried(None)


def test_a_check_of_wires_judges_each_language_of_a_plugin() -> None:
    judged: list[Wire] = []

    @for_each_wire
    def check(subject: Subject) -> None:
        judged.append(subject.wire(subject.ask()))

    candidate = of_object(proxy_openai.plugin, WIRES)
    check.hold(candidate)
    spoken = {one.wire(one.ask()) for one in candidate.subjects}
    assert len(judged) == len(spoken) == 2
    assert set(judged) == spoken


def refusing(*_: Any, **__: Any) -> None:
    raise Refused("too long")


def broken(*_: Any, **__: Any) -> None:
    raise PluginFault("acme", "feed", "KeyError", None)


@pytest.mark.parametrize("kind", [for_all(), for_each_wire], ids=["for_all", "for_each_wire"])
@pytest.mark.parametrize(
    ("judge", "candidate", "words"),
    [
        (refusing, ACME, "too long"),
        (broken, ACME, "failed in feed"),
        (refusing, NOT_LOADED, "does not load"),
    ],
    ids=["refusal", "defect", "not loaded"],
)
def test_what_keeps_a_check_from_judging_is_a_complaint(
    kind: Any, judge: Any, candidate: Candidate, words: str
) -> None:
    check: Check = kind(judge)
    with pytest.raises(Complaint, match=words):
        check.hold(candidate, 5)


def test_the_collector_is_no_part_of_what_is_measured() -> None:
    """It looks through all that the process holds, during long work and not during short."""
    working = False
    collected: list[str] = []

    def allocate(length: int) -> None:
        nonlocal working
        working = True
        assert len([[number] for number in range(length * 1000)]) == length * 1000
        working = False

    def note(phase: str, _info: dict[str, int]) -> None:
        if working:
            collected.append(phase)

    gc.callbacks.append(note)
    try:
        growth.require_linear("work", lambda length: lambda: allocate(length), 10)
    finally:
        gc.callbacks.remove(note)
    assert not collected
    assert gc.isenabled()


@pytest.mark.parametrize(
    ("steps", "grows"),
    [(lambda length: length * 200, False), (lambda length: length * length, True)],
    ids=["line", "square"],
)
def test_growth_is_told_from_a_line(steps: Callable[[int], int], grows: bool) -> None:
    def measure() -> None:
        growth.require_linear("work", lambda length: lambda: sum(range(steps(length))), 400)

    if grows:
        with pytest.raises(Complaint, match=r"work of 8 times the length takes .. times as long"):
            measure()
    else:
        measure()


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL, signal.default_int_handler])
def test_a_plugin_that_hangs_is_interrupted_whoever_handles_interrupts(
    handler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell has its background jobs ignore them."""
    monkeypatch.setattr(watch, "LIMIT", 0.3)
    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(Complaint, match="did not come back"):
            BY_NAME["any_stream_is_an_answer_or_an_error"].hold(of_object(reading(hanging)))
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)
