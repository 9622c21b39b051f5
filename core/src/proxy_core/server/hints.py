"""What a person can do about a failure, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from proxy_core.contract import About, ErrorVerdict, Target
from proxy_core.routing.directory import listed

_MOST_NAMES = 5

_PASSES = "It passes; a list in [models] of proxy.toml says who answers in the meantime."
_ADVICE: Mapping[About, str] = {
    About.KEY: "Put a valid key into {key} and start the proxy again.",
    About.QUOTA: "See plan and billing of the account behind {key}, or choose another provider.",
    About.PERMISSION: "See what the account behind {key} may use, and from where.",
    About.RATE_LIMIT: _PASSES,
    About.OVERLOADED: _PASSES,
    About.ADDRESS: "Check {address}: it says {base_url}.",
    About.PARAMETER: "A quirk in [providers.{name}.quirks] of proxy.toml can leave it out.",
    About.CONTENT_FILTER: "Take back or reword what was said last, or choose another model.",
    About.TOOL_CALL: "The model wrote a call that cannot be read: ask again, or choose another.",
    About.REQUEST: "`proxy explain` shows what is sent there.",
}
_TOO_LARGE = "Send less: fewer or smaller images and documents."


def hint(verdict: ErrorVerdict, target: Target) -> str:
    """What to look at or to change; empty where the client itself knows what to do."""
    if verdict.about is About.MODEL:
        return _other_models(target)
    if verdict.status == 413:
        return _TOO_LARGE
    provider = target.provider
    return _ADVICE.get(verdict.about, "").format(
        key=provider.key_setting,
        address=provider.address_setting,
        base_url=provider.base_url,
        name=provider.name,
    )


def _other_models(target: Target) -> str:
    """The models that the card knows, those with names like the one that was asked for first."""
    known = [model for model in listed(target.provider) if model != target.model]
    close = get_close_matches(target.model, known, n=_MOST_NAMES, cutoff=0.5)
    names = list(dict.fromkeys((*close, *known)))[:_MOST_NAMES]
    if not names:
        return "`proxy models` lists the names that are known here."
    return f"{target.provider.name} has {', '.join(names)}; `proxy models` lists all names."
