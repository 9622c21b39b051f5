"""Reading a server's errors: what the client is told, and whether trying again can help.

Status and code decide, the text only where they say nothing: a rate limit that speaks of
tokens is no overflow, and a schema error that speaks of a filter is no refusal.
"""

from __future__ import annotations

import re

import msgspec

from proxy_core.anthropic.errors import is_no_api, refused_key, retry_after, verdict_of_status
from proxy_core.contract import (
    About,
    ErrorVerdict,
    FailureKind,
    Repair,
    Target,
    UpstreamFailure,
)
from proxy_core.dialects.openai_chat.failures import overflow, repairs
from proxy_core.dialects.openai_chat.failures.codes import MEANINGS, SLIPS, STATUS_OF_TYPE
from proxy_core.dialects.openai_chat.failures.parameters import parameter_in, refused_parameter
from proxy_core.dialects.openai_chat.failures.report import ErrorReport, read_error
from proxy_core.dialects.openai_chat.quirks import Quirks

_QUOTA_TEXT = re.compile(
    r"exceeded your current quota|quota exceeded|insufficient (?:balance|credits)|billing",
    re.IGNORECASE,
)
_WAIT_TEXT = re.compile(
    r"try again (?:in|after) (?:(\d{1,3})h)?(?:(\d{1,3})m(?!s))?"
    r"(?:(\d{1,6}(?:\.\d{1,12})?) ?(ms|s))?",
    re.IGNORECASE,
)
_MAY_BE_OVERFLOW = frozenset({400, 413, 422})


def classify_error(
    failure: UpstreamFailure, target: Target, quirks: Quirks, *, mends: bool = True
) -> ErrorVerdict | None:
    """Read a failed answer; None leaves faults of the transport, and what is no API, to core.

    `mends`: the request was made under `quirks`, so that others may help it. Servers tell errors
    in these shapes to requests in other languages too.
    """
    if failure.kind not in (FailureKind.STATUS, FailureKind.STREAM) or is_no_api(failure):
        return None
    return read_failure(failure, target, quirks, mends=mends)


def read_failure(
    failure: UpstreamFailure, target: Target, quirks: Quirks, *, mends: bool = True
) -> ErrorVerdict:
    """The verdict on a status, or on an error that a server told inside an answer."""
    report = read_error(failure.body)
    status, about = _meaning(failure, report, quirks)
    if about in (About.CONTEXT_OVERFLOW, About.MAX_TOKENS):
        return _too_long(overflow.read_overflow(report, target.facts.context_window))
    if about is About.RATE_LIMIT and (beyond := overflow.beyond_rate(report.message)):
        return _too_long(beyond)
    verdict = verdict_of_status(status, _message(report, status, target))
    return msgspec.structs.replace(
        verdict,
        about=about or verdict.about,
        retry_after=_wait(failure, report),
        parameter=refused_parameter(report) if about is About.PARAMETER else None,
        repair=_repair(failure, report, quirks, mends),
    )


def _repair(
    failure: UpstreamFailure, report: ErrorReport, quirks: Quirks, mends: bool
) -> Repair | None:
    """Where the model slipped, the same again; else the words that the server may take."""
    if failure.status in quirks.slip_statuses or not SLIPS.isdisjoint(report.codes):
        return Repair()
    return repairs.repair_for(report, quirks) if mends else None


def _meaning(
    failure: UpstreamFailure, report: ErrorReport, quirks: Quirks
) -> tuple[int, About | None]:
    """The status that fits the error, and what it is about if more is known than the status."""
    status = report.status if (failure.status or 0) < 400 else failure.status
    known = next((MEANINGS[code] for code in report.codes if code in MEANINGS), None)
    if status in (401, 403, 529):
        # Here a code can say no more than that it is about money.
        return status, About.QUOTA if known == (402, About.QUOTA) else None
    if known is not None:
        return known
    if _is_overflow(failure, report, status, quirks):
        return 400, About.CONTEXT_OVERFLOW
    if status is None:
        types = (STATUS_OF_TYPE[code] for code in report.codes if code in STATUS_OF_TYPE)
        status = next(types, 502)
    return _by_text(status, report.message)


def _is_overflow(
    failure: UpstreamFailure, report: ErrorReport, status: int | None, quirks: Quirks
) -> bool:
    if status is not None and status not in _MAY_BE_OVERFLOW:
        return False
    if not failure.body.strip():
        return quirks.bodyless_overflow and status in (400, 413)
    by_code = any(code in overflow.CODES for code in report.codes)
    return by_code or overflow.is_overflow_text(report.message)


def _by_text(status: int, message: str) -> tuple[int, About | None]:
    if status == 429 and _QUOTA_TEXT.search(message):
        return 402, About.QUOTA
    if status in (400, 422) and parameter_in(message):
        return 400, About.PARAMETER
    return status, About.RATE_LIMIT if status == 429 else None


def _too_long(found: overflow.Overflow) -> ErrorVerdict:
    verdict = verdict_of_status(400, found.message)
    return msgspec.structs.replace(verdict, about=found.about, sum_above=found.sum_above)


def _message(report: ErrorReport, status: int, target: Target) -> str:
    if status == 401:
        return refused_key(target.provider)
    words = report.message or f"status {status} without an explanation"
    return f"{target.provider.name}: {words}"


def _wait(failure: UpstreamFailure, report: ErrorReport) -> float | None:
    """Seconds to wait: the header's, else those in a text like `try again in 1m7.66s`."""
    told = retry_after(failure)
    found = _WAIT_TEXT.search(report.message)
    if told is not None or found is None or not any(found.groups()):
        return told
    hours, minutes, seconds, unit = found.groups()
    scale = 0.001 if unit and unit.lower() == "ms" else 1.0
    return float(hours or 0) * 3600 + float(minutes or 0) * 60 + float(seconds or 0) * scale
