"""What an answer holds and nobody reads: noted by its place, whatever servers add.

An answer is decoded strictly, which costs hardly more than leniently. Only where that meets a
member that nobody expects it is decoded once more, to find the member's place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import islice
from types import UnionType
from typing import Any, Generic, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Raw, Struct

from proxy_core.contract import ProtocolError
from proxy_core.ledger import Ledger, LossKind, Reason, escaped

Left = Mapping[str, Mapping[str, str]]
"""By the name of a struct, the members that are left alone on purpose, each with the reason."""
Kind = type[Struct]
Answer = TypeVar("Answer", bound=Struct)


class AnswerDecoder(Generic[Answer]):
    """Decodes chunks and whole answers of one kind; what nobody reads of them is noted.

    `name` says in an error what the server should have sent. `kind` may also come as the first
    item of an array, where a server tells errors so.
    """

    def __init__(
        self, kind: type[Answer], left: Left, name: str, *, in_array: bool = False
    ) -> None:
        self._kind = kind
        self._left = left
        self._name = name
        self._shape: Any = kind | list[kind] if in_array else kind  # type: ignore[valid-type]
        self._decode = msgspec.json.Decoder(self._shape).decode
        self._decode_strictly = msgspec.json.Decoder(strict(kind, left)).decode

    def decode(self, data: bytes, ledger: Ledger) -> Answer:
        """One chunk or answer. Raises `ProtocolError`."""
        try:
            return cast(Answer, self._decode_strictly(data))
        except msgspec.ValidationError:
            return self._leniently(data, ledger)
        except (ValueError, RecursionError):
            return self._with_surrogates(data)

    def _leniently(self, data: bytes, ledger: Ledger) -> Answer:
        try:
            answer = self._first(self._decode(data))
        except msgspec.ValidationError as error:
            raise ProtocolError(f"not {self._name}: {error}") from None
        except (ValueError, RecursionError):
            return self._with_surrogates(data)
        note_unread(json.loads(data), self._kind, self._left, ledger)
        return answer

    def _with_surrogates(self, data: bytes) -> Answer:
        """Decode JSON with lone surrogates, which msgspec refuses.

        Servers that split text between UTF-16 units send each half of a pair in its own chunk.
        """
        try:
            return self._first(msgspec.convert(json.loads(data), self._shape))
        except msgspec.ValidationError as error:
            raise ProtocolError(f"not {self._name}: {error}") from None
        except (ValueError, RecursionError):
            raise ProtocolError("it holds what is not JSON") from None

    def _first(self, found: Any) -> Answer:
        if not isinstance(found, list):
            return cast(Answer, found)
        if not found:
            raise ProtocolError("an empty array instead of an answer")
        return cast(Answer, found[0])


def strict(kind: Kind, left: Left) -> Kind:
    """The same struct, and those in it, refusing members that neither they nor `left` name."""
    made: Kind = _strict(kind, left, {})
    return made


def _strict(kind: Kind, left: Left, made: dict[Kind, Any]) -> Any:
    if kind in made:
        return made[kind]
    made[kind] = kind  # a struct inside itself stays lenient there
    hints = get_type_hints(kind)
    fields: list[tuple[str, Any, Any]] = [
        (
            field.name,
            _inside(hints[field.name], left, made),
            msgspec.field(name=field.encode_name, default=field.default),
        )
        for field in msgspec.structs.fields(kind)
    ]
    fields += [
        (f"left_{index}", Raw, msgspec.field(name=name, default=_NONE))
        for index, name in enumerate(left.get(kind.__name__, ()))
    ]
    made[kind] = msgspec.defstruct(
        f"Strict{kind.__name__}", fields, bases=(kind,), forbid_unknown_fields=True
    )
    return made[kind]


_NONE = Raw(b"null")


def _inside(hint: Any, left: Left, made: dict[Kind, Any]) -> Any:
    if isinstance(hint, type) and issubclass(hint, Struct):
        return _strict(hint, left, made)
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return Union[tuple(_inside(one, left, made) for one in inner)]  # noqa: UP007
    if origin is list:
        return list[_inside(inner[0], left, made)]  # type: ignore[misc]
    return hint


_NOTHING: tuple[Any, ...] = (None, "", [], {})
"""What says nothing, whatever its member is called."""


def unread(value: Any, kind: Any, left: Left, path: str = "") -> Iterator[str]:
    """JSON pointers of the members of a decoded answer that neither `kind` nor `left` name."""
    struct, item = _shapes(kind)
    if isinstance(value, dict) and struct is not None:
        known = _members(struct)
        for name, inner in value.items():
            place = f"{path}/{escaped(name)}"
            if name in known:
                yield from unread(inner, known[name], left, place)
            elif name not in left.get(struct.__name__, ()) and inner not in _NOTHING:
                yield place
    elif isinstance(value, list) and item is not None:
        for index, inner in enumerate(value):
            yield from unread(inner, item, left, f"{path}/{index}")


@cache
def _shapes(kind: Any) -> tuple[Kind | None, Any]:
    """The struct that `kind` may be, and the items if it may be a list."""
    struct, item = None, None
    for one in get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,):
        if get_origin(one) is list:
            item = get_args(one)[0]
        elif isinstance(one, type) and issubclass(one, Struct):
            struct = one
    return struct, item


@cache
def _members(kind: Kind) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.encode_name: hints[field.name] for field in msgspec.structs.fields(kind)}


_MOST = 64
"""Notes of one answer: a server may invent members without end."""


def note_unread(value: Any, kind: Any, left: Left, ledger: Ledger, path: str = "") -> None:
    """Note what of a decoded answer, or of the part of it at `path`, nobody reads."""
    for place in islice(unread(value, kind, left, path), _MOST):
        if len(ledger) < _MOST:
            ledger.note(place, LossKind.DROPPED, Reason.UNKNOWN_FIELD)
