"""Where a provider is, and with which key, from the settings and the environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from types import MappingProxyType
from urllib.parse import urlsplit

from pydantic import SecretStr, TypeAdapter, ValidationError

from proxy_core.contract import Provider
from proxy_core.settings.errors import SettingsError
from proxy_core.settings.values import BaseUrl

CLIENTS_BASE_URL = "ANTHROPIC_BASE_URL"
"""Tells the client where the proxy is; taken for an upstream, the proxy would call itself."""

OPEN = (
    "an address that is not loopback needs a token, or whoever reaches it spends your keys: set "
    "PROXY_AUTH_TOKEN or --token-file"
)
"""Said to a user who would open the proxy to the network."""

_base_url = TypeAdapter[str](BaseUrl)


class Environment:
    """Variables of the process and of `.env`; holds secrets, so it shows nothing."""

    def __init__(self, variables: Mapping[str, str], reserved: Iterable[str] = ()) -> None:
        """`reserved` are variables that hold no provider's key, whatever a card says."""
        self._variables = dict(variables)
        self._reserved = frozenset(reserved)

    def first(self, names: Iterable[str]) -> tuple[str, str] | None:
        """The first of these variables that is set, with its value."""
        for name in names:
            value = self._variables.get(name, "").strip()
            if value and name not in self._reserved:
                return name, value
        return None

    @property
    def variables(self) -> Mapping[str, str]:
        """All of them, secrets too: to look for what must not be shown, never to show it."""
        return MappingProxyType(self._variables)

    def __repr__(self) -> str:
        return f"<Environment of {len(self._variables)} variables>"


def key_of(provider: Provider, environment: Environment) -> SecretStr | None:
    """The key that the first of the card's variables holds."""
    found = environment.first(provider.key_env)
    return SecretStr(found[1]) if found else None


def base_url_of(
    provider: Provider, table: str | None, environment: Environment, own: tuple[str, int]
) -> str:
    """The provider's address: from the environment, else the user's table, else its card.

    `own` is the proxy's address. Raises `SettingsError`.
    """
    names = (name for name in provider.base_url_env if name != CLIENTS_BASE_URL)
    if found := environment.first(names):
        name, text = found
        try:
            url = _base_url.validate_python(text)
        except ValidationError as error:
            message = str(error.errors(include_input=False)[0]["msg"])
            raise SettingsError(f"{name}: {message.removeprefix('Value error, ')}") from None
    else:
        name, url = f"providers.{provider.name}.base_url", table or provider.base_url.rstrip("/")
    if _is_own(url, *own):
        raise SettingsError(
            f"{name}: provider {provider.name!r} would be this proxy itself ({own[0]} port "
            f"{own[1]}); name the provider's address, or give the proxy another --port"
        )
    return url


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server at `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_own(url: str, host: str, port: int) -> bool:
    parts = urlsplit(url)
    there = parts.hostname or ""
    same_port = (parts.port or (443 if parts.scheme == "https" else 80)) == port
    return same_port and (is_loopback(there) or there in (host.lower(), "0.0.0.0", "::"))  # noqa: S104
