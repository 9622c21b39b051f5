"""How long an answer may be."""

from __future__ import annotations

from proxy_core.contract import Target
from proxy_core.ledger import Ledger, LossKind, Reason


def clamped_tokens(asked: int, target: Target, ledger: Ledger, *, declared: bool = True) -> int:
    """As many tokens as the model can say and the user's table lets it say.

    Without `declared`, the server is left to say itself what is too long.
    """
    bounds = (
        (target.facts.max_output_tokens if declared else None, Reason.DECLARED_LIMIT),
        (target.options.max_tokens, Reason.USER_LIMIT),
    )
    allowed = asked
    for most, reason in bounds:
        if most is not None and most < allowed:
            ledger.note("/max_tokens", LossKind.CLAMPED, reason)
            allowed = most
    return allowed
