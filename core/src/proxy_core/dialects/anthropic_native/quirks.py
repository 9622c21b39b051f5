"""What differs between servers that speak the Anthropic API, as data.

The defaults are Anthropic's own ways: nothing is changed but the model's name, and of thinking
only what this proxy itself had signed is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from proxy_core.dialects.quirk_set import QuirkSet


@dataclass(frozen=True)
class Quirks(QuirkSet):
    """One server's way of speaking the API."""

    drop: tuple[str, ...] = ()
    """Members the server refuses, as JSON pointers with `*` for every item of an array; with
    `=value` at the end only those that hold this string: `/tools/*/type=custom` (DeepSeek)."""
    rewrite: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Strings the server spells otherwise, by pointer: `{"/output_config/effort": {"xhigh":
    "max"}}`."""
    put: Mapping[str, Any] = field(default_factory=dict)
    """Members at the top that the server wants whatever the client said."""
    drop_attribution: bool = False
    """Leave out Claude Code's billing line, which is Anthropic's business and, as it changes with
    each request, keeps a server from finding the same prefix again."""
    unknown_fields: bool = True
    """Is sent fields and blocks that this proxy does not know; else fields are left out, and of
    blocks the text is told."""
    empty_text: bool = True
    """Takes blocks and messages without words; else they are left out."""
    betas: bool = True
    """Knows the members that the API has in beta. Else they are left out; the last effort that a
    message names is asked for at the top, and messages that have had their time are left out."""
    typed_tools: bool = True
    """Knows the tools that Anthropic declares by type alone. Else those that the client runs are
    declared with their schemas, and those that Anthropic runs are left out."""
    tool_search: bool = True
    """Knows deferred tools and `tool_reference`. Else tools are left out until the client's own
    search has found them, and what it found is told in words."""
    seal_signatures: bool = False
    """Seal the server's signatures, so that they come home and are shown to no other vendor. Only
    Anthropic's own travel bare: a client may have them from elsewhere."""
    thinking_filler: Literal["none", "calls", "all"] = "none"
    """Assistant messages to which thinking of one space is given where they have none: those
    with tool calls (Kimi), or all (DeepSeek)."""
    thinking_opens_turns: bool = True
    """Takes a thinking budget in a tool loop only if thinking began it; Anthropic's own models. A
    loop that another vendor began goes on without thinking there."""
    effort_without_thinking: bool = True
    """Takes an effort from who is not to think; else it is left out (DeepSeek)."""
    tool_id_pattern: str = r"[a-zA-Z0-9_-]+"
    """Ids of tool calls the server takes: Anthropic's pattern. Kimi gives out others."""
    schema_dialect: Literal["json_schema", "moonshot"] = "json_schema"
    """How schemas of tools are written; Kimi's servers have a dialect of their own."""
    blocks: tuple[str, ...] = ()
    """The types of content the server knows, where it is known that it knows no others: those are
    told in words, or named as left out. Empty: all of them are sent."""
    hosted: bool = True
    """Runs what Anthropic runs beside its models: searches, code, MCP servers, containers, files,
    threads, compaction. Else what they did in earlier turns is told in words, and a request that
    needs them is refused."""
    image_urls: bool = True
    """Fetches images by URL."""
    stop_limit: int | None = None
    """How many stop sequences are taken; the rest is watched for here."""
    stop_bytes: int | None = None
    """The longest stop sequence that is taken, in bytes; Kimi names 32."""
    prewarm: bool = True
    """Takes `max_tokens: 0`, which warms Anthropic's cache; else it is answered here."""
    hash_user: bool = False
    """Send a digest of `metadata.user_id`, in which Claude Code names the device."""
    session_header: str = ""
    """A header for a digest of the session, which keeps it where its cache is warm."""
    headers: tuple[str, ...] = ("anthropic-version", "anthropic-beta")
    """The client's headers that are passed on; one that ends in `*` stands for a prefix."""
    count_tokens: bool = True
    """Has `/v1/messages/count_tokens`."""


AS_OF_2025: Mapping[str, Any] = {
    "rewrite": {"/messages/*/role": {"system": "user"}},
    "drop_attribution": True,
    "betas": False,
    "unknown_fields": False,
    "empty_text": False,
    "tool_search": False,
    "typed_tools": False,
    "hosted": False,
    "seal_signatures": True,
    "thinking_opens_turns": False,
    "prewarm": False,
    "hash_user": True,
}
"""A vendor that serves the API as it was in 2025. Its signatures stay its own; deferred tools and
system messages in mid-conversation, which the API learned in 2026, are told in older words; and no
beta is asked for."""
