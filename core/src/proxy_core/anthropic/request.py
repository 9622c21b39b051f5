"""Reading a client's request: typed, lenient, and nothing thrown away.

A field or block this version does not know is kept raw and listed by its place; only what
breaks the structure itself is refused. Messages are read one at a time from their raw bytes,
first strictly (everything known: the common case, one pass) and, where that fails, field by
field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from msgspec import Raw, Struct

from proxy_core.anthropic.content import (
    ABSENT,
    Message,
    Metadata,
    OutputConfig,
    OutputFormat,
    TextBlock,
    Thinking,
    Tool,
    ToolChoice,
    UnknownBlock,
    WireMessage,
    is_given,
)
from proxy_core.contract import ProxyError
from proxy_core.ledger import escaped


class InvalidRequest(ProxyError):
    """The body is not a Messages request; the client gets a 400 with this text."""


class MessagesRequest(Struct, frozen=True, kw_only=True):
    """One request of the Messages API, or of `count_tokens` (then without `max_tokens`).

    Fields of raw JSON are those that core only passes on or names in the ledger.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int | None = None
    system: tuple[TextBlock, ...] = ()
    stream: bool = False
    stop_sequences: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: OutputFormat | None = None
    metadata: Metadata | None = None
    service_tier: str | None = None
    speed: str | None = None
    inference_geo: str | None = None
    cache_control: Raw = ABSENT
    container: Raw = ABSENT
    diagnostics: Raw = ABSENT
    user_profile_id: Raw = ABSENT
    context_management: Raw = ABSENT
    compaction: Raw = ABSENT
    thread: Raw = ABSENT
    mcp_servers: Raw = ABSENT
    fallbacks: Raw = ABSENT
    fallback_credit_token: Raw = ABSENT
    billing_policy: Raw = ABSENT
    safeguards: Raw = ABSENT
    unknown: Mapping[str, Raw] = {}
    """What this version does not know, by JSON pointer."""
    body: bytes = b""
    """The request as it came."""
    headers: Mapping[str, str] = {}
    """The client's headers that a plugin may see (`proxy_core.headers.of_client`)."""
    query: str = ""
    """What stood after the `?` of the client's address."""


_OWN_FIELDS = frozenset({"messages", "system", "unknown", "body", "headers", "query"})
_JSON_FIELDS = {
    field.name: field.type
    for field in msgspec.structs.fields(MessagesRequest)
    if field.name not in _OWN_FIELDS
}
_NULLABLE = {"system", "stream", "stop_sequences", "tools"}
"""Fields for which clients may write null where the API means absent."""


MAX_MODEL_NAME = 1024
"""Characters. Routes, counts and models are remembered by name; no vendor has one so long."""


def parse(body: bytes) -> MessagesRequest:
    """Read a request body. Raises `InvalidRequest` with a message fit for the client."""
    _refuse_bad_utf8(body)
    try:
        return _parse(body)
    except RecursionError:
        raise InvalidRequest("The request body is nested too deeply.") from None
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"The request body is not valid JSON: {error}.") from None


def _refuse_bad_utf8(body: bytes) -> None:
    """The decoder checks the escapes of what it skips, but not its bytes."""
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            f"The request body is not valid UTF-8 at byte {error.start}."
        ) from None


def _parse(body: bytes) -> MessagesRequest:
    fields = _object(body, "")
    unknown: dict[str, Raw] = {}
    values: dict[str, Any] = {"unknown": unknown, "body": body}
    for name, raw in fields.items():
        if name in _NULLABLE and not is_given(raw):
            continue
        if name == "messages":
            values[name] = _read_messages(raw, unknown)
        elif name == "system":
            values[name] = _read_text(raw, f"/{name}", unknown)
        elif name in _JSON_FIELDS:
            values[name] = _read(_JSON_FIELDS[name], raw, f"/{name}", unknown)
        else:
            unknown[f"/{escaped(name)}"] = raw
    for name in ("model", "messages"):
        if name not in values:
            raise InvalidRequest(f"{name}: Field required")
    if len(values["model"]) > MAX_MODEL_NAME:
        raise InvalidRequest(f"model: String should have at most {MAX_MODEL_NAME} characters")
    return MessagesRequest(**values)


def _read_messages(raw: Raw, unknown: dict[str, Raw]) -> tuple[Message, ...]:
    wires = _read(tuple[WireMessage, ...], raw, "/messages", unknown)
    return tuple(_message(wire) for wire in wires)


def _message(wire: WireMessage) -> Message:
    content = wire.content
    blocks = (TextBlock(text=content),) if isinstance(content, str) else content
    return Message(
        role=wire.role,
        content=blocks,
        clear_at=wire.clear_at,
        output_config=wire.output_config,
    )


