"""Stop sequences watched for here, for servers that take none or fewer than asked for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple


def stops_taken(sequences: Sequence[str], most: int | None, longest: int | None) -> frozenset[int]:
    """The indexes of those that a server takes itself: the first `most` of all that say something
    in no more than `longest` bytes. None sets no bound."""
    fitting = (
        index
        for index, sequence in enumerate(sequences)
        if sequence and (longest is None or len(sequence.encode()) <= longest)
    )
    return frozenset(islice(fitting, most))


class Heard(NamedTuple):
    """What may be told of the text so far."""

    text: str
    stopped_by: str | None = None
    """The sequence that ends the text, if one was met."""


class StopWatch:
    """Looks for stop sequences in text that arrives in fragments.

    The first sequence to be complete counts, and of those that end at the same place the longest:
    so the text may be cut anywhere, and a whole one ends as a streamed one does.
    """

    def __init__(self, sequences: Sequence[str]) -> None:
        self._sequences = [sequence for sequence in sequences if sequence]
        self._held = ""

    def feed(self, text: str) -> Heard:
        """The text that may be told now; what may begin a sequence waits."""
        text = _with_pairs_joined(self._held + text)
        found = [
            (start + len(mark), start, mark)
            for mark in self._sequences
            if (start := text.find(mark)) >= 0
        ]
        if found:
            _, start, mark = min(found)
            self._held = ""
            return Heard(text[:start], mark)
        keep = self._undecided(text)
        cut = len(text) - keep
        self._held = text[cut:]
        return Heard(text[:cut])

    def flush(self) -> str:
        """What was held back and turned out to be text."""
        held, self._held = self._held, ""
        return held

    def _undecided(self, text: str) -> int:
        """How many characters at the end may yet become a sequence."""
        half = 1 if "\ud800" <= text[-1:] <= "\udbff" else 0
        whole = text[: len(text) - half]
        return half + max((held_back(whole, mark) for mark in self._sequences), default=0)


def held_back(text: str, mark: str) -> int:
    """How many characters at the end of `text` may be the beginning of `mark`."""
    longest = min(len(text), len(mark) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(mark[:size])), 0)


def _with_pairs_joined(text: str) -> str:
    """Halves of a character that came apart as the one character that a sequence has."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
    return text
