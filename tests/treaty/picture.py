"""A picture of the treaty: what plugins see of core, one line for each thing that has a name.

`tests/treaty/api.txt` holds the picture. Where the code differs from it,

    python -m tests.treaty.picture

writes it anew, if things were only added. What was changed or taken away breaks plugins, and so
does a new member without a default: that needs a new major version (`API_VERSION`). As long as the
first line does not say that the API is released, `--before-release` writes that too. From then on
what is added needs a new minor version.
"""

from __future__ import annotations

import dataclasses
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any

import msgspec
import pluggy
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from proxy_core import contract, hookspecs, ledger
from proxy_core.anthropic import carrier, content
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import API_VERSION, StreamTranslator
from proxy_core.dialects.openai_chat import OpenAIChat, Quirks

FILE = Path(__file__).with_name("api.txt")

Picture = dict[str, str]
"""What a thing is, by its name."""

_NEEDED = " (needed)"
"""Ends the line of what has no default: nobody could have given it before it was there."""
_MADE_ANEW = (msgspec.NODEFAULT, PydanticUndefined, dataclasses.MISSING)
"""In the place of a default that a factory makes."""


def picture() -> Picture:
    """The treaty as the code has it."""
    lines = dict(_hooks())
    for module in (contract, ledger, carrier, content):
        for name, kind in _public_classes(module):
            lines |= dict(_members(name, kind))
    lines |= dict(_members("MessagesRequest", MessagesRequest))
    lines |= dict(_members("Quirks", Quirks))
    lines |= dict(_methods("MessageWriter", MessageWriter))
    lines |= dict(_methods("OpenAIChat", OpenAIChat))
    for function in (carrier.seal, carrier.unseal):
        lines[function.__name__] = _signature(function)
    return lines


def read(file: Path = FILE) -> tuple[tuple[int, int], bool, Picture]:
    """The API version of the kept picture, whether it is released, and the picture."""
    head, *lines = file.read_text(encoding="utf-8").splitlines()
    _, version, *released = head.split()
    major, minor = version.split(".")
    told = (line.partition(": ") for line in lines)
    return (int(major), int(minor)), released == ["released"], {name: is_ for name, _, is_ in told}


def faults(kept: Picture, found: Picture) -> list[str]:
    """What breaks plugins: what was changed, taken away, or added without a default."""
    gone = [f"- {name}: {is_}" for name, is_ in kept.items() if name not in found]
    changed = [
        f"~ {name}: {is_}  was: {kept[name]}"
        for name, is_ in found.items()
        if kept.get(name, is_) != is_
    ]
    owners = {name.partition(".")[0] for name in kept}
    needed = [
        f"+ {name}: {is_}"
        for name, is_ in found.items()
        if name not in kept and is_.endswith(_NEEDED) and name.partition(".")[0] in owners
    ]
    return [*gone, *changed, *needed]


def added(kept: Picture, found: Picture) -> list[str]:
    return [f"+ {name}: {is_}" for name, is_ in found.items() if name not in kept]


# -- what there is -------------------------------------------------------------------------


def _hooks() -> Iterator[tuple[str, str]]:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    for name in (name for name in vars(hookspecs) if name.startswith("proxy_")):
        spec = getattr(manager.hook, name).spec
        signature = inspect.signature(spec.function)
        rule = "first answer wins" if spec.opts["firstresult"] else "all are heard"
        yield name, f"hook, {rule}, returns {signature.return_annotation}"
        for parameter in signature.parameters.values():
            yield f"{name}.{parameter.name}", f"argument {parameter.annotation}"


def _public_classes(module: Any) -> Iterator[tuple[str, type]]:
    for name, value in vars(module).items():
        is_own = inspect.isclass(value) and value.__module__ == module.__name__
        if is_own and not name.startswith("_"):
            yield name, value


def _members(name: str, kind: type) -> Iterable[tuple[str, str]]:
    """The lines of a class, by what kind of class it is."""
    if issubclass(kind, Enum):
        return [(name, "enum"), *((f"{name}.{one.name}", repr(one.value)) for one in kind)]
    if issubclass(kind, BaseModel):
        return [(name, "card"), *_model_fields(name, kind)]
    if issubclass(kind, msgspec.Struct):
        return [(name, _struct(kind)), *_struct_fields(name, kind)]
    if dataclasses.is_dataclass(kind):
        return [(name, "dataclass"), *_dataclass_fields(name, kind)]
    if issubclass(kind, tuple):
        return [(name, "tuple"), *_tuple_fields(name, kind)]
    if issubclass(kind, Exception):
        return [(name, f"error {kind.__mro__[1].__name__}, {_signature(kind.__init__)}")]
    return _methods(name, kind)


