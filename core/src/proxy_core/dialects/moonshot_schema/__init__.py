"""JSON Schema as Kimi's servers take it, over Chat Completions and over the Messages API alike.

Sources: MFJS, "Moonshot Flavored JSON Schema", specification and validator at
github.com/MoonshotAI/walle, 2026; the older, stricter validator of hosts that resell Kimi as
kimi-cli and Vercel's provider know it. What a server merely ignores is left in place: the model
reads it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import msgspec

from proxy_core.dialects.moonshot_schema.fitting import Fitting

__all__ = ["Fitted", "fitted"]

_CACHED_LENGTH = 16 << 10


class Fitted(NamedTuple):
    """A schema fit to send, and the pointers of what was changed in it."""

    schema: bytes
    changed: tuple[str, ...]


def fitted(schema: bytes) -> Fitted:
    """The schema of an object in the dialect; the very same bytes where it is that already.

    Raises `msgspec.DecodeError` for what is no JSON and `RecursionError` for what is too deep.
    """
    return (_cached if len(schema) <= _CACHED_LENGTH else _fitted)(schema)


def _fitted(schema: bytes) -> Fitted:
    root = msgspec.json.decode(schema)
    if not isinstance(root, dict):
        return Fitted(schema, ())
    fitting = Fitting(root)
    made = fitting.root()
    changed = tuple(dict.fromkeys(fitting.changed))
    return Fitted(msgspec.json.encode(made), changed) if changed else Fitted(schema, ())


_cached = lru_cache(maxsize=1024)(_fitted)
"""A client sends the same tools with every turn."""
