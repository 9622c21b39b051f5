"""The loss ledger: what a translation could not say as it was asked.

A translation that leaves something out or bends it says so here, by the place in the
client's request and a reason from a closed list. A value never enters the ledger, so it may
be logged, sent in a header and shown to anyone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

    ADVISORY = "advisory"
    ATTRIBUTION = "attribution"
    CACHE_HINT = "cache_hint"
    CITATIONS = "citations"
    CITATIONS_UNSUPPORTED = "citations_unsupported"
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
    HIDDEN_REASONING = "hidden_reasoning"
    HOSTED_TOOL = "hosted_tool"
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
    TYPED_TOOL = "typed_tool"
    UNKNOWN_BLOCK = "unknown_block"
    UNKNOWN_FIELD = "unknown_field"
    UNSUPPORTED_BY_MODEL = "unsupported_by_model"
    USAGE_ESTIMATED = "usage_estimated"
    USER_LIMIT = "user_limit"


MEANINGFUL: frozenset[Reason] = frozenset(
    {
        Reason.CITATIONS_UNSUPPORTED,
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


EXPLANATIONS: Mapping[Reason, str] = {
    Reason.ADVISORY: "A wish for how to serve the request; the provider has no such setting.",
    Reason.ATTRIBUTION: "The client's billing line is no prompt, and no business of a third party.",
    Reason.CACHE_HINT: "The provider takes no marks for its cache; it caches by itself, or not.",
    Reason.CITATIONS: "The provider takes no citations in the history; the text itself is sent.",
    Reason.CITATIONS_UNSUPPORTED: "The provider does not cite; the answer comes without citations.",
    Reason.CLIENT_METADATA: "What the client says of itself or its user stays with the proxy.",
    Reason.DECLARED_LIMIT: "The value is outside what this model or provider takes.",
    Reason.DEFERRED_TOOL: "Tools are declared once the client's own search has found them.",
    Reason.DOCUMENT_AS_TEXT: "The document is sent as the text it holds.",
    Reason.DOCUMENT_UNSUPPORTED: "The provider takes no such document; a note stands in its place.",
    Reason.DUPLICATE: "The same thing is there already, and the provider takes it only once.",
    Reason.EFFORT: "How hard to think is said by the nearest setting that this model has.",
    Reason.EMPTY: "It says nothing, and the provider refuses or ignores what is empty.",
    Reason.EMULATED: "The provider does not take it; the proxy or the client sees to it.",
    Reason.EXPIRED: "The client marked it to be forgotten by now.",
    Reason.FOREIGN_REASONING: "Reasoning of another model or provider cannot be given to this one.",
    Reason.HIDDEN_REASONING: "The provider tells this account nothing of the model's reasoning.",
    Reason.HOSTED_TOOL: "The provider's own tool takes the place of the one that Anthropic runs.",
    Reason.IMAGE_MOVED: "The provider takes no images in tool results; they follow in a message.",
    Reason.IMAGE_UNSUPPORTED: "The model cannot see this image; a note stands in its place.",
    Reason.NAME_CHARSET: "The provider refuses such a name; the answer brings the old one back.",
    Reason.NO_EQUIVALENT: "The provider has nothing that means the same.",
    Reason.NO_TOOLS: "Without tools there is nothing to choose from.",
    Reason.PLACEHOLDER: "The provider wants something in this place, where there is nothing.",
    Reason.ROLE_UNSUPPORTED: "The provider has no such role in this place.",
    Reason.SCHEMA_KEYWORD: "The provider does not take this part of a JSON schema as it is.",
    Reason.SERVER_HISTORY: "What Anthropic's own tools did in earlier turns is told as text.",
    Reason.SERVER_TOOL: "The tool runs at Anthropic, and none of the provider's stands in for it.",
    Reason.SIGNATURE: "A signature is only valid where it was made.",
    Reason.STRUCTURED_OUTPUT: "The form of the answer is asked for in another way, or in words.",
    Reason.TOOL_ERROR_AS_TEXT: "The provider has no mark for failed calls; the text says it.",
    Reason.TOOL_ID: "The provider takes no such id; the answer brings the old one back.",
    Reason.TOOL_LIMIT: "The provider takes no more tools than it was sent.",
    Reason.TYPED_TOOL: "Other models do not know it by its type; its schema is sent.",
    Reason.UNKNOWN_BLOCK: "The proxy does not know this kind of content.",
    Reason.UNKNOWN_FIELD: "The proxy does not know this field, nor would the other side.",
    Reason.UNSUPPORTED_BY_MODEL: "This model does not take it.",
    Reason.USAGE_ESTIMATED: "The provider did not tell the figure; the proxy estimates it.",
    Reason.USER_LIMIT: "The proxy's own settings keep it within this limit.",
}
"""What each reason means, for a person who reads it beside a place and a kind."""


def escaped(name: str) -> str:
    """A member's name as a step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


class Loss(NamedTuple):
    """One field that did not travel as it was."""

    path: str
    """JSON pointer (RFC 6901) into the client's request, or into the upstream's answer."""
    kind: LossKind
    reason: Reason
    in_answer: bool = False
    """The path leads into the upstream's answer, or into the event in which it was met first."""


class Ledger:
    """The losses of one translation, in the order they were met, each once."""

    __slots__ = ("_in_answer", "_losses")

    def __init__(self) -> None:
        self._losses: dict[Loss, None] = {}
        self._in_answer = False

    def for_answer(self) -> Ledger:
        """The same ledger for whoever reads the answer: its paths lead into that."""
        other = Ledger()
        other._losses = self._losses
        other._in_answer = True
        return other

    def note(self, path: str, kind: LossKind, reason: Reason) -> None:
        """Record that the value at `path` was dropped or bent."""
        self._losses[Loss(path, kind, reason, self._in_answer)] = None

    def __iter__(self) -> Iterator[Loss]:
        return iter(self._losses)

    def __len__(self) -> int:
        return len(self._losses)

    def meaningful(self) -> list[Loss]:
        """The losses of the request that `--strict` refuses."""
        return [loss for loss in self if not loss.in_answer and loss.reason in MEANINGFUL]

    def header(self) -> str:
        """The value of `x-proxy-losses`: how many, and which reasons.

        Those of the answer are marked as such. Of a streamed one they come too late for it.
        """
        reasons = sorted({f"{'answer:' * loss.in_answer}{loss.reason}" for loss in self._losses})
        return f"{len(self._losses)}; {','.join(reasons)}"
