"""What differs between servers that speak OpenAI's Chat Completions, as data.

A provider's card and a model's facts set these by name; no code asks for a vendor. The
defaults are what the plainest compatible server takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from proxy_core.contract import Target


@dataclass(frozen=True)
class Quirks:
    """One server's way of speaking the dialect."""

    # -- requests ------------------------------------------------------------------------
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """Reasoning models at OpenAI refuse `max_tokens`; local servers know nothing else."""
    system_role: Literal["system", "developer"] = "system"
    """`developer` is known to OpenAI and Azure only."""
    mid_system: Literal["keep", "user"] = "keep"
    """A system message in mid-conversation stays one, or becomes marked user text."""
    reasoning_control: Literal["effort", "none"] = "effort"
    """How the depth of reasoning is asked for: `reasoning_effort`, or not at all."""
    effort_map: Mapping[str, str] = field(default_factory=dict)
    """Efforts that the server spells otherwise, for example `xhigh` as `max`."""
    reasoning_history: Literal["none", "reasoning_content", "reasoning"] = "none"
    """Field of an assistant message that takes earlier reasoning back."""
    reasoning_history_filler: str = ""
    """Sent on every assistant message without reasoning, where the server insists on some."""
    sampling: bool = True
    """Takes `temperature` and `top_p`; OpenAI's reasoning models refuse them."""
    top_k: bool = False
    """Takes `top_k`, which is not OpenAI's."""
    stop_limit: int = 4
    """How many stop sequences are taken; 0 where `stop` is refused."""
    tool_choice: bool = True
    """Takes `tool_choice`; Ollama does not."""
    parallel_tool_calls: bool = True
    """Takes `parallel_tool_calls`."""
    stream_usage: bool = True
    """Takes `stream_options`; without it OpenAI streams no usage."""
    store_field: bool = False
    """Send `store: false`; only OpenAI and Azure know it, others refuse it."""
    json_schema: bool = True
    """Takes `response_format` of type `json_schema`."""
    pdf_parts: bool = False
    """Takes PDFs as `file` parts; OpenAI only."""
    image_urls: bool = True
    """Fetches images by URL; Ollama takes base64 only."""
    safety_identifier: bool = False
    """Takes a hashed `safety_identifier` for the end user."""
    prompt_cache_key: bool = False
    """Takes `prompt_cache_key`, which keeps a session on a warm cache."""
    dropped_schema_keywords: frozenset[str] = frozenset()
    """JSON Schema keywords the server refuses in tool parameters."""
    max_tools: int = 128
    tool_id_length: int = 40
    """Longer tool-call ids are refused (OpenAI: 40)."""

    # -- answers -------------------------------------------------------------------------
    reasoning_fields: tuple[str, ...] = ("reasoning_content", "reasoning", "reasoning_text")
    """Delta fields that may hold reasoning; the first non-empty one is taken."""
    think_tags: bool = False
    """Reasoning comes inside `<think>` tags at the start of the content."""
    output_excludes_reasoning: bool = False
    """`completion_tokens` leaves out the reasoning tokens; xAI."""

    @classmethod
    def of(cls, target: Target) -> Quirks:
        """The quirks of a model: the dialect's defaults, the vendor's, the model's own."""
        return replace(cls(), **{**target.provider.quirks, **target.facts.quirks})
