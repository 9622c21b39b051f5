"""The parts of an answer that are read, whether it is passed on or told."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from proxy_core.contract import ProtocolError, Usage

Kind = TypeVar("Kind", bound="_Typed")
Part = TypeVar("Part", bound=Struct)

_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_input_tokens",
    "cache_creation_input_tokens",
)


class _Typed(Struct):
    """What every event and every whole answer begins with."""

    type: str = ""
    error: Any = None


class Block(Struct):
    """A content block, or its beginning."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str | None = None
    name: str | None = None
    input: Raw = Raw(b"{}")


class Delta(Struct):
    """What a delta adds, or how a message ends."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None
    stop_sequence: Any = None


class Message(_Typed):
    """A whole message, or the beginning of a streamed one."""

    content: list[Block] | None = None
    stop_reason: str | None = None
    stop_sequence: Any = None
    usage: Any = None


class Event(_Typed):
    """One event of a stream."""

    index: int = 0
    message: Message | None = None
    content_block: Block | None = None
    delta: Delta | None = None
    usage: Any = None


_event = msgspec.json.Decoder(Event)
_message = msgspec.json.Decoder(Message)
_PARTS: Mapping[str, type[Struct]] = {"message": Message, "content_block": Block, "delta": Delta}


def stop_told(ending: Message | Delta) -> str | None:
    """The stop sequence that ended an answer; what is no text names none."""
    return ending.stop_sequence if isinstance(ending.stop_sequence, str) else None


def usage_over(told: Mapping[str, Any], known: Usage) -> Usage:
    """`known` with what is told here; a later event leaves out what has not changed.

    Whatever is no count is taken for absent.
    """
    counts = {name: told.get(name) for name in _COUNTS}
    new = {name: count for name, count in counts.items() if type(count) is int and count > 0}
    return msgspec.structs.replace(known, **new)


def read_event(data: bytes, *, passing: bool = False) -> Event:
    """One event; with `passing`, whatever it holds that is of no known type is left out.

    Raises `ProtocolError`.
    """
    return _read(_event, data, passing)


def read_message(data: bytes, *, passing: bool = False) -> Message:
    """A whole answer, a message or an error, read as events are. Raises `ProtocolError`."""
    message = _read(_message, data, passing)
    if message.type not in ("message", "error"):
        raise ProtocolError("neither a message nor an error")
    return message


def _read(decoder: msgspec.json.Decoder[Kind], data: bytes, passing: bool) -> Kind:
    """Decode bytes that are UTF-8 throughout: the decoder does not look into what it skips."""
    try:
        data.decode()
        read = _decode(decoder, data, passing)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"not an Anthropic answer ({type(error).__name__})") from error
    if not read.type and read.error:
        read.type = "error"  # in OpenAI's shape: gateways before other servers
    return read


def _decode(decoder: msgspec.json.Decoder[Kind], data: bytes, passing: bool) -> Kind:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError:
        found = msgspec.json.decode(data)
        if not passing or not isinstance(found, dict):
            raise
        return _fitted(decoder.type, found)


def _fitted(kind: type[Part], found: Any) -> Part:
    """What of an object has the types that are read: the rest is passed on all the same, and may
    be of a later version of the API."""
    told: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind) if isinstance(found, dict) else ():
        value = found.get(field.name)
        if field.name in _PARTS and isinstance(value, dict):
            told[field.name] = _fitted(_PARTS[field.name], value)
        elif field.name == "content" and isinstance(value, list):
            told[field.name] = [_fitted(Block, one) for one in value]
        else:
            with suppress(msgspec.ValidationError):
                told[field.name] = msgspec.convert(value, field.type)
    return kind(**told)
