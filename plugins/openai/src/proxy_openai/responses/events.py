"""What the server sends, as far as it is read: events of a stream, and the items they tell of.

There are some sixty types of events and of items, and their number grows: what is not known is
left alone, so its fields may hold anything.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from proxy_core.contract import ProtocolError


class Event(Struct):
    """One event; a field means the same in every type that is read."""

    type: Any = None
    output_index: Any = None
    item_id: Any = None
    summary_index: Any = None
    content_index: Any = None
    delta: Any = None
    arguments: Any = None
    item: Any = None
    response: Any = None
    error: Any = None
    code: Any = None
    message: Any = None
    param: Any = None


_decode_event = msgspec.json.Decoder(Event).decode


def read_event(data: bytes) -> Event:
    """Decode one event. Raises `ProtocolError`."""
    try:
        return _decode_event(data)
    except (ValueError, RecursionError):
        # Lone surrogates, which msgspec refuses: half of a pair may stand in its own event.
        return msgspec.convert(_read_object(data), Event)


def read_response(data: bytes) -> dict[str, Any]:
    """Decode a whole answer. Raises `ProtocolError`."""
    return _read_object(data)


def _read_object(data: bytes) -> dict[str, Any]:
    try:
        read = json.loads(data)
    except (ValueError, RecursionError):
        raise ProtocolError("an answer that is not JSON") from None
    if not isinstance(read, dict):
        raise ProtocolError("an answer that is no JSON object")
    return read


# -- fields that may hold anything ---------------------------------------------------------


def text_in(value: Any) -> str:
    """A text that the client will see; null is none. Raises `ProtocolError` for anything else."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ProtocolError("a text that is no string")
    return value


def word_in(value: Any) -> str:
    """A word that says what something is; anything else says nothing."""
    return value if isinstance(value, str) else ""


def object_in(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """The objects in a list."""
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            yield item
