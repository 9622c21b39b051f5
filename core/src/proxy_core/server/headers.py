"""Response headers that tell a client of limits, retries, targets and losses."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from proxy_core.contract import About, ErrorVerdict, Target
from proxy_core.ledger import Ledger

LONGEST_WAIT = 60.0
"""Seconds. Clients obey `retry-after` without a cap of their own, so longer waits are told
together with `x-should-retry: false`: better to stop than to sleep for hours."""

_LONGEST_HEADER = 4096
OF_AN_ACCOUNT = frozenset({About.KEY, About.QUOTA, About.PERMISSION})
"""What only the owner of the account can mend: a client that shows a key of its own, or else the
user of this proxy."""
_HOPELESS = OF_AN_ACCOUNT | {About.ADDRESS, About.CONTENT_FILTER}
"""What a retry cannot mend; Claude Code would try for minutes."""

_COUNT = re.compile("[0-9]{1,20}")
_DURATION = re.compile(
    r"(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?", re.ASCII
)


def answer_headers(
    target: Target,
    fallbacks: Sequence[str],
    ledger: Ledger,
    upstream: Mapping[str, str],
    *,
    relayed: bool = False,
) -> list[tuple[str, str]]:
    """Headers of a successful answer; those that came with one that is relayed stay as they are."""
    headers = [("x-proxy-target", printable(target.name))]
    if fallbacks:
        headers.append(("x-proxy-fallback", printable(", ".join(fallbacks))))
    if len(ledger):
        headers.append(("x-proxy-losses", ledger.header()))
    if relayed:
        return headers + [(name, printable(value)) for name, value in upstream.items()]
    return headers + rate_limits(upstream)


def error_headers(verdict: ErrorVerdict) -> list[tuple[str, str]]:
    """Headers of an error: whether and when to try again; those of one that is relayed stay."""
    if verdict.body or verdict.headers:
        return [(name, printable(value)) for name, value in verdict.headers]
    headers = []
    wait = verdict.retry_after
    if wait is not None and math.isfinite(wait) and wait >= 0:
        headers.append(("retry-after", str(math.ceil(wait))))
    if verdict.about in _HOPELESS or (wait is not None and not wait <= LONGEST_WAIT):
        headers.append(("x-should-retry", "false"))
    return headers


def of_own_account(verdict: ErrorVerdict) -> ErrorVerdict:
    """The verdict on a request that was made with a key of this proxy's.

    An error that is relayed speaks of an account that is not the client's. Where it does not say
    whether to try again, Claude Code takes a refused key for a passing matter and tries ten times.
    """
    told = {name for name, _ in verdict.headers}
    relayed = verdict.body or verdict.headers
    if not relayed or verdict.about not in OF_AN_ACCOUNT or "x-should-retry" in told:
        return verdict
    headers = (*verdict.headers, ("x-should-retry", "false"))
    return msgspec.structs.replace(verdict, headers=headers)


def rate_limits(upstream: Mapping[str, str]) -> list[tuple[str, str]]:
    """OpenAI's `x-ratelimit-*` under Anthropic's names; Anthropic's own as they are."""
    found = []
    for name, value in upstream.items():
        if name.startswith("anthropic-ratelimit-"):
            found.append((name, printable(value)))
            continue
        match = re.fullmatch(r"x-ratelimit-(limit|remaining|reset)-(requests|tokens)", name)
        if match is None:
            continue
        text = _moment(value) if match[1] == "reset" else value if _COUNT.fullmatch(value) else None
        if text is not None:
            found.append((f"anthropic-ratelimit-{match[2]}-{match[1]}", text))
    return found


def _moment(duration: str) -> str | None:
    """When a duration such as `6m0s` or `20ms` from now is over, in RFC 3339."""
    match = _DURATION.fullmatch(duration.strip())
    if match is None or len(duration) > 32 or not any(match.groups()):
        return None
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in match.groups())
    try:
        wait = timedelta(hours=hours, minutes=minutes, seconds=seconds, milliseconds=milliseconds)
        moment = datetime.now(UTC) + wait
    except OverflowError:
        return None
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def printable(text: str) -> str:
    """`text` as a header value: no control characters, ASCII, of bounded length."""
    ascii_text = text.encode("ascii", "backslashreplace").decode()
    return re.sub(r"[\x00-\x1f\x7f]", " ", ascii_text)[:_LONGEST_HEADER]
