"""Which plugin is examined, and which of its models."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import importlib_metadata

from proxy_core.bound import BoundProvider
from proxy_core.contract import Provider, Target
from proxy_core.plugins import PluginError, Plugins, installed_plugins, load_plugins
from proxy_core.plugins.errors import reason
from proxy_core.plugins.probe import wrong_quirk
from proxy_core.routing.directory import at, listed
from proxy_core.testing.complaint import Complaint
from proxy_core.testing.exam import Candidate
from proxy_core.testing.subject import Refused, Subject, asking
from proxy_core.testing.watch import Hung, watched
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
    if not modules:
        load_plugins([name])  # which says what there is instead
    return _candidate(
        bare, modules, lambda: load_plugins([name]), wires_of(bare), provider, quirks or {}
    )


def of_object(
    plugin: object,
    wires: Sequence[Wire] = (),
    provider: str | None = None,
    quirks: Mapping[str, Any] | None = None,
) -> Candidate:
    """A plugin as an object."""
    kind = plugin if isinstance(plugin, type) else type(plugin)
    name = kind.__name__.lower()
    return _candidate(
        name,
        [kind.__module__],
        lambda: Plugins.of({name: plugin}),
        [*wires, *CORE_WIRES],
        provider,
        quirks or {},
    )


def wires_of(name: str) -> list[Wire]:
    """The languages that a plugin may speak: its own first, then those of core.

    Raises `PluginError` where they cannot be loaded.
    """
    own: list[Wire] = []
    for entry in importlib_metadata.entry_points(group=GROUP, name=name):
        what = f"the wires of plugin {name!r}, {entry.value} in the group {GROUP},"
        try:
            brought = entry.load()
        except Exception as error:
            raise PluginError(f"{what} cannot be loaded: {reason(error)}") from error
        if not isinstance(brought, list | tuple) or not all(isinstance(w, Wire) for w in brought):
            raise PluginError(f"{what} are no list of wires: name one like [AcmeWire()]")
        own += brought
    return [*own, *CORE_WIRES]


def _candidate(
    name: str,
    modules: Sequence[str],
    load: Callable[[], Plugins],
    wires: Sequence[Wire],
    provider: str | None,
    quirks: Mapping[str, Any],
) -> Candidate:
    try:
        with watched():
            plugins = load()
            bounds = _chosen(name, plugins, provider)
            subjects = [Subject(one, to, wires) for one in bounds for to in _targets(one, quirks)]
            able = [*filter(_takes_tools, subjects)] or subjects
    except Hung as hung:
        return Candidate(name, modules=modules, fault=PluginError(f"plugin {name!r}: {hung}"))
    except _CannotBeChosen:
        raise
    except PluginError as fault:
        return Candidate(name, modules=modules, fault=fault)
    return Candidate(name, plugins, able, modules)


class _CannotBeChosen(PluginError):
    """What is asked for is not there; the plugin may be sound."""


def _chosen(name: str, plugins: Plugins, provider: str | None) -> list[BoundProvider]:
    known = ", ".join(one.provider.name for one in plugins.providers)
    if not known:
        raise _CannotBeChosen(f"plugin {name!r} brings no provider: there is nothing to check")
    bounds = [one for one in plugins.providers if provider in (None, one.provider.name)]
    if not bounds:
        what = f"plugin {name!r} brings no provider {provider!r} (there is: {known})"
        raise _CannotBeChosen(what)
    return bounds


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
        if quirks and (wrong := wrong_quirk(bound.translate_request, target)):
            raise _CannotBeChosen(f"{target.name}: {wrong}")
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
