"""What the quirks of every dialect have in common: they are changed by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

import msgspec

from proxy_core.contract import Target


@dataclass(frozen=True)
class QuirkSet:
    """The quirks of a dialect are a frozen dataclass made from this one, with their defaults."""

    @classmethod
    def of(cls, target: Target) -> Self:
        """The quirks of a model: the defaults, the vendor's, the model's own."""
        return cls().but(target.provider.quirks, target.facts.quirks)

    def but(self, *changes: Mapping[str, Any]) -> Self:
        """These quirks with changes by name, the last one winning.

        Raises `ValueError` for a name or a value that no quirk has: users write them too.
        """
        kind: type = type(self)
        fields = _fields(kind)
        changed = {name: value for change in changes for name, value in change.items()}
        unknown = sorted(changed.keys() - fields.keys())
        if unknown:
            raise ValueError(f"there is no quirk {unknown[0]!r}")
        read = {name: _read(name, value, fields[name]) for name, value in changed.items()}
        return replace(self, **read)


@cache
def _fields(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _read(name: str, value: object, kind: Any) -> Any:
    try:
        # Variables and `proxy check --quirk` have nothing but text: `4` is a number there.
        return msgspec.convert(value, kind, strict=False)
    except msgspec.ValidationError as error:
        words = ", ".join(_words(kind))
        raise ValueError(f"{name}: {error}" + f" (it knows: {words})" * bool(words)) from None


def _words(kind: Any) -> Iterator[str]:
    """The words that a type knows, where it does not take any."""
    if get_origin(kind) is Literal:
        yield from map(str, get_args(kind))
    else:
        for part in get_args(kind):
            yield from _words(part)
