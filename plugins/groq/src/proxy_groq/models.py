"""What is known of Groq's models, as of November 2026.

The first row whose pattern matches a model's id counts. Models that were shut down (Kimi K2,
Llama 3 and 4, Qwen 3 32B, Gemma 2) are not listed. They can still be asked for, and Groq says what
became of them.
"""

from __future__ import annotations

from typing import Any

from proxy_core.contract import ModelFacts

_TYPES = "groq SDK 1.7.0, types of `reasoning_effort` and `reasoning_format`; "
_CATALOGUES = "catalogues of litellm 1.106.2 and pi-ai 1.5.2; 2026-11-20"

_WINDOW = 131_072

_GPT_OSS: dict[str, Any] = {
    "json_schema": True,
    # Reasoning cannot be off, and `reasoning_format` is not taken.
    "extra_body": {"include_reasoning": True},
}
_QWEN: dict[str, Any] = {
    "json_schema": True,
    # Without it reasoning comes as `<think>` in the text when there are no tools.
    "extra_body": {"reasoning_format": "parsed"},
}
_ON = dict.fromkeys(("minimal", "low", "medium", "high", "xhigh", "max"), "default")


def _facts(model: str, output: int, efforts: tuple[str, ...], **more: Any) -> ModelFacts:
    return ModelFacts(
        pattern=model,
        context_window=_WINDOW,
        max_output_tokens=output,
        efforts=efforts,
        source=_TYPES + _CATALOGUES,
        **more,
    )


def _gpt_oss(model: str) -> ModelFacts:
    return _facts(model, 65_536, ("low", "medium", "high"), vision=False, quirks=_GPT_OSS)


def _compound(model: str) -> ModelFacts:
    """Uses Groq's own tools and takes no others: for chats, not for agents."""
    return _facts(model, 8_192, (), vision=False, quirks={"max_tools": 0})


MODELS: tuple[ModelFacts, ...] = (
    _gpt_oss("openai/gpt-oss-120b"),
    _gpt_oss("openai/gpt-oss-20b"),
    _gpt_oss("openai/gpt-oss-safeguard-20b"),
    # `high` is its own `xhigh`.
    _facts(
        "qwen/qwen3.8-27b", 16_384, ("none", "low", "medium", "high"), vision=True, quirks=_QWEN
    ),
    # Reasoning is on or off.
    _facts(
        "qwen/qwen3.6-27b",
        16_384,
        ("none", "default"),
        vision=True,
        quirks={**_QWEN, "effort_map": _ON},
    ),
    _compound("groq/compound"),
    _compound("groq/compound-mini"),
    # Kimi K2 leaks the tokens of its tool calls into text, here as elsewhere.
    ModelFacts(
        pattern="moonshotai/*",
        max_output_tokens=16_384,
        quirks={"leaked_calls": "kimi"},
        source="vllm 24478, MoonshotAI/Kimi-K2 26; Groq's own table of models, before they left it",
    ),
)
