"""What no vendor should send: bytes of any kind, and answers with something wrong in them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

Draw = Callable[[st.SearchStrategy[Any]], Any]

_ODD: list[Any] = [
    *(None, True, 0, -1, 10**30, 1.5, "", "x", " ", "\ud83d", "\x00", "<think>"),
    *([], [None], {}, {"a": None}, [[[]]], [{}], {"type": "new"}),
]
ODD = st.sampled_from(_ODD)
"""JSON values that are of another type, form or size than expected."""

_SPECIAL = (
    *(b"", b"null", b"[]", b"{}", b"5", b'"text"', b"[" * 5000, b'{"a":' * 5000, b"NaN", b"{]"),
    *(b"\xff\xfe", b"\x00", b"<html>502 Bad Gateway</html>", b"data: \n\n", b"data: [DONE]\n\n"),
    *(b"data: {}\n\n", b"data: null\n\n", b"data: 5\n\n", b"event: error\ndata: {}\n\n"),
    *(b'data: {"error": {"message": "x"}}\n\n', b'data: {"error": 1}\n\n', b":\n\n", b"\r\r"),
    *(b"data: " + b"[" * 5000 + b"\n\n", b"retry: 1\nid: 1\n\n", b'data: {"choices": 5}\n\n'),
)


def hostile_bytes() -> st.SearchStrategy[bytes]:
    """Bodies and streams that are no answer at all."""
    special = st.sampled_from(_SPECIAL)
    joined = st.lists(special | st.binary(max_size=20), max_size=5).map(b"".join)
    odd_json = ODD.map(lambda value: json.dumps(value).encode())
    return special | joined | odd_json | st.binary(max_size=200)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each part of a JSON value, itself included."""
    yield path
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(inner, (*path, key))


def spoiled(draw: Draw, value: Any) -> Any:
    """The JSON value with one part of it replaced by an odd one, or left out."""
    chosen = draw(st.sampled_from(list(places(value))))
    odd, leave_out = draw(ODD), draw(st.booleans())
    if not chosen:
        return odd
    changed = copy.deepcopy(value)
    holder = changed
    for key in chosen[:-1]:
        holder = holder[key]
    if leave_out and isinstance(holder, dict):
        del holder[chosen[-1]]
    else:
        holder[chosen[-1]] = odd
    return changed


def spoiled_frame(draw: Draw, frame: bytes) -> bytes:
    """A server-sent event with something wrong in its JSON, or in its bytes."""
    head, mark, data = frame.partition(b"data: ")
    try:
        value = json.loads(data)
    except ValueError:
        return b"".join((frame, draw(hostile_bytes())))
    if draw(st.booleans()):
        place = draw(st.integers(0, len(frame)))
        return b"".join((frame[:place], draw(st.binary(max_size=4)), frame[place:]))
    return head + mark + json.dumps(spoiled(draw, value)).encode() + b"\n\n"
