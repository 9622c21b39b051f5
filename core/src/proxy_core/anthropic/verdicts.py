"""What an answer is that cannot be told to its end."""

from __future__ import annotations

from proxy_core.anthropic.errors import safe_text
from proxy_core.contract import About, ErrorVerdict

CUT_SHORT = ErrorVerdict(
    status=502,
    type="api_error",
    message="The upstream's answer ended before it was complete.",
    retryable=True,
    may_be_billed=True,
)

EMPTY = ErrorVerdict(
    status=502,
    type="api_error",
    message="The upstream's answer is empty.",
    retryable=True,
    may_be_billed=True,
)


def broken_answer(why: str) -> ErrorVerdict:
    """The verdict on an answer that no reading allows."""
    return ErrorVerdict(
        status=502,
        type="api_error",
        message=f"The upstream's answer cannot be read: {safe_text(why)}.",
        about=About.UPSTREAM,
        retryable=True,
        may_be_billed=True,
    )
