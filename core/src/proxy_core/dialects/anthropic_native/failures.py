"""Reading errors: in Anthropic's own shape they are passed on, in OpenAI's they are told anew.

Gateways put this API before servers that speak another, and let their errors through.
"""

from __future__ import annotations

import re

import msgspec
from msgspec import Struct

from proxy_core.anthropic.errors import (
    STATUS_OF_TYPE,
    holds_secret,
    retry_after,
    safe_text,
    verdict_of_status,
)
from proxy_core.contract import About, ErrorVerdict, FailureKind, Target, UpstreamFailure
from proxy_core.dialects import openai_chat
from proxy_core.dialects.openai_chat.failures import verdict as chat
from proxy_core.dialects.openai_chat.failures.overflow import is_overflow_text


class _Error(Struct):
    type: str
    message: str


class _Body(Struct):
    type: str
    error: _Error


_decoder = msgspec.json.Decoder(_Body)
_TYPE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
"""What may stand in a log and a header as the type of an error."""


def classify_error(failure: UpstreamFailure, target: Target) -> ErrorVerdict | None:
    """The verdict on an error in a shape that is known; None for any other, and the transport's."""
    if failure.kind not in (FailureKind.STATUS, FailureKind.STREAM):
        return None
    error = _read(failure.body)
    if error is None or _is_overflow_in_other_words(error):
        return _of_chat(failure, target)
    status = failure.status if failure.kind is FailureKind.STATUS else None
    if status is None or not 400 <= status <= 599:
        status = STATUS_OF_TYPE.get(error.type, 500)
    verdict = verdict_of_status(status, safe_text(error.message))
    about = About.CONTEXT_OVERFLOW if _is_overflow(error) else verdict.about
    told = not holds_secret(failure.body.decode("utf-8", "replace"))
    return msgspec.structs.replace(
        verdict,
        status=status,
        type=error.type,
        about=about,
        retry_after=retry_after(failure),
        body=failure.body if told else b"",
        headers=tuple(failure.headers.items()),
    )


def _read(body: bytes) -> _Error | None:
    try:
        body.decode()
        read = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return read.error if read.type == "error" and _TYPE.fullmatch(read.error.type) else None


def _is_overflow(error: _Error) -> bool:
    return error.type == "invalid_request_error" and "prompt is too long" in error.message


def _is_overflow_in_other_words(error: _Error) -> bool:
    """Vendors keep their own words in Anthropic's shape; clients compact on Anthropic's alone."""
    return is_overflow_text(error.message) and not _is_overflow(error)


def _of_chat(failure: UpstreamFailure, target: Target) -> ErrorVerdict | None:
    if not failure.body.lstrip().startswith((b"{", b"[")):
        return None
    return chat.classify_error(failure, target, openai_chat.Quirks(), mends=False)
