"""What differs between Gemini models, and between Google's API and gateways to it, as data.

A model's facts set these by name, and a user's `[providers.gemini] quirks` over them. The
defaults are what the newest models take at Google's own address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

from proxy_core.contract import Repair, Target
from proxy_core.dialects.quirk_set import QuirkSet

SIGNATURE_DUMMY = "skip_thought_signature_validator"
REPAIR_OF_SIGNATURES = Repair(
    quirks={"signature_history": False, "signature_dummy": SIGNATURE_DUMMY}
)
"""What Google's stand-in is for: a conversation whose signatures are refused goes on with it."""


@dataclass(frozen=True)
class GeminiQuirks(QuirkSet):
    """One model's way of speaking generateContent."""

    api_version: str = "v1beta"
    """First part of the path. `v1` lacked tools and systemInstruction in its protos of 2026-10."""
    schema_lane: Literal["json_schema", "openapi"] = "json_schema"
    """Field that takes the schema of a tool: `parametersJsonSchema`, or `parameters` in the
    dialect of OpenAPI, which is all that some gateways know."""
    call_ids: bool = True
    """Takes ids on calls and their results; 2.x models, Vertex and many gateways answer
    `Unknown name "id"`."""
    store_field: bool = True
    """Send `store: false`; since 2026-10-26 Google keeps the requests of new paid projects
    otherwise. Vertex does not know the field."""
    signature_era: str = "3"
    """Generation of thought signatures: one of another era is not valid."""
    signature_history: bool = True
    """Takes the signatures back that it gave; else the stand-in is sent for each of them."""
    signature_dummy: str = SIGNATURE_DUMMY
    """Google's documented stand-in for a missing signature, on the first call of a turn; empty
    where none is validated."""
    thinking_budget: tuple[int, int, int] | None = None
    """Depth of thinking is a number of tokens (2.5): the value for no or least thinking, then the
    least and the most that count. None: it is a level, and the facts' efforts name the levels."""
    sampling: bool = False
    """Honours `temperature`, `topP` and `topK`; since 2026-07-21 they are ignored by new models,
    and a later generation will refuse them."""
    system_instruction: bool = True
    """Takes `systemInstruction`; for Gemma it goes into the first user turn."""
    media_in_results: bool = True
    """Takes images and PDFs inside a function's response; 2.x does not."""
    office_documents: bool = False
    """Reads Office and OpenDocument files."""
    json_schema_with_tools: bool = True
    """Takes a format of the answer beside tools; 2.x does not."""
    web_search: bool = True
    """Has Google Search. Sent where it is the only tool: beside functions it wants every step of
    the search brought back on the next turn, and 2.x does not take both."""
    unary_output_tokens: int | None = None
    """Longest answer that is not streamed, where it is shorter than a streamed one."""

    @classmethod
    def of(cls, target: Target) -> Self:
        """The quirks of a model, with the user's own on top: Google's card has none.

        Raises `ValueError` for a name or a value that no quirk has.
        """
        return cls().but(target.facts.quirks, target.provider.quirks)
