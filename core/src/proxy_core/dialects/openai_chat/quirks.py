"""What differs between servers that speak OpenAI's Chat Completions, as data.

A provider's card and a model's facts set these by name; no code asks for a vendor. The
defaults are what the plainest compatible server takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from proxy_core.dialects.quirk_set import QuirkSet

ReasoningField = Literal["reasoning_content", "reasoning", "reasoning_text"]
REASONING_FIELDS: tuple[ReasoningField, ...] = ("reasoning_content", "reasoning", "reasoning_text")
"""Where servers put the reasoning of an answer."""


@dataclass(frozen=True)
class Quirks(QuirkSet):
    """One server's way of speaking the dialect."""

    # -- requests ------------------------------------------------------------------------
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """Reasoning models at OpenAI refuse `max_tokens`; local servers know nothing else."""
    system_role: Literal["system", "developer"] = "system"
    """`developer` is known to OpenAI and Azure only."""
    mid_system: Literal["keep", "user"] = "keep"
    """A system message in mid-conversation stays one, or becomes marked user text."""
    reasoning_control: Literal[
        "known_effort",
        "effort",
        "thinking",
        "enable_thinking",
        "reasoning_enabled",
        "template",
        "reasoning",
        "none",
    ] = "known_effort"
    """How the depth of reasoning is asked for: `reasoning_effort` for models whose efforts are
    known, since servers of other models refuse it; `reasoning_effort` always; the same beside
    `thinking: {type}` (DeepSeek, Z.ai, Kimi K2), `enable_thinking` (Qwen), `reasoning: {enabled}`
    (Together) or an argument of the model's template (vLLM), which turn it off;
    `reasoning: {effort}` (OpenRouter); or not at all."""
    reasoning_summaries: bool = True
    """Tells summaries of its reasoning: OpenAI's Responses API, to verified organisations."""
    tools_with_reasoning: bool = True
    """Takes tools while the model reasons; OpenAI's Chat does not from gpt-5.4 on, and points to
    the Responses API. There a request with tools is sent with effort `none`."""
    effort_map: Mapping[str, str] = field(default_factory=dict)
    """Efforts that the server spells otherwise, for example `xhigh` as `max`."""
    reasoning_history: Literal[
        "none", "reasoning_content", "reasoning", "reasoning_details", "thinking_parts"
    ] = "none"
    """How an assistant message takes earlier reasoning back: in a field of this name, or in parts
    of its content (Mistral). `reasoning_details` (OpenRouter) go back as they came, to models of
    the same maker. In the Responses API it is the type of an item, `reasoning`."""
    reasoning_history_filler: str = ""
    """Sent on every assistant message without reasoning, where the server insists on some."""
    prefill_field: str = ""
    """Marks a last assistant message that the server is to continue: `partial` (Kimi), `prefix`
    (Mistral, DeepSeek's beta). Without one such a request is refused: OpenAI would take the
    beginning for a finished turn."""
    empty_tool_result: str = "(no output)"
    """Stands for a tool result without content; Kimi and others refuse an empty string."""
    sampling: bool = True
    """Takes `temperature` and `top_p`; OpenAI's reasoning models refuse them."""
    sampling_with_effort: bool = True
    """Takes them beside an effort; Mistral refuses temperature 0 there."""
    top_k: bool = False
    """Takes `top_k`, which is not OpenAI's."""
    stop_limit: int = 4
    """How many stop sequences are taken; 0 where `stop` is refused."""
    stop_bytes: int | None = None
    """The longest stop sequence that is taken, in bytes; Kimi names 32."""
    tool_choice: bool = True
    """Takes `tool_choice`; Ollama does not."""
    forced_tool_choice: bool | Literal["unless_thinking"] = True
    """Takes a choice that forces a call, or takes it unless it thinks (DeepSeek); Kimi K2, which
    may think unasked, refuses it."""
    user_after_tool: bool = True
    """A user may speak right after the result of a tool; at Mistral the assistant comes first."""
    parallel_tool_calls: bool = True
    """Takes `parallel_tool_calls`."""
    stream_usage: bool = True
    """Takes `stream_options`; without it OpenAI streams no usage."""
    store_field: bool = False
    """Send `store: false`; only OpenAI and Azure know it, others refuse it."""
    json_schema: bool = True
    """Takes `response_format` of type `json_schema`."""
    json_schema_with_tools: bool = True
    """Takes it beside tools; Groq does not."""
    pdf_parts: bool = False
    """Takes PDFs as `file` parts; OpenAI only."""
    document_urls: bool = False
    """Fetches documents by URL, as OpenAI does for its Responses API."""
    image_urls: bool = True
    """Fetches images by URL; Ollama takes base64 only."""
    json_schema_streamed: bool = True
    """Takes it in a streamed request; Groq's documentation denies it."""
    disable_tool_validation: bool = False
    """Send `disable_tool_validation: true`, unless one tool is forced: Groq would refuse an answer
    that calls an unknown tool, which clients know to handle."""
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    """Fields that every request carries, for example `reasoning_format` (Groq's Qwen)."""
    extra_body_while: Mapping[Literal["thinking", "streaming"], Mapping[str, Any]] = field(
        default_factory=dict
    )
    """Fields of the requests that do not turn thinking off, or that ask for a stream; Z.ai."""
    safety_identifier: bool = False
    """Takes a hashed `safety_identifier` for the end user."""
    prompt_cache_key: bool = False
    """Takes `prompt_cache_key`, which keeps a session on a warm cache."""
    cache_control: bool = False
    """Takes `cache_control` beside the messages, and marks the end of the prompt (OpenRouter)."""
    session_header: str = ""
    """The header that does the same (xAI, Fireworks, OpenRouter). As digests, both of them."""
    dropped_schema_keywords: frozenset[str] = frozenset()
    """JSON Schema keywords the server refuses in tool parameters."""
    schema_dialect: Literal["json_schema", "moonshot"] = "json_schema"
    """How schemas of tools are written; Kimi's servers have a dialect of their own."""
    web_search: str = ""
    """Type of the tool by which the server searches the web by itself: `web_search` in OpenAI's
    Responses API. Empty where there is none: Anthropic's is left out then."""
    web_search_settings: tuple[
        Literal["max_uses", "allowed_domains", "blocked_domains", "user_location"], ...
    ] = ()
    """Which of Anthropic's settings the server's own search knows."""
    max_tools: int = 128
    """More tools are refused; OpenAI, Groq and Moonshot all name 128."""
    tool_strict: Literal["omit", "false"] = "omit"
    """`false` is sent where leaving `strict` out would mean true (Moonshot)."""
    strict_tools: bool = False
    """Holds calls of a `strict` tool to its schema, if that is closed; OpenAI."""
    tool_name_pattern: str = r"[a-zA-Z0-9_-]{1,64}"
    """Names of tools the server takes (OpenAI's rule); others are renamed. Moonshot wants
    at least three characters and no digit or hyphen first."""
    tool_id_length: int = 40
    """Longer tool-call ids are refused (OpenAI: 40)."""
    tool_id_pattern: str = r"[!-~]+"
    """Tool-call ids the server takes: any visible ASCII; Mistral wants nine letters or digits."""

    # -- answers -------------------------------------------------------------------------
    reasoning_fields: tuple[ReasoningField, ...] = REASONING_FIELDS
    """Delta fields that may hold reasoning; the first non-empty one is taken."""
    think_tags: Literal["none", "tagged", "opened"] = "none"
    """Reasoning comes inside `<think>` tags at the start of the content (MiniMax, Together);
    `opened` where the server's template has written the opening tag already."""
    leaked_calls: Literal["none", "kimi"] = "none"
    """Calls may come as text, in the tokens of the model's own template (Kimi, at any host)."""
    output_excludes_reasoning: bool = False
    """`completion_tokens` leaves out the reasoning tokens; xAI."""
    slip_statuses: frozenset[int] = frozenset()
    """Statuses that blame the model's words and not the request; Groq's 422."""
    bodyless_overflow: bool = False
    """A 400 or 413 without a body says that the prompt is too long; Cerebras."""