def _methods(name: str, kind: type) -> Iterator[tuple[str, str]]:
    """Verbs and properties. A plugin makes the protocol's, so none may be added to it."""
    needed = _NEEDED if kind is StreamTranslator else ""
    yield name, "class"
    for member, value in inspect.getmembers_static(kind):
        if member.startswith("_") and member != "__init__":
            continue
        if isinstance(value, property):
            assert value.fget is not None
            yield f"{name}.{member}", f"property {_signature(value.fget)}"
        elif inspect.isfunction(value) and member != "__init__":
            yield f"{name}.{member}", f"{_signature(value)}{needed}"


def _signature(function: Any) -> str:
    """Arguments with their types and defaults; what stands for the object is left out."""
    signature = inspect.signature(function)
    parameters = [one for one in signature.parameters.values() if one.name not in ("self", "cls")]
    return str(signature.replace(parameters=parameters)).replace("'", "")


def _field(type_: Any, default: Any, *, is_needed: bool) -> str:
    spelled = getattr(type_, "__forward_arg__", type_)
    return f"{spelled}{_NEEDED}" if is_needed else f"{spelled} = {_default(default)}"


def _default(default: Any) -> str:
    if default is API_VERSION:
        return "API_VERSION"
    if isinstance(default, msgspec.Raw):
        return f"Raw({bytes(default)!r})"
    return "made anew" if default in _MADE_ANEW else repr(default)


def _annotations(kind: type) -> Mapping[str, Any]:
    """The types of a class's fields as its source spells them, its bases' among them."""
    return {
        name: type_
        for base in reversed(kind.__mro__)
        for name, type_ in vars(base).get("__annotations__", {}).items()
    }


def _model_fields(name: str, kind: type[BaseModel]) -> Iterator[tuple[str, str]]:
    types = _annotations(kind)
    for member, field in kind.model_fields.items():
        rules = "".join(f" like {rule.pattern}" for rule in field.metadata)
        told = _field(f"{types[member]}{rules}", field.default, is_needed=field.is_required())
        yield f"{name}.{member}", told
    yield from (line for line in _methods(name, kind) if _is_own(kind, line[0]))


def _is_own(kind: type, name: str) -> bool:
    return name.partition(".")[2] in vars(kind)


def _struct(kind: type[msgspec.Struct]) -> str:
    tag = kind.__struct_config__.tag
    return f"struct, tag {tag!r}" if tag is not None else "struct"


def _struct_fields(name: str, kind: type[msgspec.Struct]) -> Iterator[tuple[str, str]]:
    types = _annotations(kind)
    by_place = [one for one in kind.__struct_fields__ if one in kind.__match_args__]
    for field in msgspec.structs.fields(kind):
        place = f"{by_place.index(field.name)}. " if field.name in by_place else ""
        told = _field(types[field.name], field.default, is_needed=field.required)
        yield f"{name}.{field.name}", place + told
    yield from (line for line in _methods(name, kind) if _is_own(kind, line[0]))


def _dataclass_fields(name: str, kind: Any) -> Iterator[tuple[str, str]]:
    for field in dataclasses.fields(kind):
        is_needed = field.default is field.default_factory is dataclasses.MISSING
        yield f"{name}.{field.name}", _field(field.type, field.default, is_needed=is_needed)


def _tuple_fields(name: str, kind: Any) -> Iterator[tuple[str, str]]:
    types, defaults = _annotations(kind), kind._field_defaults
    for place, member in enumerate(kind._fields):
        is_needed = member not in defaults
        told = _field(types[member], defaults.get(member), is_needed=is_needed)
        yield f"{name}.{member}", f"{place}. {told}"


# -- writing it anew -----------------------------------------------------------------------


def refusal(version: tuple[int, int], is_released: bool, kept: Picture, found: Picture) -> str:
    """Why a picture of this version must stay as it is; empty where it may follow the code."""
    if API_VERSION[0] > version[0]:
        return ""
    if broken := faults(kept, found):
        return "\n".join(["this breaks plugins; it needs a new major version:", *broken])
    if is_released and added(kept, found) and version >= API_VERSION:
        return f"API {spelled(version)} is released; what is added needs a new minor version"
    return ""


def spelled(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"


def main(arguments: list[str]) -> str:
    """Write the picture; returns why it is not written, if it is not."""
    version, is_released, kept = read()
    found = picture()
    why = refusal(version, is_released, kept, found)
    if why and (is_released or arguments != ["--before-release"]):
        return why
    released = " released" if is_released and version == API_VERSION else ""
    lines = [f"{name}: {is_}" for name, is_ in found.items()]
    head = f"API {spelled(API_VERSION)}{released}"
    FILE.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or 0)
