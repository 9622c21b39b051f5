"""Reading Google's errors: what the client is told, and whether trying again can help.

A google.rpc.Status in `error`, at times inside an array of one. Status and reason decide; the
text only where Google tells several things apart in no other way.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from proxy_core.anthropic.errors import (
    is_no_api,
    refused_key,
    retry_after,
    safe_text,
    verdict_of_status,
)
from proxy_core.contract import About, ErrorVerdict, FailureKind, Target, UpstreamFailure
from proxy_core.dialects.openai_chat.failures import overflow
from proxy_core.dialects.openai_chat.failures.report import ErrorReport
from proxy_gemini.quirks import REPAIR_OF_SIGNATURES

_STATUS_OF_NAME = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 502,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""google.rpc.Code, for errors inside a stream, which may come without a number."""

_BAD_KEY = re.compile(r"API[ _]key (?:not valid|expired|not found)", re.IGNORECASE)
_PAYLOAD = re.compile(r"payload size exceeds", re.IGNORECASE)
_UNKNOWN_FIELD = re.compile(r'Unknown name "([^"]{1,100})"')
_BAD_SIGNATURE = re.compile(
    r"(?:corrupted|invalid) thought signature|thought signature is not valid|"
    r"missing a thought_signature",
    re.IGNORECASE,
)
"""gemini-cli 13467, Antigravity-Manager 938 and 3342, 9router 301."""
_NO_QUOTA = re.compile(r"\blimit: 0\b|per ?day", re.IGNORECASE)
_SECONDS = r"(?:(\d{1,3})h)?(?:(\d{1,4})m(?!s))?(?:(\d{1,7}(?:\.\d{1,9})?)(ms|s))?"
_DELAY = re.compile(_SECONDS)
_DELAY_IN_TEXT = re.compile(rf"retry in {_SECONDS}", re.IGNORECASE)
_WORTH_WAITING = 300.0
"""Seconds; a quota that is back later than this is used up, not throttled."""


class Report(Struct, frozen=True, kw_only=True):
    """The parts of an error body that are read, each safe to show."""

    message: str = ""
    status: int | None = None
    name: str = ""
    reasons: tuple[str, ...] = ()
    quotas: tuple[str, ...] = ()
    delay: str = ""


def classify_error(failure: UpstreamFailure, target: Target) -> ErrorVerdict | None:
    """Read a failed answer; None leaves faults of the transport, and what is no API, to core."""
    if failure.kind not in (FailureKind.STATUS, FailureKind.STREAM) or is_no_api(failure):
        return None
    return read_failure(failure, target)


def read_failure(failure: UpstreamFailure, target: Target) -> ErrorVerdict:
    """The verdict on a status, or on an error that Gemini told inside an answer."""
    report = read_report(failure.body)
    status = failure.status if (failure.status or 0) >= 400 else report.status
    status = status or _STATUS_OF_NAME.get(report.name, 502)
    if status == 400:
        return _bad_request(report, target)
    message = _message(report, status, target)
    if status == 429:
        return _exhausted(failure, report, message)
    verdict = verdict_of_status(status, message)
    return msgspec.structs.replace(verdict, retry_after=_wait(failure, report))


def _bad_request(report: Report, target: Target) -> ErrorVerdict:
    """Google says 400 of many things that Anthropic tells apart."""
    if "API_KEY_INVALID" in report.reasons or _BAD_KEY.search(report.message):
        return verdict_of_status(401, _message(report, 401, target))
    if overflow.is_overflow_text(report.message):
        read = ErrorReport(message=report.message)
        found = overflow.read_overflow(read, target.facts.context_window)
        return msgspec.structs.replace(verdict_of_status(400, found.message), about=found.about)
    message = _message(report, 400, target)
    if _PAYLOAD.search(report.message):
        return verdict_of_status(413, message)
    if report.name == "FAILED_PRECONDITION":
        return verdict_of_status(403, message)  # a region or an account without billing
    verdict = verdict_of_status(400, message)
    if _BAD_SIGNATURE.search(report.message):
        return msgspec.structs.replace(verdict, repair=REPAIR_OF_SIGNATURES)
    unknown = _UNKNOWN_FIELD.search(report.message)
    if unknown is None:
        return verdict
    return msgspec.structs.replace(verdict, about=About.PARAMETER, parameter=unknown[1])


def _exhausted(failure: UpstreamFailure, report: Report, message: str) -> ErrorVerdict:
    """A throttle, which passes, or a quota, which the day or the account has to end."""
    wait = _wait(failure, report)
    used_up = (
        any("perday" in quota.lower() for quota in report.quotas)
        or (not report.quotas and _NO_QUOTA.search(report.message) is not None)
        or "limit: 0" in report.message
        or (wait is not None and wait > _WORTH_WAITING)
    )
    return msgspec.structs.replace(
        verdict_of_status(429, message),
        about=About.QUOTA if used_up else About.RATE_LIMIT,
        retryable=not used_up,
        retry_after=wait,
    )


def _message(report: Report, status: int, target: Target) -> str:
    if status == 401:
        return refused_key(target.provider)
    words = report.message or f"status {status} without an explanation"
    return f"{target.provider.name}: {words}"


def _wait(failure: UpstreamFailure, report: Report) -> float | None:
    """Seconds to wait: the header's, else RetryInfo's, else those in the text."""
    told = retry_after(failure)
    if told is not None:
        return told
    found = _DELAY_IN_TEXT.search(report.message)
    if report.delay:
        found = _DELAY.fullmatch(report.delay) or found
    if found is None or not any(found.groups()):
        return None
    hours, minutes, seconds, unit = found.groups()
    scale = 0.001 if unit and unit.lower() == "ms" else 1.0
    return float(hours or 0) * 3600 + float(minutes or 0) * 60 + float(seconds or 0) * scale


# -- the body ------------------------------------------------------------------------------


def read_report(body: bytes) -> Report:
    """Read an error body. Never raises: what cannot be understood is shown as text."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return Report(message=safe_text(body.decode("utf-8", "replace")))
    if isinstance(data, list) and data:
        data = data[0]
    error = data.get("error") if isinstance(data, dict) else None
    if not isinstance(error, dict):
        return Report(message=safe_text(error) if isinstance(error, str) else "")
    code = error.get("code")
    details = [item for item in _list(error.get("details")) if isinstance(item, dict)]
    violations = [item for detail in details for item in _list(detail.get("violations"))]
    return Report(
        message=safe_text(_text(error.get("message"))),
        status=code if type(code) is int and 400 <= code < 600 else None,
        name=_text(error.get("status")),
        reasons=tuple(_texts(details, "reason")),
        quotas=tuple(_texts(violations, "quotaId")),
        delay=next(_texts(details, "retryDelay"), ""),
    )


def _texts(holders: list[Any], name: str) -> Iterator[str]:
    for holder in holders:
        text = _text(holder.get(name)) if isinstance(holder, dict) else ""
        if text:
            yield text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
