"""The providers that a plugin brings, read once and checked."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from proxy_core import headers
from proxy_core.contract import OtherVersion, Provider
from proxy_core.plugins.errors import PluginError, reason
from proxy_core.settings.upstreams import is_loopback
from proxy_core.settings.values import is_address

_HOOK = "proxy_providers"
_OF_A_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
"""Names of variables that may hold what a plugin is never handed."""


def read_cards(call: Callable[[], list[Any]], who: str) -> tuple[Provider, ...]:
    """What `proxy_providers` returned. Raises `PluginError`.

    `except Exception` is right here: the hook is a stranger's code and may raise anything.
    """
    try:
        given = next(iter(call()), ())
        # A pydantic model can be iterated, too: one bare card would pass for its fields.
        cards = (given,) if isinstance(given, Provider) else tuple(given)
    except OtherVersion as error:
        raise PluginError(f"{who} {error}") from None
    except Exception as error:
        raise PluginError(f"{who} failed in {_HOOK}: {reason(error)}") from error
    if isinstance(given, Provider):
        raise PluginError(f"{who} returned one Provider from {_HOOK}; return a list of them")
    if not cards:
        raise PluginError(f"{who} returned no Provider from {_HOOK}")
    for card in cards:
        _check(card, who)
    return cards


def _check(card: object, who: str) -> None:
    if not isinstance(card, Provider):
        raise PluginError(
            f"{who} returned a {type(card).__name__} from {_HOOK} where a Provider belongs"
        )
    _check_address(card, who)
    for variable in card.quirk_env.values():
        if _OF_A_SECRET.search(variable) or variable in card.key_env:
            raise PluginError(
                f"{who}: provider {card.name!r} asks for {variable}, which may hold a secret; "
                "name a key's variable in key_env"
            )
    for name, value in card.headers.items():
        fault = headers.fault(name, value)
        if fault is None and name.lower() in headers.SECRET:
            fault = f"{name} carries secrets, which core alone sets"
        if fault:
            raise PluginError(f"{who}: headers of provider {card.name!r}: {fault}")


def _check_address(card: Provider, who: str) -> None:
    if not is_address(card.base_url):
        raise PluginError(f"{who}: the base_url of provider {card.name!r} is no address")
    address = urlsplit(card.base_url)
    if address.scheme == "http" and not is_loopback(address.hostname or ""):
        raise PluginError(
            f"{who}: provider {card.name!r} would send keys and prompts in the clear; its base_url "
            "must be https"
        )
