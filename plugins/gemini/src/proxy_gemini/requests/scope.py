"""What every part of one request's translation needs at hand."""

from __future__ import annotations

from proxy_core.contract import Target
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.dialects.openai_chat.requests.scope import Scope as ChatScope
from proxy_core.dialects.openai_chat.requests.tool_names import ToolNames
from proxy_core.ledger import Ledger
from proxy_gemini.quirks import GeminiQuirks

_NAME = r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}"
"""64 characters by the proto; the SDK's text says 128."""
_MOST_TOOLS = 512
SEARCH = "googleSearch"
_MOST_STOPS = 5


class Scope(ChatScope, frozen=True):
    """Chat's scope and Gemini's quirks.

    What a client asks for is read by Chat's readers (tools, limits, effort, system texts, all
    that only Anthropic knows); what is then said, and how, is Gemini's own.
    """

    gemini: GeminiQuirks


def scope_of(target: Target, ledger: Ledger) -> Scope:
    """The scope of one translation. Raises `ValueError` for quirks that there are not."""
    gemini = GeminiQuirks.of(target)
    chat = Quirks(
        mid_system="user",
        reasoning_control="effort",
        sampling=gemini.sampling,
        top_k=gemini.sampling,
        stop_limit=_MOST_STOPS,
        parallel_tool_calls=False,
        max_tools=_MOST_TOOLS,
        web_search=SEARCH if gemini.web_search else "",
        tool_id_length=128,
    )
    return Scope(ledger, target, chat, ToolNames(_NAME), gemini)
