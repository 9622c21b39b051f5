"""A body cut into lines that can stand beside those of another.

It is read without knowing its language: by the few names that vendors have for instructions,
messages and tools. What has another name is a setting.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from proxy_core.server.redact import visible

_SYSTEM = ("system", "instructions", "systemInstruction")
_MESSAGES = ("messages", "input", "contents")
_TOOLS = ("tools",)
_CONTENT = ("content", "parts")
_TEXTS = ("text", "thinking")
_SYSTEM_ROLES = ("system", "developer")
_SAID_ROLES = ("assistant", "model")
_LONGEST = 400
"""Letters of a line, at most; a terminal shows fewer."""

Json = Mapping[str, Any]


class Line(NamedTuple):
    """One part of a body."""

    path: str
    """JSON pointer to it."""
    text: str
    sign: object = None
    """What it shares with its counterpart in the other body: a text, an id, a name, a value."""


NOTHING = Line("", "")


class Body:
    """The parts of one body, whatever its language."""

    def __init__(self, body: Json) -> None:
        self._body = body
        messages = list(self._items(_MESSAGES))
        roles = [item.get("role") in _SYSTEM_ROLES for _, item in messages]
        first = roles.index(False) if False in roles else len(roles)
        self._instructions, self._messages = messages[:first], messages[first:]

    def _items(self, names: Sequence[str]) -> Iterator[tuple[str, Json]]:
        """What is listed under any of the names; words alone are a list of one."""
        for name in names:
            value = self._body.get(name)
            for index, item in enumerate(value if isinstance(value, list) else []):
                yield f"/{name}/{index}", item if isinstance(item, dict) else {"text": item}
            if isinstance(value, str | dict):
                yield f"/{name}", value if isinstance(value, dict) else {"text": value}

    def system(self) -> Iterator[Line]:
        for path, item in (*self._items(_SYSTEM), *self._instructions):
            yield from _lines(path, item)

    def turns(self) -> list[list[Line]]:
        """The lines of each turn; whoever speaks, a turn ends when the other side begins."""
        grouped = groupby(self._messages, lambda message: _is_said(message[1]))
        return [[line for at in turn for line in _lines(*at)] for _, turn in grouped]

    def tools(self) -> Iterator[Line]:
        """A line for each; some vendors list them in groups."""
        for path, item in self._items(_TOOLS):
            groups = [(name, value) for name, value in item.items() if _is_group(value)]
            if "name" in item or not groups:
                yield _tool(path, item)
                continue
            for name, group in groups:
                yield from (_tool(f"{path}/{name}/{i}", tool) for i, tool in enumerate(group))

    def settings(self) -> Iterator[Line]:
        for name, value in self._body.items():
            if name in (*_SYSTEM, *_MESSAGES, *_TOOLS):
                continue
            if not isinstance(value, dict) or not value:
                yield _setting((name,), value)
                continue
            yield from (_setting((name, part), inner) for part, inner in value.items())


def _is_group(value: object) -> bool:
    return isinstance(value, list) and value != [] and all(isinstance(part, dict) for part in value)


def _is_said(message: Json) -> bool:
    """Whether the model said it; items without a role tell it by their type."""
    if "role" in message:
        return message["role"] in _SAID_ROLES
    return not str(message.get("type", "")).endswith(("_output", "_result"))


def _lines(path: str, item: Json) -> Iterator[Line]:
    """A message: who speaks, and each part of what is said. Other items are a line."""
    role = item.get("role")
    parts = list(_content(path, item))
    if role is None and (not parts or "type" in item):
        yield _line(path, item)
        return
    rest = {name: item[name] for name in item if name not in ("role", "type", *_CONTENT)}
    parts += _pieces(path, rest)
    if role is None:
        yield from (_line(place, part) for place, part in parts)
        return
    if len(parts) == 1:
        yield _line(path, parts[0][1], f"{role} ")
        return
    yield Line(path, _cut(str(role)), ("speaks", _is_said(item)))
    yield from (_line(place, part, "  ") for place, part in parts)


def _content(path: str, item: Json) -> Iterator[tuple[str, Any]]:
    for name in _CONTENT:
        value = item.get(name)
        if isinstance(value, list):
            yield from ((f"{path}/{name}/{index}", part) for index, part in enumerate(value))
        elif value is not None:
            yield f"{path}/{name}", value


def _pieces(path: str, rest: Json) -> Iterator[tuple[str, Any]]:
    """What a message holds beside its content: calls, names, ids."""
    for name, value in rest.items():
        for part in value if isinstance(value, list) else [{name: value}]:
            yield f"{path}/{name}", part


# -- one line ------------------------------------------------------------------------------


def _line(path: str, part: Any, before: str = "") -> Line:
    """A part of what is said: its type, name and text first, ids last."""
    if not isinstance(part, dict):
        return Line(path, _cut(before + _json(part)), str(part))
    kind, fields = _opened(part)
    words = [str(fields.pop("name", ""))]
    texts = [fields.pop(name) for name in _TEXTS if isinstance(fields.get(name), str)]
    ids = [name for name in fields if name.endswith("id")]
    sign = next((str(value) for value in (*texts, *(fields[name] for name in ids))), None)
    words += [_json(text) for text in texts]
    words += [f"{name} {_json(fields[name])}" for name in sorted(fields, key=ids.__contains__)]
    return Line(path, _cut(before + " ".join(filter(None, [kind, *words]))), sign)


def _opened(part: Json) -> tuple[str, dict[str, Any]]:
    """The type of a part and its fields, also where they lie in an object named by the type."""
    fields = dict(part)
    kind = str(fields.pop("type", ""))
    name = next((name for name, inner in fields.items() if _is_named(inner)), None)
    if name is None or "name" in fields:
        return kind, fields
    inner = fields.pop(name)
    return name, {**inner, **fields}


def _is_named(value: object) -> bool:
    return isinstance(value, dict) and "name" in value


def _tool(path: str, item: Json) -> Line:
    kind, fields = _opened(item)
    name = str(fields.get("name", kind))
    return Line(path, _cut(f"{name}  {fields.get('description') or ''}").rstrip(), name)


def _setting(names: Sequence[str], value: Any) -> Line:
    path = "".join(f"/{name.replace('~', '~0').replace('/', '~1')}" for name in names)
    return Line(path, _cut(f"{'.'.join(names)}  {_json(value)}"), value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    """No longer than any terminal is wide."""
    return visible(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")
