"""Checks, and how they are held: against one plugin, or against many requests and answers."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, reject, settings
from hypothesis import strategies as st
from hypothesis.errors import Flaky, Unsatisfiable

from proxy_core.plugins import PluginError, PluginFault, Plugins
from proxy_core.testing.complaint import Complaint
from proxy_core.testing.subject import Refused, Subject
from proxy_core.testing.watch import Hung, watched

EXAMPLES = 100


class NotTried(Complaint):
    """There is nothing to judge; another check says why."""

    def __init__(self) -> None:
        super().__init__("not tried: the plugin does not load")


@dataclass(frozen=True)
class Candidate:
    """A plugin that is examined."""

    name: str
    plugins: Plugins = field(default_factory=lambda: Plugins({}, ()))
    """It, bound, and nothing else."""
    subjects: Sequence[Subject] = ()
    """Its providers, each with models that differ."""
    modules: Sequence[str] = ()
    """What is imported when it is loaded."""
    fault: PluginError | None = None
    """Why it cannot be used at all."""

    def one_of_each_wire(self) -> Iterable[Subject]:
        """The first subject of each language that the plugin speaks."""
        return {one.wire(one.ask()): one for one in reversed(self.subjects)}.values()


Judge = Callable[..., None]


@dataclass(frozen=True)
class Check:
    """One rule that plugins keep."""

    judge: Judge
    strategies: Mapping[str, st.SearchStrategy[Any]] = field(default_factory=dict)
    """What is drawn at random for each example, beside the subject."""
    cases: Callable[[Candidate], Iterable[object]] | None = None
    """What it judges one after the other, where nothing is drawn."""
    share: int = 1
    """It runs one of so many of the examples: it is slow, or has little to vary."""

    @property
    def name(self) -> str:
        return self.judge.__name__

    @property
    def subject(self) -> str:
        """What the check is about: the name of its module."""
        return self.judge.__module__.rpartition(".")[2]

    @property
    def title(self) -> str:
        """The rule in one line."""
        return self.explanation.partition("\n")[0]

    @property
    def explanation(self) -> str:
        """The rule, what a breach usually means, and how to mend it."""
        return inspect.getdoc(self.judge) or ""

    def hold(self, candidate: Candidate, examples: int = EXAMPLES, seed: int | None = 0) -> None:
        """Raises `Complaint` with the smallest case that shows a breach.

        The same `seed` tries the same examples again; None: others each time.
        """
        try:
            if self.cases is None:
                self._hold_for_all(candidate, max(1, examples // self.share), seed)
            else:
                self._hold_for_each(self.cases(candidate))
        except Hung as hung:
            raise Complaint(str(hung), hung.shown) from None
        except PluginFault as fault:
            raise Complaint(str(fault)) from fault

    def _hold_for_each(self, cases: Iterable[object]) -> None:
        case = None
        for case in cases:
            try:
                with watched():
                    self.judge(case)
            except Refused as refusal:
                raise Complaint(f"the request of this check is refused: {refusal}") from None
        if case is None:
            raise NotTried

    def _hold_for_all(self, candidate: Candidate, examples: int, seed: int | None) -> None:
        if not candidate.subjects:
            raise NotTried
        judge = self.judge
        refusals: list[str] = []

        @settings(
            max_examples=examples,
            derandomize=False,
            database=None,
            deadline=None,
            verbosity=Verbosity.quiet,
            report_multiple_bugs=False,
            phases=(Phase.explicit, Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(st.fixed_dictionaries(dict(self.strategies)), st.data())
        def example(drawn: dict[str, Any], data: st.DataObject) -> None:
            subject = data.draw(st.sampled_from(candidate.subjects))
            try:
                with watched(drawn):
                    judge(subject, **drawn)
            except Refused as refusal:
                refusals.append(str(refusal))
                reject()
            except Complaint as complaint:
                raise complaint.beside(target=subject.target.name) from complaint.__cause__

        if seed is not None:
            example = hypothesis.seed(seed)(example)
        try:
            example()
        except Complaint as complaint:
            # Hypothesis adds how to repeat the example in its own terms: it is shown already.
            complaint.__notes__ = []
            raise
        except Flaky as flaky:
            raise Complaint("the same input comes out differently each time") from flaky
        except Unsatisfiable:
            why = f", for example: {refusals[-1]}" if refusals else ""
            raise Complaint(f"every request of this check is refused{why}") from None


def for_all(share: int = 1, **strategies: st.SearchStrategy[Any]) -> Callable[[Judge], Check]:
    """A check that holds for every subject and whatever is drawn."""
    return lambda judge: Check(judge, strategies, share=share)


def for_each_wire(judge: Judge) -> Check:
    """A check of a subject, for each language that the plugin speaks."""
    return Check(judge, cases=Candidate.one_of_each_wire)


def once(judge: Judge) -> Check:
    """A check of the plugin as a whole."""
    return Check(judge, cases=lambda candidate: (candidate,))
