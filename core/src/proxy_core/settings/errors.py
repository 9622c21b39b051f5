"""What is wrong with the configuration, in one line: what, where, and what to do."""

from __future__ import annotations

from difflib import get_close_matches

from proxy_core.contract import ProxyError


class SettingsError(ProxyError):
    """The configuration cannot be used. Never quotes a value, which may be a secret."""


def suggestion(word: str, known: list[str]) -> str:
    """What was probably meant, as a remark in brackets; empty when nothing is close."""
    close = get_close_matches(word, known, n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
