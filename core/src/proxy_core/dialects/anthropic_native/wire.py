"""The parts of an answer that are read, whether it is passed on or told."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from msgspec import Raw, Struct

from proxy_core.contract import ProtocolError, Usage

Kind = TypeVar("Kind", bound="_Typed")


class _Typed(Struct):
    """What every event and every whole answer begins with."""

    type: str = ""
    error: Any = None


class WireUsage(Struct):
    """Token counts; a later event leaves out what has not changed."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None

    def over(self, known: Usage) -> Usage:
        """`known` with what is told here."""
        told = {name: count for name in self.__struct_fields__ if (count := getattr(self, name))}
        return msgspec.structs.replace(known, **told)


class Block(Struct):
    """A content block, or its beginning."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    id: str = ""
    name: str = ""
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
    usage: WireUsage | None = None


class Event(_Typed):
    """One event of a stream."""

    index: int = 0
    message: Message | None = None
    content_block: Block | None = None
    delta: Delta | None = None
    usage: WireUsage | None = None


_event = msgspec.json.Decoder(Event)
_message = msgspec.json.Decoder(Message)


def stop_told(ending: Message | Delta) -> str | None:
    """The stop sequence that ended an answer; what is no text names none."""
    return ending.stop_sequence if isinstance(ending.stop_sequence, str) else None


def read_event(data: bytes) -> Event:
    """Raises `ProtocolError`."""
    return _read(_event, data)


def read_message(data: bytes) -> Message:
    """A whole answer: a message or an error. Raises `ProtocolError`."""
    message = _read(_message, data)
    if message.type not in ("message", "error"):
        raise ProtocolError("neither a message nor an error")
    return message


def _read(decoder: msgspec.json.Decoder[Kind], data: bytes) -> Kind:
    """Decode bytes that are UTF-8 throughout: the decoder does not look into what it skips."""
    try:
        data.decode()
        read = decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProtocolError(f"not an Anthropic answer ({type(error).__name__})") from error
    if not read.type and read.error:
        read.type = "error"  # in OpenAI's shape: gateways before other servers
    return read
