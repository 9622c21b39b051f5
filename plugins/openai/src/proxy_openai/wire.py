"""Which of its two APIs a server is spoken to in, and how it speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from proxy_core.contract import Provider, Target
from proxy_core.dialects.openai_chat import Quirks

HOSTS = ("api.openai.com", "eu.api.openai.com", "us.api.openai.com")
"""OpenAI's own hosts. What stands at another address under OPENAI_BASE_URL is a gateway or a
local server, and those refuse what only OpenAI knows."""

WIRE = "wire"
"""The quirk that chooses the API; the one that this plugin adds to those of the dialect."""
_WIRES = ("auto", "responses", "chat")

_OPENAI = Quirks(
    max_tokens_field="max_completion_tokens",
    system_role="developer",
    reasoning_control="effort",
    store_field=True,
    pdf_parts=True,
    safety_identifier=True,
    prompt_cache_key=True,
)
"""How OpenAI itself speaks. Sources: types of the openai SDK 3.51; `max_tokens` is deprecated
there and refused by reasoning models."""

_RESPONSES: Mapping[str, Any] = {
    "reasoning_control": "reasoning",
    "reasoning_history": "reasoning",
    "pdf_parts": True,
    "document_urls": True,
    "stop_limit": 0,  # there is no `stop`
    "tool_strict": "false",  # leaving it out means true
    "tool_id_length": 64,
    "tool_id_pattern": r"[A-Za-z0-9_-]+",
}
"""How the Responses API differs, wherever it is served. Source: types of the openai SDK 3.51."""


def is_openai(provider: Provider) -> bool:
    """Whether the server is OpenAI itself."""
    return urlsplit(provider.base_url).hostname in HOSTS


def speaks_responses(provider: Provider) -> bool:
    """Whether the server is spoken to over the Responses API, and not over Chat Completions.

    Where the user leaves it open: at OpenAI, which over Chat takes no tools beside reasoning.
    Raises `ValueError` for a choice that there is not.
    """
    wire = str(provider.quirks.get(WIRE, "auto")).lower()
    if wire not in _WIRES:
        raise ValueError(f"{WIRE}: should be one of {', '.join(_WIRES)}")
    return wire == "responses" or (wire == "auto" and is_openai(provider))


def chat_quirks(target: Target) -> Quirks:
    """OpenAI's own ways at its own hosts; elsewhere the plain dialect and the user's quirks."""
    own = _of_the_dialect(target.provider.quirks)
    if is_openai(target.provider):
        return _OPENAI.but(target.facts.quirks, own)
    return Quirks().but(own)


def responses_quirks(target: Target) -> Quirks:
    """The same for the Responses API. Whoever asks for it elsewhere has OpenAI's models there."""
    base = _OPENAI if is_openai(target.provider) else Quirks()
    return base.but(target.facts.quirks, _RESPONSES, _of_the_dialect(target.provider.quirks))


def _of_the_dialect(quirks: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in quirks.items() if name != WIRE}
