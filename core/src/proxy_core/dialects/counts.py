"""What vendors' own counters of tokens answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from proxy_core.contract import ProtocolError

_LARGEST = 1 << 53
"""Beyond it a number is no count, and JSON readers lose its end."""

_decode = msgspec.json.Decoder().decode


def count_reader(*names: str) -> Callable[[bytes], int]:
    """A reader, for a `CountCall`, of the count that an answer holds under these names, each
    inside the one before it.

    The reader raises `ProtocolError` for an answer without a count there.
    """

    def read(body: bytes) -> int:
        found = _decoded(body)
        for name in names:
            found = found.get(name) if isinstance(found, dict) else None
        if type(found) is not int or not 0 <= found <= _LARGEST:
            raise ProtocolError(f"there is no count of tokens in {'.'.join(names)} of the answer")
        return found

    return read


def _decoded(body: bytes) -> Any:
    try:
        return _decode(body)
    except (ValueError, RecursionError):
        return None
