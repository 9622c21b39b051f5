"""Names of tools, made fit for the server and given back to the client."""

from __future__ import annotations

import re
from hashlib import sha256

_UNFIT = re.compile(r"[^a-zA-Z0-9_-]")
_HEAD = 48
"""Characters kept of a renamed tool's name, so that the model still knows what it is."""


class ToolNames:
    """The names of one request's tools.

    A renamed tool's name depends on the client's name alone, so that a tool keeps its name
    from turn to turn.
    """

    def __init__(self, pattern: str) -> None:
        self._fits = re.compile(pattern)
        self._sent: dict[str, str] = {}
        self.renamed: dict[str, str] = {}
        """The client's names, by the names they were sent as; only those that differ."""

    def sent(self, name: str) -> str:
        """The name under which the server knows the client's tool `name`."""
        known = self._sent.get(name)
        if known is None:
            known = name if self._fits.fullmatch(name) else _fitting(name)
            self._sent[name] = known
            if known != name:
                self.renamed[known] = name
        return known


def _fitting(name: str) -> str:
    """A name that every server takes: it begins with a letter and ends in a digest."""
    head = _UNFIT.sub("_", name[:_HEAD])
    if not head[:1].isalpha():
        head = f"t{head}"
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{head}_{digest[:10]}"
