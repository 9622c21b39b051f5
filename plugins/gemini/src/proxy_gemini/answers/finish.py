"""Why Gemini stopped: finish reasons as Anthropic stop reasons, or as failures.

The list is Google's of November 2026 and is open: a reason that is not known ends a turn that
has content.
"""

from __future__ import annotations

import msgspec

from proxy_core.anthropic.errors import verdict_of_status
from proxy_core.contract import About, ErrorVerdict, Repair
from proxy_gemini.quirks import REPAIR_OF_SIGNATURES

STOP_REASONS = {
    "STOP": "end_turn",
    "MAX_TOKENS": "max_tokens",
    # Gemini 4 would go on in a further request, which costs the whole prompt again.
    "CONTINUATION": "max_tokens",
    **dict.fromkeys(
        (
            "SAFETY",
            "PROHIBITED_CONTENT",
            "BLOCKLIST",
            "SPII",
            "RECITATION",
            "MODEL_ARMOR",
            "ESCALATION",
            "IMAGE_SAFETY",
            "IMAGE_PROHIBITED_CONTENT",
            "IMAGE_RECITATION",
            "IMAGE_OTHER",
            "NO_IMAGE",
        ),
        "refusal",
    ),
}

FAILURES = {
    **dict.fromkeys(
        (
            "MALFORMED_FUNCTION_CALL",
            "UNEXPECTED_TOOL_CALL",
            "MALFORMED_RESPONSE",
            "TOO_MANY_TOOL_CALLS",
        ),
        (502, About.TOOL_CALL),
    ),
    "MISSING_THOUGHT_SIGNATURE": (400, About.REQUEST),
}
"""Reasons that are no end of an answer, whatever came before them: what a broken call left
behind must not be run. As the status that says the same, and what it is about."""

REFUSALS = frozenset({"MISSING_THOUGHT_SIGNATURE"})
"""Reasons that blame the request. Google does not say what they cost, so that only an answer of
which nothing was written is taken for one that is not billed."""

IF_EMPTY = {"PUP_LIMITED_DISABLED": (403, About.PERMISSION)}
"""Reasons that end an answer, but are a failure without one; others are the upstream's fault."""

NOT_BLOCKED = frozenset({"", "BLOCKED_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED"})
"""Block reasons of a prompt that was not blocked."""


def stop_reason(finish_reason: str) -> str:
    return STOP_REASONS.get(finish_reason, "end_turn")


def failure_verdict(finish_reason: str, provider: str, *, wrote: bool) -> ErrorVerdict | None:
    """The verdict on a reason that reports a failure; None for a true end.

    `wrote` says that the model had written something by then.
    """
    meaning = FAILURES.get(finish_reason)
    if meaning is None:
        return None
    billed = wrote or finish_reason not in REFUSALS
    verdict = _verdict(finish_reason, meaning, provider)
    return msgspec.structs.replace(verdict, may_be_billed=billed)


def empty_verdict(finish_reason: str, provider: str) -> ErrorVerdict:
    """The verdict on an answer without content that ended for no known reason."""
    meaning = IF_EMPTY.get(finish_reason, (502, About.UPSTREAM))
    return _verdict(finish_reason, meaning, provider)


def _verdict(reason: str, meaning: tuple[int, About], provider: str) -> ErrorVerdict:
    status, about = meaning
    verdict = verdict_of_status(status, f"{provider} gave up its answer: finishReason {reason}")
    return msgspec.structs.replace(
        verdict, about=about, may_be_billed=True, repair=_repair(reason, about)
    )


def _repair(reason: str, about: About) -> Repair | None:
    if about is About.TOOL_CALL:
        return Repair()
    return REPAIR_OF_SIGNATURES if reason in REFUSALS else None
