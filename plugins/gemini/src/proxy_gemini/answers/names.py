"""Names of called tools, given back as the client declared them."""

from __future__ import annotations

from collections.abc import Mapping

_PREFIXES = ("default_api:", "default_api.")
"""The module in which Gemini imagines its tools; at times it slips into a name."""


class ClientNames:
    """The declared tools of one request."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._folded: dict[str, str | None] = {}
        for sent, client in names.items():
            folded = sent.casefold()
            self._folded[folded] = None if folded in self._folded else client

    def of(self, told: str) -> str:
        """The client's name for a tool: exact, without a slip of the prefix, or in other case."""
        for name in (told, *(told.removeprefix(prefix) for prefix in _PREFIXES)):
            known = self._names.get(name) or self._folded.get(name.casefold())
            if known is not None:
                return known
        return told
