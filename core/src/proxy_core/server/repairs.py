"""What refusals have taught: quirks under which a model is asked from the start.

This spares each request the refusal of the one before. It is no state of any conversation:
another process learns the same again, by one refused request for each model.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from proxy_core.contract import ErrorVerdict, Repair, Target
from proxy_core.server.headers import printable

_log = logging.getLogger("proxy_core.server")

_MOST_MODELS = 256
"""Their names are the client's to invent; the one learned first is forgotten first."""


class Lessons:
    """Quirks by provider and model, for as long as the process runs."""

    def __init__(self) -> None:
        self._quirks: dict[str, dict[str, Any]] = {}

    def of(self, target: Target) -> Mapping[str, Any]:
        """What was learned of the target's model; empty if nothing was."""
        return self._quirks.get(target.name, {})

    def learn(self, target: Target, repair: Repair, outcome: ErrorVerdict | None) -> None:
        """Keep a lasting repair that helped, as `outcome`, the repaired request's own, shows.

        Refused for something else, the request has at least got further than before; any other
        failure proves nothing.
        """
        helped = outcome is None or outcome.repair not in (None, repair)
        if not helped or not repair.lasting:
            return
        known = self._quirks.get(target.name, {})
        learned = {**known, **repair.quirks}
        if learned == known:
            return
        self._quirks[target.name] = learned
        if len(self._quirks) > _MOST_MODELS:
            del self._quirks[next(iter(self._quirks))]
        _log.warning(
            "%s refused a request, and took it with other quirks (%s); it is asked so from now on",
            printable(target.name),
            ", ".join(sorted(repair.quirks)),
        )
