"""Failures, and what they mean."""

from __future__ import annotations

import math

from hypothesis import strategies as st

from proxy_core.anthropic.errors import STATUS_OF_TYPE, TYPE_OF_STATUS, default_verdict
from proxy_core.contract import ErrorVerdict, FailureKind, UpstreamFailure
from proxy_core.testing.complaint import require, require_same
from proxy_core.testing.exam import for_all
from proxy_core.testing.strategies.hostile import hostile_bytes
from proxy_core.testing.subject import Subject

_TYPES = frozenset({*STATUS_OF_TYPE, *TYPE_OF_STATUS.values()})
_KEY = "sk-canary-7f3a9c51e2b84d06"


def verdict_on(subject: Subject, failure: UpstreamFailure) -> ErrorVerdict:
    """What the client is told: by the plugin, else by core."""
    return subject.classify(failure) or default_verdict(failure, subject.target.provider)


def refusal(subject: Subject, status: int, message: str) -> UpstreamFailure:
    """An error as the vendor words it."""
    body = subject.wire(subject.ask()).error(status, message)
    return UpstreamFailure(kind=FailureKind.STATUS, status=status, body=body)


_WAITS = ("", "5", "-5", "nan", "inf", "1e400", "soon", "9" * 400, "Fri, 31 Nov 2026 25:00:00 GMT")


@for_all(status=st.integers(100, 599), body=hostile_bytes(), wait=st.sampled_from(_WAITS))
def every_status_means_something(subject: Subject, status: int, body: bytes, wait: str) -> None:
    """Each status from 100 to 599, with whatever body, has a verdict that the client knows.

    A breach usually means a table of statuses without a default, or a body that was taken for
    JSON of the right form. None leaves the failure to core's own table.
    """
    headers = {"retry-after": wait}
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=status, body=body, headers=headers)
    verdict = verdict_on(subject, failure)
    require(verdict.type in _TYPES, f"{verdict.type!r} is no error type of the Messages API",
            status=status, body=body)  # fmt: skip
    require(verdict.message, "the client is told nothing", status=status, body=body)
    told = verdict.retry_after
    require(told is None or 0 <= told < math.inf, f"the client is to wait {told} seconds",
            status=status, header=wait)  # fmt: skip


@for_all(
    share=2,
    kind=st.sampled_from([kind for kind in FailureKind if kind is not FailureKind.STATUS]),
    body=hostile_bytes(),
)
def faults_of_the_transport_mean_something(
    subject: Subject, kind: FailureKind, body: bytes
) -> None:
    """A failure without a status has a verdict too: no connection, a reset, a timeout, an error
    inside a stream.

    A breach usually means that `failure.status` is compared where it is None.
    """
    verdict = verdict_on(subject, UpstreamFailure(kind=kind, body=body, detail="no connection"))
    require(verdict.status >= 400, f"status {verdict.status} is no error", kind=kind)
    require(verdict.type in _TYPES, f"{verdict.type!r} is no error type", kind=kind, body=body)


_MEANINGS = {401: "authentication_error", 429: "rate_limit_error"}


@for_all(share=4, status=st.sampled_from([*_MEANINGS, 500, 502, 503, 529]))
def clients_can_act_on_a_failure(subject: Subject, status: int) -> None:
    """A wrong key, a limit and an overload are told as what they are; what passes may be
    asked again.

    A breach usually means that all failures get one type. Clients wait on `rate_limit_error`,
    ask for a key on `authentication_error`, and repeat only what is marked `retryable`.
    """
    verdict = verdict_on(subject, refusal(subject, status, "not now"))
    wanted = _MEANINGS.get(status)
    if wanted:
        require_same(verdict.type, wanted, f"{status} is told as another error")
        require_same(verdict.status, status, f"{status} is told under another status")
    else:
        require(verdict.status >= 500, f"{status} is told as {verdict.status}, the client's fault")
    require_same(verdict.retryable, status != 401, f"whether {status} may be asked again")


_WORDS = "the frobnicator of this account is out of order"


@for_all(share=10, status=st.sampled_from([400, 403, 404, 500]))
def the_vendors_words_reach_the_client(subject: Subject, status: int) -> None:
    """The sentence with which the vendor refuses is shown.

    A breach usually means that the message is looked for in another place of the body than
    where the vendor puts it.
    """
    verdict = verdict_on(subject, refusal(subject, status, _WORDS))
    told = verdict.message.encode() + verdict.body
    require(_WORDS.encode() in told, "the vendor's words are lost", told=verdict.message)


@for_all(share=10, status=st.sampled_from([400, 401, 500]))
def keys_in_errors_are_hidden(subject: Subject, status: int) -> None:
    """A vendor that quotes the key in its error does not bring it to the client's screen.

    A breach means that the vendor's words are shown as they are. Send them through
    `proxy_core.anthropic.errors.safe_text`.
    """
    message = f"Incorrect API key provided: {_KEY}."
    verdict = verdict_on(subject, refusal(subject, status, message))
    require(_KEY.encode() not in verdict.message.encode() + verdict.body, "the key is shown",
            told=verdict.message)  # fmt: skip


@for_all(share=10, seconds=st.integers(1, 3600))
def the_vendors_wait_is_kept(subject: Subject, seconds: int) -> None:
    """How long the vendor asks to be left alone is told.

    A breach means that `retry-after` is not read: `proxy_core.anthropic.errors.retry_after`
    reads it.
    """
    body = subject.wire(subject.ask()).error(429, "slow down")
    headers = {"retry-after": str(seconds)}
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=429, body=body, headers=headers)
    require_same(verdict_on(subject, failure).retry_after, seconds, "the wait is another one")
