"""Credentials: the provider's key, and the client's own where the user wants it sent on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import SecretStr

from proxy_core.contract import Provider
from proxy_core.server.refusals import no_key
from proxy_core.settings import Settings

_CARRIERS = (b"authorization", b"x-api-key")


def shown_by(
    headers: Iterable[tuple[bytes, bytes]], own_token: SecretStr | None
) -> dict[str, SecretStr]:
    """The credentials among a client's headers; the proxy's own token is for it alone."""
    secret = own_token.get_secret_value() if own_token else None
    shown = {}
    for name, raw in headers:
        value = raw.decode("latin-1").strip()
        if name in _CARRIERS and value and secret not in (value, value.partition(" ")[2].strip()):
            shown[name.decode("ascii")] = SecretStr(value)
    return shown


def are_clients(provider: Provider, settings: Settings, clients: Mapping[str, SecretStr]) -> bool:
    """Whether the provider is shown what the client itself showed."""
    return bool(clients) and settings.sends_clients_key(provider)


def known(
    provider: Provider, settings: Settings, clients: Mapping[str, SecretStr]
) -> tuple[str, ...]:
    """All that an error of the provider's must not show, in plain text."""
    key = settings.key_for(provider)
    held = (*settings.headers_for(provider).values(), *clients.values(), *((key,) if key else ()))
    return tuple(secret.get_secret_value().rpartition(" ")[2] for secret in held)


def for_provider(
    provider: Provider, settings: Settings, clients: Mapping[str, SecretStr]
) -> dict[str, SecretStr]:
    """The headers that plugins never see: the user's own, and what the provider is to be shown.

    Raises `Refusal` where the provider needs a key and there is none.
    """
    secrets = settings.headers_for(provider)
    if are_clients(provider, settings, clients):
        return secrets | dict(clients)
    key = settings.key_for(provider)
    if key is not None:
        bearer = f"{provider.key_scheme} {key.get_secret_value()}".strip()
        secrets[provider.key_header] = SecretStr(bearer)
    elif provider.key_required and provider.key_header not in secrets:
        raise no_key(provider)
    return secrets
