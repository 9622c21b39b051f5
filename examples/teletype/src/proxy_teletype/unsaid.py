"""What Teletype has no words for: noted in the ledger, never left out in silence."""

from __future__ import annotations

from collections.abc import Container, Mapping

import msgspec
from proxy_core.anthropic.content import is_given
from proxy_core.ledger import Ledger, LossKind, Reason

WHY: Mapping[str, Reason] = {
    "allowed_callers": Reason.ADVISORY,
    "billing_policy": Reason.CLIENT_METADATA,
    "block_binding": Reason.SIGNATURE,
    "cache_control": Reason.CACHE_HINT,
    "citations": Reason.CITATIONS,
    "diagnostics": Reason.CLIENT_METADATA,
    "display": Reason.ADVISORY,
    "eager_input_streaming": Reason.ADVISORY,
    "fallback_credit_token": Reason.CLIENT_METADATA,
    "metadata": Reason.CLIENT_METADATA,
    "safeguards": Reason.CLIENT_METADATA,
    "service_tier": Reason.ADVISORY,
    "user_profile_id": Reason.CLIENT_METADATA,
}
"""Why a field is dropped, where it is not simply without equivalent."""


def drop(ledger: Ledger, path: str, reason: Reason = Reason.NO_EQUIVALENT) -> None:
    """Note that what stands at `path` is not sent."""
    ledger.note(path, LossKind.DROPPED, reason)


def drop_rest(ledger: Ledger, part: msgspec.Struct, said: Container[str], path: str) -> None:
    """Note each field of a part of the request that is given and not among those that are said."""
    for field in msgspec.structs.fields(part):
        value = getattr(part, field.name)
        given = is_given(value) if isinstance(value, msgspec.Raw) else value != field.default
        if given and field.name not in said:
            reason = WHY.get(field.name, Reason.NO_EQUIVALENT)
            drop(ledger, f"{path}/{field.encode_name}", reason)
