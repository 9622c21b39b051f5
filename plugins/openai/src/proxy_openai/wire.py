"""Which of its two APIs a server is spoken to in, and how it speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from proxy_core.contract import Provider, Target, Unsupported
from proxy_core.dialects.openai_chat import Quirks
from proxy_openai.azure import API_VERSION, AZURE, has_responses, is_azure
from proxy_openai.models import AT_OPENAI
from proxy_openai.vendors.facts import OVER_CHAT

HOST = "api.openai.com"
"""OpenAI's own host, and what the regional ones end in: eu., us., au., in., jp. and ae. so far
(developers.openai.com, data residency, 2026-11; its SDKs). What stands at another address under
OPENAI_BASE_URL is a gateway or a local server, and those refuse what only OpenAI knows."""

WIRE = "wire"
"""The quirk that chooses the API."""
_WIRES = ("auto", "responses", "chat")
_NOT_THE_DIALECTS = (WIRE, AZURE, API_VERSION, OVER_CHAT)
"""The quirks that this plugin adds to those of the dialect."""

_NOWHERE = ".invalid"
"""How the hosts of cards end that have no address of their own; no such host exists (RFC 2606)."""

_OPENAI = Quirks(
    max_tokens_field="max_completion_tokens",
    system_role="developer",
    reasoning_control="effort",
    store_field=True,
    pdf_parts=True,
    strict_tools=True,
    safety_identifier=True,
    prompt_cache_key=True,
)
"""How OpenAI itself speaks. Sources: types of the openai SDK 3.51; `max_tokens` is deprecated
there and refused by reasoning models."""

_AZURE = _OPENAI.but({"pdf_parts": False, "safety_identifier": False})
"""OpenAI's models without what is documented for OpenAI's own servers alone. Azure takes a
`prompt_cache_key`: learn.microsoft.com, Foundry, prompt caching."""

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


_SEARCH: Mapping[str, Any] = {
    "web_search": "web_search",
    "web_search_settings": ("max_uses", "allowed_domains", "user_location"),
}
"""OpenAI's own search; whoever serves the API elsewhere may have none. Source: as above."""


def is_openai(provider: Provider) -> bool:
    """Whether the server is OpenAI itself."""
    host = urlsplit(provider.base_url).hostname or ""
    return host == HOST or host.endswith(f".{HOST}")


def speaks_responses(provider: Provider) -> bool:
    """Whether the server is spoken to over the Responses API, and not over Chat Completions.

    Where the user leaves it open: at OpenAI and Azure, which over Chat take no tools beside
    reasoning. Raises `ValueError` for a choice that there is not.
    """
    wire = str(provider.quirks.get(WIRE, "auto")).lower()
    if wire not in _WIRES:
        raise ValueError(f"{WIRE}: should be one of {', '.join(_WIRES)}")
    if wire != "auto":
        return wire == "responses"
    return is_openai(provider) or (is_azure(provider) and has_responses(provider))


def refuse_nowhere(provider: Provider) -> None:
    """Raises `Unsupported` for a provider whose address nobody has named."""
    if (urlsplit(provider.base_url).hostname or "").endswith(_NOWHERE):
        names = " or ".join(provider.base_url_env)
        raise Unsupported(
            "/model",
            f"provider {provider.name} has no address; set {names}, or base_url in "
            f"[providers.{provider.name}]",
        )


def chat_quirks(target: Target) -> Quirks:
    """OpenAI's own ways at OpenAI and Azure; elsewhere the vendor's and its model's.

    A server that takes OpenAI's place gets the plain dialect: what OpenAI's models need is
    OpenAI's servers' doing. What users say counts before all.
    """
    card, model = target.provider.quirks, target.facts.quirks
    at_openais = is_openai(target.provider) or is_azure(target.provider)
    openais = model.get(AT_OPENAI, {}) if at_openais else {}
    vendors = (card.get(OVER_CHAT, {}), model.get(OVER_CHAT, {}))
    return _base(target).but(openais, *vendors, _told(target.provider))


def responses_quirks(target: Target) -> Quirks:
    """The same for the Responses API. Whoever asks for it elsewhere has OpenAI's models there."""
    openais = target.facts.quirks.get(AT_OPENAI, {})
    search = _SEARCH if is_openai(target.provider) else {}
    return _base(target).but(openais, _RESPONSES, search, _told(target.provider))


def _base(target: Target) -> Quirks:
    if is_openai(target.provider):
        return _OPENAI
    return _AZURE if is_azure(target.provider) else Quirks()


def _told(provider: Provider) -> dict[str, Any]:
    """What users say, or refusals have taught, in names of the dialect's quirks."""
    quirks = provider.quirks
    return {name: value for name, value in quirks.items() if name not in _NOT_THE_DIALECTS}
