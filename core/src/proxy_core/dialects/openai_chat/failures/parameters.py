"""Which parameter a server refuses, by what it says."""

from __future__ import annotations

import re

from proxy_core.dialects.openai_chat.failures.report import ErrorReport

_TEXT = re.compile(
    r"(?:unsupported parameter|unsupported value|unknown parameter|"
    r"unrecognized request argument supplied):? ['\"`]?([\w.\[\]]+)|"
    r"property ['\"`]([\w.\[\]]+)['\"`] is (?:unsupported|not supported)|"  # Groq
    r"\bbody\.([\w.]+): extra inputs are not permitted",  # servers with FastAPI
    re.IGNORECASE,
)


def refused_parameter(report: ErrorReport) -> str | None:
    """The parameter that the error is about, by its own field or by its text."""
    return report.param or parameter_in(report.message)


def parameter_in(message: str) -> str | None:
    """The parameter that a text calls unknown or unsupported."""
    found = _TEXT.search(message)
    return next(name for name in found.groups() if name) if found else None
