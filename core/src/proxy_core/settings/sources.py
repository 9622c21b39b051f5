"""Flags, environment and files as layers: plain values under one set of names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from proxy_core.settings.errors import SettingsError

Place = tuple[str, ...]
"""A setting's name, in parts: `("port",)`, `("models", "opus")`."""

VARIABLES: dict[str, Place] = {
    "HOST": ("host",),
    "PORT": ("port",),
    "LOG_LEVEL": ("log_level",),
    "LOG_FILE_PATH": ("log_file",),
    "PROXY_PLUGINS": ("plugins",),
    "PROXY_AUTH_TOKEN": ("auth_token",),
    "PREFERRED_PROVIDER": ("provider",),
    "BIG_MODEL": ("models", "opus"),
    "MIDDLE_MODEL": ("models", "sonnet"),
    "SMALL_MODEL": ("models", "haiku"),
    "MAX_TOKENS_LIMIT": ("max_tokens_limit",),
    "MIN_TOKENS_LIMIT": ("min_tokens_limit",),
    "REQUEST_TIMEOUT": ("request_timeout",),
    "MAX_RETRIES": ("max_retries",),
    "MAX_STREAMING_RETRIES": ("max_streaming_retries",),
}
"""Variables, and the setting each one is."""

KILL_SWITCHES = ("FORCE_DISABLE_STREAMING", "EMERGENCY_DISABLE_STREAMING")
"""Either one disables streaming; a predecessor has both."""

TABLES = {"models": 2, "providers": 3, "custom_headers": 2}
"""Tables that are merged entry by entry, and how deep; other values are replaced whole."""

_SWITCH = ("force_disable_streaming",)
_HEADER = re.compile(r"CUSTOM_HEADER_([A-Za-z0-9_]+)")
_ON = frozenset({"1", "true", "yes", "on"})


class Value(NamedTuple):
    """A value as it was written, and where."""

    value: Any
    origin: str


Layer = dict[Place, Value]


def from_mapping(values: Mapping[str, Any], origin: str) -> Layer:
    """A layer of flags (`--{}` as origin) or of a file. Raises `SettingsError`."""
    layer = {}
    for place, value in _flat(values, ()):
        where = origin.format(place[0].replace("_", "-"))
        if len(place) < TABLES.get(place[0], 1):
            raise SettingsError(f"{where}: {'.'.join(place)}: should be a table")
        layer[place] = Value(value, where)
    return layer


def from_variables(variables: Mapping[str, str], where: str) -> Layer:
    """A layer of variables; empty ones count as not set, as in all predecessors."""
    layer: Layer = {}
    for name, value in variables.items():
        if not value.strip():
            continue
        place = VARIABLES.get(name)
        if header := _HEADER.fullmatch(name):
            place = ("custom_headers", header[1].lower().replace("_", "-"))
        if place:
            layer[place] = Value(value, f"{name} in {where}")
    for name in KILL_SWITCHES:
        words = variables.get(name, "").lower().split()
        if words and (words[0] in _ON or _SWITCH not in layer):
            layer[_SWITCH] = Value(words[0] in _ON, f"{name} in {where}")
    return layer


def lay_over(layers: list[Layer]) -> Layer:
    """The layers as one; the first that names a place decides it."""
    merged: dict[Place, tuple[Place, Value]] = {}
    for layer in layers:
        for place, value in layer.items():
            merged.setdefault(_decided(place), (place, value))
    return dict(merged.values())


def _decided(place: Place) -> Place:
    """What a place decides: a header is the same in any case, other names are not."""
    return tuple(map(str.lower, place)) if place[0] == "custom_headers" else place


def nested(layer: Layer) -> dict[str, Any]:
    """A layer as nested tables, as the settings are built from it."""
    tree: dict[str, Any] = {}
    for place, (value, _) in layer.items():
        branch = tree
        for part in place[:-1]:
            branch = branch.setdefault(part, {})
        branch[place[-1]] = value
    return tree


def _flat(values: Mapping[str, Any], above: Place) -> Iterator[tuple[Place, Any]]:
    for name, value in values.items():
        place = (*above, str(name))
        if isinstance(value, Mapping) and len(place) < TABLES.get(place[0], 1):
            yield from _flat(value, place)
        else:
            yield place, value