def _read_text(raw: Raw, path: str, unknown: dict[str, Raw]) -> tuple[TextBlock, ...]:
    text: str | tuple[TextBlock, ...] = _read(str | tuple[TextBlock, ...], raw, path, unknown)
    return (TextBlock(text=text),) if isinstance(text, str) else text


# -- strict first, then field by field -----------------------------------------------------


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


def _read(kind: Any, raw: Raw, path: str, unknown: dict[str, Raw]) -> Any:
    try:
        return _decoder(kind).decode(raw)
    except msgspec.ValidationError as error:
        return _read_leniently(kind, raw, path, unknown, error)


def _read_leniently(
    kind: Any, raw: Raw, path: str, unknown: dict[str, Raw], error: msgspec.ValidationError
) -> Any:
    """Descend where `kind` allows it, keeping aside what it does not know."""
    structs, item = _alternatives(kind)
    opening = bytes(memoryview(raw)[:1])
    if opening == b"{" and structs:
        return _read_object(structs, raw, path, unknown)
    if opening == b"[" and item is not None:
        if _alternatives(item)[0]:
            _refuse_other_than_objects(raw, path)
        return tuple(_read_items(item, _array(raw, path), path, unknown))
    raise InvalidRequest(_wording(path, error))


@cache
def _alternatives(kind: Any) -> tuple[dict[Any, type[Struct]], Any]:
    """The structs that `kind` may be, by tag, and the item type if it may be a tuple."""
    structs: dict[Any, type[Struct]] = {}
    item = None
    is_union = get_origin(kind) in (Union, UnionType)
    for member in get_args(kind) if is_union else (kind,):
        if get_origin(member) is tuple:
            item = get_args(member)[0]
        elif isinstance(member, type) and issubclass(member, Struct):
            structs[member.__struct_config__.tag] = member
    return structs, item


def _read_items(kind: Any, items: list[Raw], path: str, unknown: dict[str, Raw]) -> Iterator[Any]:
    """Read each item. An unknown block keeps its place only where blocks of many types may be."""
    for index, raw in enumerate(items):
        value = _read(kind, raw, f"{path}/{index}", unknown)
        if isinstance(value, UnknownBlock) and kind is TextBlock:
            unknown[f"{path}/{index}"] = raw
        else:
            yield value


def _read_object(
    structs: dict[Any, type[Struct]], raw: Raw, path: str, unknown: dict[str, Raw]
) -> Any:
    fields = _object(raw, path)
    if None in structs:
        return _read_struct(structs[None], fields, path, unknown)
    tag = _read(str, fields.pop("type", Raw(b"null")), f"{path}/type", unknown)
    if tag not in structs:
        return UnknownBlock(type=tag, raw=raw)
    return _read_struct(structs[tag], fields, path, unknown)


def _read_struct(
    kind: type[Struct], fields: dict[str, Raw], path: str, unknown: dict[str, Raw]
) -> Any:
    values = {}
    for field in msgspec.structs.fields(kind):
        raw = fields.pop(field.encode_name, None)
        if raw is not None:
            place = f"{path}/{escaped(field.encode_name)}"
            values[field.name] = _read(field.type, raw, place, unknown)
        elif field.required:
            raise InvalidRequest(f"{_dotted(f'{path}/{field.encode_name}')}: Field required")
    unknown.update({f"{path}/{escaped(name)}": raw for name, raw in fields.items()})
    return kind(**values)


def _object(raw: bytes | Raw, path: str) -> dict[str, Raw]:
    try:
        return _decoder(dict[str, Raw]).decode(raw)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        raise InvalidRequest(_wording(path, error)) from None


class _Object(Struct, gc=False):
    """Any object, none of it read."""


def _refuse_other_than_objects(raw: Raw, path: str) -> None:
    """Stops at the first item that is no object; a list of all items raw costs ten times more,
    and a body may hold millions."""
    try:
        _decoder(list[_Object]).decode(raw)
    except msgspec.ValidationError as error:
        raise InvalidRequest(_wording(path, error)) from None


def _array(raw: Raw, path: str) -> list[Raw]:
    try:
        return _decoder(list[Raw]).decode(raw)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        raise InvalidRequest(_wording(path, error)) from None


# -- words ---------------------------------------------------------------------------------


def _dotted(path: str) -> str:
    """Anthropic's way to name a place: `messages.0.content.1`."""
    return path.strip("/").replace("/", ".")


def _wording(path: str, error: msgspec.ValidationError) -> str:
    reason, _, inner = str(error).partition(" - at ")
    place = _dotted(path) + inner.strip("`").removeprefix("$").replace("[", ".").replace("]", "")
    place = place.strip(".")
    return f"{place}: {reason}" if place else f"The request body is not a request: {reason}."
