"""What the proxy would do with one request."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from proxy_core.anthropic.request import InvalidRequest, MessagesRequest, parse
from proxy_core.anthropic.rules import check_messages
from proxy_core.assembly import headers_of, translate
from proxy_core.cli.output import Failed
from proxy_core.contract import Unsupported, UpstreamRequest
from proxy_core.ledger import EXPLANATIONS, Ledger
from proxy_core.routing import Route, Router, UnknownModel
from proxy_core.server.redact import MASK
from proxy_core.settings import Settings

_ADVICE = "change that part of the request, or ask for another model (`proxy models` lists them)"


class Lost(msgspec.Struct, frozen=True):
    """One place of the request that does not travel as it is."""

    path: str
    """JSON pointer into the request."""
    kind: str
    reason: str
    explanation: str


class Refused(msgspec.Struct, frozen=True):
    """The place that stops the request, and why."""

    path: str
    why: str
    advice: str
    """What to do; empty where `why` says that too."""


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The route of a request, and what would be sent there."""

    requested: str
    target: str
    fallbacks: tuple[str, ...]
    why: str
    refused: Refused | None = None
    """Set where nothing would be sent; then the rest is empty."""
    method: str | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    """Without secrets."""
    body: Any = None
    losses: tuple[Lost, ...] = ()


def explain(raw: bytes, model: str | None, router: Router, settings: Settings) -> Explanation:
    """What would be done with the body `raw`; `model` stands for the one that it names.

    Raises `Failed` for what is no request, or asks for a model that nobody serves.
    """
    try:
        request = _read(raw, model)
        route = router.route(request.model)
    except (InvalidRequest, UnknownModel) as error:
        raise Failed(f"the request would be refused: {error}") from error
    ledger = Ledger()
    try:
        upstream = translate(request, route.targets[0], router, settings, ledger)
    except Unsupported as error:
        advice = "" if "; " in error.why else _ADVICE
        return _explanation(request, route, refused=Refused(error.path, error.why, advice))
    return _explanation(request, route, **_sent(upstream, settings), losses=_losses(ledger))


def _read(raw: bytes, model: str | None) -> MessagesRequest:
    request = parse(raw)
    check_messages(request)
    return request if model is None else msgspec.structs.replace(request, model=model)


def _explanation(request: MessagesRequest, route: Route, **more: Any) -> Explanation:
    first, *others = route.targets
    return Explanation(
        requested=request.model,
        target=first.name,
        fallbacks=tuple(further.name for further in others),
        why=route.why,
        **more,
    )


def _sent(upstream: UpstreamRequest, settings: Settings) -> dict[str, Any]:
    target = upstream.target
    return {
        "method": upstream.method,
        "url": target.provider.base_url.rstrip("/") + upstream.path,
        "headers": _headers(upstream, settings),
        "body": json.loads(upstream.body) if upstream.body else None,
    }


def _headers(upstream: UpstreamRequest, settings: Settings) -> dict[str, str]:
    provider = upstream.target.provider
    own = dict.fromkeys(settings.headers_for(provider), MASK)  # the user may keep keys there
    shown = headers_of(upstream) | own
    if settings.sends_clients_key(provider):
        shown[provider.key_header] = "(the client's own)"
    elif settings.key_for(provider) is not None:
        shown[provider.key_header] = f"{provider.key_scheme} {MASK}".strip()
    elif provider.key_required and provider.key_header not in shown:
        shown[provider.key_header] = f"(no key set: {provider.key_setting})"
    return shown


def _losses(ledger: Ledger) -> tuple[Lost, ...]:
    return tuple(
        Lost(loss.path, loss.kind.value, loss.reason.value, EXPLANATIONS[loss.reason])
        for loss in ledger
    )
