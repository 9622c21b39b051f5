"""What of an answer is left alone on purpose, and why; the rest that nobody reads is noted."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from proxy_core.dialects.unread import Left


class Part(Struct):
    """A part of a message, of a summary or of reasoning."""

    text: Any = None
    refusal: Any = None
    annotations: Any = None
    """Looked at one by one."""


class Message(Struct):
    phase: Any = None
    content: list[Part] | None = None


class Reasoning(Struct):
    id: Any = None
    encrypted_content: Any = None
    summary: list[Part] | None = None
    content: list[Part] | None = None


class FunctionCall(Struct):
    call_id: Any = None
    name: Any = None
    arguments: Any = None


class Annotation(Struct):
    url: Any = None
    title: Any = None


class Source(Struct):
    url: Any = None


class Action(Struct):
    query: Any = None
    queries: Any = None
    sources: list[Source] | None = None


class WebSearchCall(Struct):
    action: Action | None = None


class Response(Struct):
    """A whole answer. Its items are looked at one by one."""

    output: Any = None
    input_transformations: Any = None
    """Noted one by one."""
    usage: Any = None
    error: Any = None
    incomplete_details: Any = None


READ = {
    "message": Message,
    "reasoning": Reasoning,
    "function_call": FunctionCall,
    "web_search_call": WebSearchCall,
}
"""Items that are read, by their type."""

_OWN = "the client gets the proxy's own, or the one that it asked with"
_FORM = "says what the form of the answer says"
_ECHO = "what was asked"
_FIGURE = "figures that no client of the Messages API knows"
_UNASKED = "never asked for"
_ITEM = {"type": _FORM, "status": _FORM}

LEFT: Left = {
    "Part": {"type": _FORM, "logprobs": _UNASKED},
    "Message": {**_ITEM, "id": _OWN, "role": _FORM},
    "Reasoning": _ITEM,
    "FunctionCall": {**_ITEM, "id": _OWN},
    "WebSearchCall": {**_ITEM, "id": _OWN},
    "Action": {"type": _FORM},
    "Source": {"type": _FORM},
    "Annotation": {"type": _FORM, "start_index": _FORM, "end_index": _FORM},
    "Response": {
        **dict.fromkeys(("id", "model"), _OWN),
        **dict.fromkeys(("object", "status"), _FORM),
        **dict.fromkeys(("created_at", "completed_at", "service_tier", "billing"), _FIGURE),
        **dict.fromkeys(
            (
                "background",
                "conversation",
                "frequency_penalty",
                "image",
                "instructions",
                "max_output_tokens",
                "max_tool_calls",
                "metadata",
                "parallel_tool_calls",
                "presence_penalty",
                "previous_response_id",
                "prompt",
                "prompt_cache_key",
                "prompt_cache_options",
                "prompt_cache_retention",
                "reasoning",
                "safety_identifier",
                "store",
                "temperature",
                "text",
                "tool_choice",
                "tools",
                "top_logprobs",
                "top_p",
                "truncation",
                "user",
            ),
            _ECHO,
        ),
        **dict.fromkeys(("access_programs", "prompt_cache_diagnostics", "tool_usage"), _FIGURE),
        "moderation": _UNASKED,
    },
}
"""As of the types of the openai SDK 3.52."""
