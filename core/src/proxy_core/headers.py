"""Which headers may leave, whoever asked for them: grammar and reserved names."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token, RFC 9110 section 5.6.2
_VALUE = re.compile(r"[!-~]([ \t!-~]*[!-~])?")  # visible ASCII, blanks only inside

FRAMING = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that say how a message travels: the HTTP client's own business."""

SECRET = frozenset(
    {
        "api-key",
        "authorization",
        "cookie",
        "ocp-apim-subscription-key",
        "proxy-authorization",
        "x-api-key",
        "x-auth-token",
        "x-goog-api-key",
    }
)
"""Headers that carry credentials; core alone sets them."""

_TELLING = frozenset({"user-agent", "x-app"})
_TELLING_PREFIXES = ("anthropic-", "x-claude-code-", "x-stainless-")


def of_client(given: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Of a client's headers those that a plugin may see, names in lower case.

    They say which API version and features the client speaks and what it is; none of them
    carries a credential. A header sent more than once is a list (RFC 9110, 5.3).
    """
    seen: dict[str, str] = {}
    for raw_name, raw_value in given:
        name = raw_name.decode("latin-1").lower()
        if name not in _TELLING and not name.startswith(_TELLING_PREFIXES):
            continue
        value = raw_value.decode("latin-1").strip()
        if fault(name, value) is None:
            seen[name] = f"{seen[name]}, {value}" if name in seen else value
    return seen


def fault(name: str, value: str) -> str | None:
    """Why a header cannot be sent as it is; None when it can. Never shows the value."""
    if not _NAME.fullmatch(name):
        return f"{name!r} is no header name"
    if value and not _VALUE.fullmatch(value):
        return f"the value of {name} is no header value"
    if name.lower() in FRAMING:
        return f"{name} is set by the HTTP client"
    return None
