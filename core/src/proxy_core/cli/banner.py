"""What the server says when it begins to listen: where, for whom, and what to paste."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from proxy_core import __version__
from proxy_core.assembly import make_router
from proxy_core.cli.keys import source_of_key
from proxy_core.cli.output import ANY_WORD, exports
from proxy_core.cli.warnings import warnings
from proxy_core.routing import Router, UnknownModel

if TYPE_CHECKING:
    from proxy_core.contract import Provider, Target
    from proxy_core.plugins import Plugins
    from proxy_core.settings import Settings

_TIERS = ("opus", "sonnet", "haiku")


def banner(settings: Settings, plugins: Plugins, url: str) -> str:
    """The lines to print. Names of variables, never their values."""
    router = make_router(plugins, settings)
    lines = [
        f"proxy {__version__} listening on {url}",
        f"  plugins  {', '.join(plugins.names) or 'none'}",
        *(f"  {tier:<8} {told}" for tier, told in _tiers(router, settings)),
        *exports(url, _token(settings)),
        *(f"  warning: {told}" for told in warnings(settings, plugins, router)),
    ]
    return "".join(f"{line}\n" for line in lines)


def _token(settings: Settings) -> str:
    """What stands for the token in a line to paste: any word, or where the token is kept."""
    if settings.auth_token is None:
        return ANY_WORD
    variable = re.match(r"[A-Z_]+", settings.origins.get("auth_token", ""))
    return f'"${variable[0]}"' if variable else "the-token-in-your-token-file"


def _tiers(router: Router, settings: Settings) -> Iterator[tuple[str, str]]:
    """For each tier of Claude models its chain, and where that begins and with which key."""
    chains = {tier: _chain(router, tier) for tier in _TIERS}
    names = {tier: ", then ".join(target.name for target in chains[tier]) for tier in _TIERS}
    width = max(map(len, names.values()))
    for tier, chain in chains.items():
        if chain:
            provider = chain[0].provider
            yield (
                tier,
                f"-> {names[tier]:<{width}}  at {provider.base_url}, {_key(provider, settings)}",
            )
        else:
            yield tier, "nowhere: set it in [models], or a provider's model as its default"


def _chain(router: Router, tier: str) -> tuple[Target, ...]:
    try:
        return router.route(f"claude-{tier}").targets
    except UnknownModel:
        return ()


def _key(provider: Provider, settings: Settings) -> str:
    if source := source_of_key(provider, settings):
        return f"key from {source}"
    return f"no key: set {provider.key_setting}" if provider.key_required else "no key"
