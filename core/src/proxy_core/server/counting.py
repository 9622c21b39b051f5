"""Answers to `count_tokens`: the plugin's or the vendor's own count, else the estimate.

Claude Code asks for some thirty counts at once and waits for them (`/context`). So a vendor is
asked a few at a time and has little time, and one that cannot tell is not asked again for a
while.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping

from pydantic import SecretStr

from proxy_core.contract import CountCall, ProtocolError, TokenCount, UpstreamFailure
from proxy_core.server.upstream import Upstream, UpstreamFault

PATIENCE = 3.0
"""Seconds for a vendor's count, the wait for its turn included."""
AT_ONCE = 8
"""Calls to one target at a time."""
_NONE_FOR = 600.0
"""Seconds for which a target without a counter is not asked."""
_BUSY_FOR = 10.0
"""The same, for one that is slow, throttled or broken."""
_NO_COUNTER = frozenset({401, 403, 404, 405, 410, 501})
"""Statuses that will be the same next time."""
_UNCOUNTABLE = frozenset({400, 413, 422})
"""Statuses that speak of this one request."""
_MAX_ANSWER = 64 << 10
_TARGETS = 256


class _Counter:
    """What is known of one target's counter."""

    def __init__(self) -> None:
        self.turns = asyncio.Semaphore(AT_ONCE)
        self.silent_until = 0.0


class VendorCounts:
    """Asks vendors for their own counts."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._counters: OrderedDict[str, _Counter] = OrderedDict()

    async def ask(self, call: CountCall, secrets: Mapping[str, SecretStr]) -> TokenCount | None:
        """The vendor's own count; None where it cannot be had in time."""
        counter = self._counter(call.request.target.name)
        try:
            async with asyncio.timeout(PATIENCE), counter.turns:
                if _now() < counter.silent_until:
                    return None
                async with self._upstream.send(call.request, secrets) as answer:
                    tokens = call.read(await answer.read_all(_MAX_ANSWER))
                    return TokenCount(tokens, "provider") if tokens > 0 else None
        except UpstreamFault as fault:
            counter.silent_until = max(counter.silent_until, _now() + _silence(fault.failure))
        except (TimeoutError, ProtocolError):
            counter.silent_until = max(counter.silent_until, _now() + _BUSY_FOR)
        return None

    def _counter(self, target: str) -> _Counter:
        counter = self._counters.setdefault(target, _Counter())
        self._counters.move_to_end(target)
        if len(self._counters) > _TARGETS:
            self._counters.popitem(last=False)
        return counter


def _silence(failure: UpstreamFailure) -> float:
    """Seconds for which a failed counter is left alone."""
    if failure.status in _UNCOUNTABLE:
        return 0.0
    return _NONE_FOR if failure.status in _NO_COUNTER else _BUSY_FOR


def _now() -> float:
    return asyncio.get_running_loop().time()
