"""The conformance checks: what every plugin keeps, whichever language it speaks.

card            who the plugin speaks for, and how it is loaded
requests        what is sent, and what is not
settings        what the client chooses makes a difference
wording         what is said is heard
conversations   who said what, in which order, and which call got which result
answers         what the client is told of what the model said
streams         the same in pieces, cut and broken
errors          failures and what they mean
safety          hostile answers
purity          hooks look at their arguments, and at nothing else
"""

from proxy_core.testing.checks import (
    answers,
    card,
    conversations,
    errors,
    purity,
    requests,
    safety,
    settings,
    streams,
    wording,
)
from proxy_core.testing.exam import Check

_MODULES = (
    *(card, requests, settings, wording, conversations, answers, streams, errors, safety),
    purity,
)

CHECKS: tuple[Check, ...] = tuple(
    check for module in _MODULES for check in vars(module).values() if isinstance(check, Check)
)
"""All checks, in the order in which they are best read."""

__all__ = ["CHECKS"]
