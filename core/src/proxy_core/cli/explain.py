"""`proxy explain`: what would be sent upstream for a request, and what is lost. Offline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
import msgspec

from proxy_core.cli.output import Failed, print_json
from proxy_core.cli.start import (
    config_option,
    load_settings,
    plugins_option,
)
from proxy_core.contract import Unsupported
from proxy_core.server.redact import MASK

if TYPE_CHECKING:
    from proxy_core.contract import Target
    from proxy_core.ledger import Loss
    from proxy_core.settings import Settings


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What the proxy would do with one request."""

    requested: str
    target: str
    fallbacks: tuple[str, ...]
    why: str
    method: str
    url: str
    headers: dict[str, str]
    """Without secrets."""
    body: Any
    losses: list[dict[str, str]]


@click.command("explain")
@click.argument("file", type=click.File("rb"))
@click.option("--model", help="Ask for this model instead of the request's.")
@plugins_option
@config_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    file: BinaryIO,
    model: str | None,
    plugins: list[str] | None,
    config: Path | None,
    as_json: bool,
) -> None:
    """Show what would be sent upstream for a request, and what is lost on the way.

    FILE holds the body of a POST to /v1/messages; `-` reads it from stdin. Nothing is sent.
    """
    settings = load_settings(config, {"plugins": plugins})
    raw = file.read()
    if not raw.strip():
        raise Failed(f"{_source(file)} is empty; it should hold the body of a request")
    explanation = _explain(raw, model, settings)
    if as_json:
        print_json(msgspec.to_builtins(explanation))
    else:
        _print(explanation)


def _source(file: BinaryIO) -> str:
    return "stdin" if file.name in {"<stdin>", "-", 0} else str(file.name)


def _explain(raw: bytes, model: str | None, settings: Settings) -> Explanation:
    from proxy_core.anthropic.request import InvalidRequest, parse
    from proxy_core.anthropic.rules import check_messages
    from proxy_core.assembly import make_router, translate
    from proxy_core.ledger import Ledger
    from proxy_core.plugins import load_allowed
    from proxy_core.routing import UnknownModel

    router = make_router(load_allowed(settings), settings)
    ledger = Ledger()
    try:
        request = parse(raw)
        check_messages(request)
        if model is not None:
            request = msgspec.structs.replace(request, model=model)
        route = router.route(request.model)
        target = route.targets[0]
        upstream = translate(request, target, router, settings, ledger)
    except (InvalidRequest, UnknownModel, Unsupported) as error:
        raise Failed(f"the request would be refused: {error}") from error
    return Explanation(
        requested=request.model,
        target=target.name,
        fallbacks=tuple(further.name for further in route.targets[1:]),
        why=route.why,
        method=upstream.method,
        url=target.provider.base_url.rstrip("/") + upstream.path,
        headers=_headers(target, dict(upstream.headers), settings),
        body=json.loads(upstream.body) if upstream.body else None,
        losses=[_loss(loss) for loss in ledger],
    )


def _headers(target: Target, headers: dict[str, str], settings: Settings) -> dict[str, str]:
    provider = target.provider
    own = dict.fromkeys(settings.headers_for(provider), MASK)  # the user may keep keys there
    given = {**provider.headers, **own, **target.options.extra_headers, **headers}
    shown = {"content-type": "application/json"}
    shown |= {name.lower(): value for name, value in given.items()}
    if settings.key_for(provider) is not None:
        shown[provider.key_header] = f"{provider.key_scheme} {MASK}".strip()
    elif provider.key_required and provider.key_header not in shown:
        shown[provider.key_header] = f"(no key set: {' or '.join(provider.key_env)})"
    return shown


def _loss(loss: Loss) -> dict[str, str]:
    return {"path": loss.path, "kind": loss.kind.value, "reason": loss.reason.value}


def _print(told: Explanation) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    width = console.width if console.is_terminal else None

    def line(title: str, text: str, style: str = "") -> None:
        console.print(Text.assemble((f"{title:<9}", "bold"), (text, style)), soft_wrap=True)

    line("model", f"{told.requested} -> {told.target}")
    line("why", told.why)
    if told.fallbacks:
        line("then", ", ".join(told.fallbacks))
    line("request", f"{told.method} {told.url}")
    for name, value in told.headers.items():
        line("", f"{name}: {value}")
    if width is None:
        console.out(json.dumps(told.body, indent=2, ensure_ascii=False))
    else:
        for number, part in enumerate(_outline(told.body)):
            cut = part if len(part) <= width - 9 else part[: width - 10] + "…"
            line("" if number else "body", cut, "cyan")
        line("", "(cut to the width of the terminal; whole with --json, or in a pipe)")
    if not told.losses:
        line("losses", "none")
    for number, loss in enumerate(told.losses):
        line("" if number else "losses", f"{loss['path']}: {loss['kind']} ({loss['reason']})")


def _outline(body: Any) -> Iterator[str]:
    """A body with a line for each field, and for each item of a list."""
    for name, value in body.items() if isinstance(body, dict) else [("", body)]:
        if isinstance(value, list) and value:
            yield f"{name}:"
            yield from (f"  {json.dumps(item, ensure_ascii=False)}" for item in value)
        else:
            yield f"{name}: {json.dumps(value, ensure_ascii=False)}"
