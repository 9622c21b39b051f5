"""Which plugin is examined, and which of its models."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import importlib_metadata

from proxy_core.bound import BoundProvider
from proxy_core.contract import Provider, Target
from proxy_core.plugins import PluginError, Plugins, installed_plugins, load_plugins
from proxy_core.routing.directory import at, listed
from proxy_core.testing.complaint import Complaint
from proxy_core.testing.exam import Candidate
from proxy_core.testing.subject import Refused, Subject, asking
from proxy_core.testing.wires import Wire
from proxy_core.testing.wires.anthropic_native import AnthropicNativeWire
from proxy_core.testing.wires.openai_chat import OpenAIChatWire

GROUP = "proxy_core.testing"
"""Entry points that bring wires, by the name of the plugin that speaks them."""

CORE_WIRES: tuple[Wire, ...] = (OpenAIChatWire(), AnthropicNativeWire())
"""The languages that core has dialects for."""

_NOWHERE = ".invalid"
_SOMEWHERE = "resource.example"
"""Stands for the address that users give to a provider whose card has none."""


def installed(
    name: str, provider: str | None = None, quirks: Mapping[str, Any] | None = None
) -> Candidate:
    """An installed plugin, or one provider of it. Raises `PluginError` where there is none."""
    bare = name.rpartition(":")[2]
    modules = [one.entry_point.partition(":")[0] for one in installed_plugins() if one.name == bare]
    try:
        plugins = load_plugins([name])
    except PluginError as fault:
        if not modules:
            raise
        return Candidate(bare, modules=modules, fault=fault)
    return _candidate(bare, plugins, modules, wires_of(bare), provider, quirks or {})


def of_object(
    plugin: object,
    wires: Sequence[Wire] = (),
    provider: str | None = None,
    quirks: Mapping[str, Any] | None = None,
) -> Candidate:
    """A plugin as an object."""
    kind = plugin if isinstance(plugin, type) else type(plugin)
    name, modules = kind.__name__.lower(), [kind.__module__]
    try:
        plugins = Plugins.of({name: plugin})
    except PluginError as fault:
        return Candidate(name, modules=modules, fault=fault)
    return _candidate(name, plugins, modules, [*wires, *CORE_WIRES], provider, quirks or {})


def wires_of(name: str) -> list[Wire]:
    """The languages that a plugin may speak: its own first, then those of core."""
    own = [
        wire
        for entry in importlib_metadata.entry_points(group=GROUP, name=name)
        for wire in entry.load()
    ]
    return [*own, *CORE_WIRES]


def _candidate(
    name: str,
    plugins: Plugins,
    modules: Sequence[str],
    wires: Sequence[Wire],
    provider: str | None,
    quirks: Mapping[str, Any],
) -> Candidate:
    bounds = [one for one in plugins.providers if provider in (None, one.provider.name)]
    if not bounds:
        known = ", ".join(one.provider.name for one in plugins.providers) or "none"
        raise PluginError(f"plugin {name!r} brings no provider {provider!r} (there is: {known})")
    subjects = [Subject(one, to, wires) for one in bounds for to in _targets(one, quirks)]
    return Candidate(name, plugins, [*filter(_takes_tools, subjects)] or subjects, modules)


def _takes_tools(subject: Subject) -> bool:
    """Models without tools answer next to nothing of what clients ask."""
    try:
        subject.send(asking())
    except Refused:
        return False
    except Complaint:
        pass  # a check will tell
    return True


def _targets(bound: BoundProvider, quirks: Mapping[str, Any]) -> Iterator[Target]:
    """The provider's models, one of each kind: those that share all facts are asked alike."""
    card = _somewhere(bound.provider)
    seen: set[bytes] = set()
    for model in _models(card):
        target = at(card, model).under(quirks)
        kind = {**target.facts.model_dump(), "pattern": "", "source": ""}
        key = json.dumps(kind, sort_keys=True, default=sorted).encode()
        if key not in seen:
            seen.add(key)
            yield target


def _models(card: Provider) -> Iterable[str]:
    """The ids that the card names, an id for each pattern, and one that it does not know."""
    patterns = (facts.pattern.replace("*", "1").replace("?", "1") for facts in card.models)
    return dict.fromkeys((*listed(card), *patterns, "a-model-of-tomorrow"))


def _somewhere(card: Provider) -> Provider:
    address = urlsplit(card.base_url)
    if not (address.hostname or "").endswith(_NOWHERE):
        return card
    moved = address._replace(netloc=_SOMEWHERE).geturl()
    return card.model_copy(update={"base_url": moved})
