"""What the server says when it begins to listen: where, for whom, and what to paste."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxy_core import __version__
from proxy_core.cli.output import exports
from proxy_core.cli.start import key_variable, router_for
from proxy_core.routing import Router, UnknownModel

if TYPE_CHECKING:
    from proxy_core.contract import Provider
    from proxy_core.plugins import Plugins
    from proxy_core.settings import Settings

_TIERS = ("opus", "sonnet", "haiku")


def banner(settings: Settings, plugins: Plugins, url: str) -> str:
    """The lines to print. Names of variables, never their values."""
    router = router_for(settings, plugins)
    lines = [
        f"proxy {__version__} listening on {url}",
        f"  plugins  {', '.join(plugins.names) or 'none'}",
        *(f"  {tier:<8} {_goes_to(router, tier, settings)}" for tier in _TIERS),
        *exports(url, "PROXY_AUTH_TOKEN" if settings.auth_token else None),
        *(f"  warning: {warning}" for warning in settings.warnings),
    ]
    return "".join(f"{line}\n" for line in lines)


def _goes_to(router: Router, tier: str, settings: Settings) -> str:
    try:
        targets = router.route(f"claude-{tier}").targets
    except UnknownModel:
        return "nowhere: set it in [models], or a provider's model as its default"
    chain = ", then ".join(target.name for target in targets)
    return f"-> {chain}  ({_key(targets[0].provider, settings)})"


def _key(provider: Provider, settings: Settings) -> str:
    source = key_variable(settings, provider)
    if source is not None:
        return f"key from {source}"
    return f"no key: set {' or '.join(provider.key_env)}" if provider.key_required else "no key"
