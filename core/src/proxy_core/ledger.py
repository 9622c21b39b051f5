"""The loss ledger: what a translation could not say as it was asked.

A translation that leaves something out or bends it says so here, by the place in the
client's request and a reason from a closed list. A value never enters the ledger, so it may
be logged, sent in a header and shown to anyone.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class LossKind(StrEnum):
    """What happened to the field."""

    DROPPED = "dropped"  # not sent at all
    CLAMPED = "clamped"  # sent with a smaller or larger value
    RENAMED = "renamed"  # sent under another name
    RESHAPED = "reshaped"  # sent in another form with the same intent
    MERGED = "merged"  # sent as part of something else
    INVENTED = "invented"  # sent although the client did not say it
    DEFERRED = "deferred"  # held back until a later turn


class Reason(StrEnum):
    """Why it happened. Codes are only ever added."""

    ATTRIBUTION = "attribution"
    CACHE_HINT = "cache_hint"
    CITATIONS = "citations"
    CLIENT_METADATA = "client_metadata"
    DECLARED_LIMIT = "declared_limit"
    DEFERRED_TOOL = "deferred_tool"
    DOCUMENT_AS_TEXT = "document_as_text"
    DOCUMENT_UNSUPPORTED = "document_unsupported"
    DUPLICATE = "duplicate"
    EFFORT = "effort"
    EMPTY = "empty"
    EMULATED = "emulated"
    EXPIRED = "expired"
    FOREIGN_REASONING = "foreign_reasoning"
    IMAGE_MOVED = "image_moved"
    IMAGE_UNSUPPORTED = "image_unsupported"
    NAME_CHARSET = "name_charset"
    NO_EQUIVALENT = "no_equivalent"
    NO_TOOLS = "no_tools"
    PLACEHOLDER = "placeholder"
    ROLE_UNSUPPORTED = "role_unsupported"
    SCHEMA_KEYWORD = "schema_keyword"
    SERVER_HISTORY = "server_history"
    SERVER_TOOL = "server_tool"
    SIGNATURE = "signature"
    STRUCTURED_OUTPUT = "structured_output"
    TOOL_ERROR_AS_TEXT = "tool_error_as_text"
    TOOL_ID = "tool_id"
    TOOL_LIMIT = "tool_limit"
    UNKNOWN_BLOCK = "unknown_block"
    UNKNOWN_FIELD = "unknown_field"
    UNSUPPORTED_BY_MODEL = "unsupported_by_model"
    USAGE_ESTIMATED = "usage_estimated"
    USER_LIMIT = "user_limit"


MEANINGFUL: frozenset[Reason] = frozenset(
    {
        Reason.DECLARED_LIMIT,
        Reason.DOCUMENT_UNSUPPORTED,
        Reason.IMAGE_UNSUPPORTED,
        Reason.NO_EQUIVALENT,
        Reason.SERVER_TOOL,
        Reason.STRUCTURED_OUTPUT,
        Reason.TOOL_LIMIT,
        Reason.UNKNOWN_BLOCK,
        Reason.UNKNOWN_FIELD,
        Reason.UNSUPPORTED_BY_MODEL,
    }
)
"""Reasons that can change what the model is asked: `--strict` refuses these."""


class Loss(NamedTuple):
    """One field that did not travel as it was."""

    path: str
    """JSON pointer (RFC 6901) into the client's request, or into the upstream's answer."""
    kind: LossKind
    reason: Reason


class Ledger:
    """The losses of one translation, in the order they were met, each once."""

    __slots__ = ("_losses",)

    def __init__(self) -> None:
        self._losses: dict[Loss, None] = {}

    def note(self, path: str, kind: LossKind, reason: Reason) -> None:
        """Record that the value at `path` was dropped or bent."""
        self._losses[Loss(path, kind, reason)] = None

    def __iter__(self) -> Iterator[Loss]:
        return iter(self._losses)

    def __len__(self) -> int:
        return len(self._losses)

    def meaningful(self) -> list[Loss]:
        """The losses that `--strict` refuses."""
        return [loss for loss in self._losses if loss.reason in MEANINGFUL]

    def header(self) -> str:
        """The value of `x-proxy-losses`: how many, and which reasons."""
        reasons = sorted({loss.reason.value for loss in self._losses})
        return f"{len(self._losses)}; {','.join(reasons)}"
