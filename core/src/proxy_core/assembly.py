"""Plugins and settings put together: where a request goes, and what is sent there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from proxy_core.anthropic.errors import default_verdict
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.bound import BoundProvider
from proxy_core.contract import (
    ErrorVerdict,
    Provider,
    Repair,
    Target,
    Unsupported,
    UpstreamFailure,
    UpstreamRequest,
)
from proxy_core.ledger import EXPLANATIONS, Ledger, Loss, LossKind, Reason
from proxy_core.plugins import Plugins, configured, left_out
from proxy_core.routing import Entry, Router
from proxy_core.settings import Settings

MOST_REPAIRS = 2
"""In how many other ways one request is asked of one target. A server names the first field that
it refuses and not the next, but each refusal costs the client time."""

_MOST_PATHS = 10
"""Places of further losses that a refusal names."""


def make_router(plugins: Plugins, settings: Settings) -> Router:
    """Routes over the plugins' providers and the user's own, each where the user has it.

    Raises `SettingsError` or `PluginError` about a provider that cannot be made, and
    `UnknownProvider` about a preferred one that is not there.
    """
    bound = configured(plugins, settings).providers
    cards = [one.provider for one in bound]
    shipped = {one.provider.name: one.provider.origin for one in plugins.providers}
    return Router(
        bound,
        _table(plugins, settings),
        settings.provider,
        without_key=_without_key(cards, settings),
        moved={card.name for card in cards if card.origin != shipped.get(card.name)},
    )


def _table(plugins: Plugins, settings: Settings) -> dict[str, list[Entry]]:
    """The user's models but those at providers that are left out: by their names nobody else
    would know them."""
    absent = left_out(plugins, settings)
    table = {
        name: [entry for entry in chain if entry.to.partition("/")[0] not in absent]
        for name, chain in settings.models.items()
    }
    return {name: chain for name, chain in table.items() if chain}


def _without_key(cards: Sequence[Provider], settings: Settings) -> set[str]:
    """The providers that cannot be asked; nobody where there is no key at all, as offline."""
    lacking = {card.name for card in cards if not settings.has_credential_for(card)}
    return (
        lacking if any(card.key_required and card.name not in lacking for card in cards) else set()
    )


def translate(
    request: MessagesRequest, target: Target, router: Router, settings: Settings, ledger: Ledger
) -> UpstreamRequest:
    """The request in the language of `target`, within what the settings allow.

    Raises `Unsupported`, also for a loss that `--strict` does not accept.
    """
    asked = _within_limits(request, settings, ledger)
    upstream = router.bound_for(target).translate_request(asked, target, ledger)
    if settings.strict and (losses := ledger.meaningful()):
        raise _too_much_lost(losses, target)
    return upstream


def _too_much_lost(losses: Sequence[Loss], target: Target) -> Unsupported:
    """The first loss with its reason, and where the others are, so that none has to be found by
    another attempt."""
    first, *others = losses
    why = f"would be {first.kind} for {target.name}. {EXPLANATIONS[first.reason]} (strict is set)"
    if others:
        paths = [loss.path for loss in others[:_MOST_PATHS]]
        why += f". Lost, too: {', '.join(paths)}" + ", ..." * (len(others) > _MOST_PATHS)
    return Unsupported(first.path, why)


def headers_of(upstream: UpstreamRequest) -> dict[str, str]:
    """The headers that a request is sent with, names in lower case; without the secrets, which
    come over them."""
    provider, options = upstream.target.provider, upstream.target.options
    headers = {
        "accept": "text/event-stream" if upstream.stream else "application/json",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "user-agent": "proxy-core",
    }
    for given in (provider.headers.items(), options.extra_headers.items(), upstream.headers):
        headers |= {name.lower(): value for name, value in given}
    return headers


def read_failure(bound: BoundProvider, failure: UpstreamFailure, target: Target) -> ErrorVerdict:
    """What a failure of `target` means, to its plugin or else by core's table of statuses."""
    verdict = bound.classify_error(failure, target)
    return verdict or default_verdict(failure, target.provider)


def adds_to(repair: Repair, made: Sequence[Repair]) -> bool:
    """Whether a repair may follow those that were made: few, each new, and none taken back."""
    if len(made) >= MOST_REPAIRS or repair in made:
        return False
    said: dict[str, Any] = {}
    for earlier in made:
        said |= earlier.quirks
    if any(said.get(name, value) != value for name, value in repair.quirks.items()):
        return False
    return not repair.quirks or not repair.quirks.keys() <= said.keys()


def _within_limits(request: MessagesRequest, settings: Settings, ledger: Ledger) -> MessagesRequest:
    wanted = request.max_tokens
    if wanted is not None:
        wanted = max(wanted, settings.min_tokens_limit or 0)
        wanted = min(wanted, settings.max_tokens_limit or wanted)
    if wanted != request.max_tokens:
        ledger.note("/max_tokens", LossKind.CLAMPED, Reason.USER_LIMIT)
    stream = request.stream and not settings.force_disable_streaming
    if (wanted, stream) == (request.max_tokens, request.stream):
        return request
    return msgspec.structs.replace(request, max_tokens=wanted, stream=stream)
