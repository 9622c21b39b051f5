"""Where a provider's credential comes from, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proxy_core.contract import Provider
    from proxy_core.settings import Settings


def source_of_key(card: Provider, settings: Settings) -> str | None:
    """What holds the credential that the provider is shown; None where nothing does."""
    if settings.sends_clients_key(card):
        return "the client's request"
    if found := settings.environment.first(card.key_env):
        return found[0]
    return "its headers" if card.key_header in settings.headers_for(card) else None
