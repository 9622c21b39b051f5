"""What answers teach about estimates: each tells the true size of a prompt that was estimated.

The memory is this process's own and ends with it. Several workers learn each for itself, and
each is right after some twenty answers.
"""

from __future__ import annotations

import math
from collections import OrderedDict, deque

from proxy_core.anthropic.tokens import Estimate
from proxy_core.contract import TokenCount, Usage

ERROR_PERCENT = 30
"""Of 200 mixed requests 95 % are estimated at least as well (`nox -s bench -- count_tokens`)."""

FEWEST = 5
"""Answers before they are believed."""
_REMEMBERED = 32
"""Answers remembered of a target: the latest ones, as conversations change."""
_TARGETS = 256
"""Targets remembered; the one that was silent for longest is forgotten."""
_SMALLEST = 200
"""Tokens of a prompt that teaches something; in less, frames weigh more than words."""
_BAND = (0.6, 2.5)
"""Ratios of the truth to an estimate that tokenizers explain. An upstream that tells another is
wrong or counts something else."""
_QUANTILE = 0.95
"""Of the remembered ratios: a median would leave half of the counts too low, and the highest
would believe a single mad answer."""


class Calibration:
    """Ratios of true to estimated prompts, by target."""

    def __init__(self) -> None:
        self._ratios: OrderedDict[str, deque[float]] = OrderedDict()

    def learn(self, target: str, estimate: Estimate, usage: Usage) -> None:
        """A whole answer by `target` told the usage of a prompt that was estimated.

        Prompts with images teach nothing: what an image costs is another question.
        """
        if estimate.other or estimate.text < _SMALLEST:
            return
        ratio = _prompt(usage) / estimate.text
        if _BAND[0] <= ratio <= _BAND[1]:
            known = self._ratios.setdefault(target, deque(maxlen=_REMEMBERED))
            known.append(ratio)
            self._ratios.move_to_end(target)
            if len(self._ratios) > _TARGETS:
                self._ratios.popitem(last=False)

    def count(self, target: str, estimate: Estimate) -> TokenCount:
        """The tokens of a prompt for `target`, and how they were found."""
        ratios = sorted(self._ratios.get(target, ()))
        if len(ratios) < FEWEST:
            return TokenCount(estimate.tokens, f"estimate; within {ERROR_PERCENT}%")
        factor = _high(ratios)
        error = _high(sorted(abs(factor / ratio - 1) for ratio in ratios))
        method = f"calibrated; n={len(ratios)}; within {max(1, math.ceil(error * 100))}%"
        return TokenCount(estimate.times(factor), method)


def _prompt(usage: Usage) -> int:
    return usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens


def _high(ordered: list[float]) -> float:
    return ordered[math.ceil(len(ordered) * _QUANTILE) - 1]
