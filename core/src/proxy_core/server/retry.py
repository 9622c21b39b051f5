"""Asking the same target again: only where nothing can be billed twice, and not at once.

A request is repeated when the upstream refused it or never saw it. One that was sent and then
lost may have been worked on, so it is left to the client, who knows what a second one costs.
What the upstream refused for its words may be said in others (`Repair`), at once but seldom.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from proxy_core.assembly import adds_to
from proxy_core.contract import ErrorVerdict, FailureKind, Repair, UpstreamFailure

LONGEST_WAIT = 10.0
"""Seconds; a client that is told to wait longer does so itself, and shows it."""
_FIRST_WAIT = 0.5
_LONGEST_BACKOFF = 8.0


def repair_of(
    verdict: ErrorVerdict, failure: UpstreamFailure | None, made: Sequence[Repair]
) -> Repair | None:
    """Other words in which the request may be made after this failure; None if there are none.

    `made` are the repairs that were tried before, in order.
    They are another request, not a repeat of the one that was refused: no count of repeats
    speaks against them.
    """
    repair = verdict.repair
    if repair is None or not repair.quirks or verdict.may_be_billed or not adds_to(repair, made):
        return None
    return None if failure is not None and _may_have_worked(failure) else repair


def seconds_until_next(
    verdict: ErrorVerdict, failure: UpstreamFailure | None, repeats: int
) -> float | None:
    """How long to wait before asking again; None where the request is not to be repeated.

    `failure` is what the verdict was made of, if it was the transport's; `repeats` counts the
    repeats so far.
    """
    if verdict.repair is not None and not verdict.repair.quirks and not repeats:
        return 0.0
    if not verdict.retryable or verdict.may_be_billed:
        return None
    if failure is not None and _may_have_worked(failure):
        return None
    if verdict.retry_after is not None:
        if not 0 <= verdict.retry_after <= LONGEST_WAIT:
            return None
        return verdict.retry_after + random.uniform(0, _FIRST_WAIT)  # noqa: S311 - no secret
    backoff = min(_FIRST_WAIT * 2**repeats, _LONGEST_BACKOFF)
    return random.uniform(backoff / 2, backoff)  # noqa: S311 - no secret


def _may_have_worked(failure: UpstreamFailure) -> bool:
    if failure.kind is FailureKind.RESET:
        return not failure.unread
    return failure.kind in (FailureKind.TIMEOUT, FailureKind.PROTOCOL)
