"""docs/losses.md: what becomes of each field at each provider, found out by asking."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from proxy_core.anthropic.request import parse
from proxy_core.contract import Unsupported
from proxy_core.ledger import EXPLANATIONS, MEANINGFUL, Ledger, Loss, LossKind, Reason
from tests.support.loss_fields import FIELDS, Field
from tests.support.shipped import Shipped, shipped

PAGE = Path(__file__).parents[3] / "docs" / "losses.md"

COLUMNS = {
    "anthropic": "anthropic/claude-opus-5-5",
    "openai": "openai/gpt-6.1-sol",
    "openai (chat)": "openai/gpt-6-luna (chat)",
    "any Chat server": "acme/some-model",
    "groq": "groq/openai/gpt-oss-120b",
    "gemini": "gemini/gemini-4-carbon",
    "moonshot": "moonshot/kimi-k3",
    "moonshot (chat)": "moonshot/kimi-k2.6 (chat)",
    "deepseek-anthropic": "deepseek-anthropic/deepseek-v4-pro",
}
"""Heads of the matrix, and the card and model behind each."""

_HEAD = """\
# What is lost, and where

Whatever a request asks for and a provider cannot be told is noted: in the header `x-proxy-losses`,
in the log, and with its place by `proxy explain`. This page is made by asking: a request for each
field is translated for each provider, and the ledger is read.

`python -m tests.support.pages` writes it anew; a test compares it with the code.

- **exact**: sent as it is, or in the provider's own words for the same;
- **bent**: sent in another form, or seen to by the proxy; the reason stands beside it;
- **dropped**: not sent, for the reason beside it;
- **refused**: the request gets a 400 that names the place, because the answer would be wrong.

"""

_REASONS_HEAD = """
## Reasons

With `--strict`, a request with a loss for one of the reasons marked **strict** is refused: these
change what the model is asked or what the client gets. The others change neither.

| reason | meaning | |
| --- | --- | --- |
"""


def cell(field: Field, to: Shipped) -> str:
    """What becomes of the field at one provider."""
    request = parse(json.dumps(field.request).encode())
    ledger = Ledger()
    try:
        to.plugin.proxy_translate_request(request, to.target, ledger)
    except Unsupported:
        return "refused"
    losses = [loss for loss in ledger if _concerns(loss, field.path)]
    if not losses:
        return "exact"
    dropped = [loss for loss in losses if _is_gone(loss)]
    reasons = dict.fromkeys(loss.reason.value for loss in dropped or losses)
    gone = any(field.path.startswith(loss.path) for loss in dropped) or len(dropped) == len(losses)
    return f"{'dropped' if gone else 'bent'} ({', '.join(reasons)})"


def _is_gone(loss: Loss) -> bool:
    return loss.kind is LossKind.DROPPED and loss.reason is not Reason.EMULATED


def _concerns(loss: Loss, path: str) -> bool:
    at, place = f"{loss.path}/", f"{path}/"
    return at.startswith(place) or place.startswith(at)


def rows() -> Iterator[tuple[str, list[str]]]:
    """Each field's name with its cells."""
    known = {one.name: one for one in shipped()}
    columns = [known[name] for name in COLUMNS.values()]
    for field in FIELDS:
        yield field.name, [cell(field, column) for column in columns]


def page() -> str:
    """The whole page."""
    table = list(rows())
    kinds = Counter(told.partition(" ")[0] for _, cells in table for told in cells)
    total = sum(kinds.values())
    counts = ", ".join(f"{kinds[kind]} {kind}" for kind in ("exact", "bent", "dropped", "refused"))
    lines = [
        f"Of {total} cells: {counts}.\n\n",
        _row(["field", *COLUMNS]),
        _row(["---"] * (len(COLUMNS) + 1)),
        *(_row([name, *cells]) for name, cells in table),
    ]
    return _HEAD + "".join(lines) + _REASONS_HEAD + "".join(_reasons())


def _reasons() -> Iterator[str]:
    for reason, meaning in sorted(EXPLANATIONS.items()):
        yield _row([f"`{reason.value}`", meaning, "strict" if reason in MEANINGFUL else ""])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
