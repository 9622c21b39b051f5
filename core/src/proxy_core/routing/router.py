"""The decision where a request goes.

What the user wrote comes before what a plugin knows, and that before a guess.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches

import msgspec

from proxy_core.bound import BoundProvider
from proxy_core.contract import ModelOptions, Provider, ProxyError, Target
from proxy_core.routing.directory import Directory, at, listed
from proxy_core.routing.families import FAMILIES, family, is_claude, is_family, spelt
from proxy_core.routing.picker import meant_by

_LONG_CONTEXT = "[1m]"
"""Suffix by which Claude Code marks a long context; it is not part of a model's name."""
_MAX_CACHED = 1024
_MAX_LISTED = 24


class UnknownModel(ProxyError):
    """Nobody serves this name; the client gets a 404 that lists what it can ask for."""


class Entry(msgspec.Struct, frozen=True):
    """One line of the user's model table."""

    to: str
    """`provider/model`, or a model at the preferred provider."""
    options: ModelOptions = ModelOptions()


class Route(msgspec.Struct, frozen=True):
    """Where a name goes, first choice first, and why."""

    targets: tuple[Target, ...]
    why: str


class Router:
    """Routes model names over the providers that are loaded."""

    def __init__(
        self,
        providers: Sequence[BoundProvider],
        models: Mapping[str, Sequence[Entry]] | None = None,
        preferred: str | None = None,
        *,
        without_key: Collection[str] = (),
        moved: Collection[str] = (),
    ) -> None:
        """`models` is the user's table: any names, and `opus`, `sonnet`, `haiku`, `default`.

        `preferred` serves names without a provider; by default the first one does, unless
        another one knows the name. Raises `UnknownProvider` when it is not among `providers`.
        Providers `without_key` get only what is asked of them by name. Of a server that the user
        `moved` a provider to nobody can say which models it does not have.
        """
        self.bound = tuple(providers)
        """The providers that are routed to."""
        self._by_name = {bound.provider.name: bound for bound in providers}
        self._directory = Directory(providers, preferred, without_key)
        self._moved = frozenset(moved)
        self._table = {
            name: tuple(self._targets(entries)) for name, entries in (models or {}).items()
        }
        self._cache: dict[str, Route] = {}

    @property
    def providers(self) -> tuple[Provider, ...]:
        """The cards of the providers that are routed to."""
        return tuple(bound.provider for bound in self.bound)

    def bound_for(self, target: Target) -> BoundProvider:
        """The provider that serves a target of this router."""
        return self._by_name[target.provider.name]

    def table(self, entry: str) -> tuple[Target, ...]:
        """The targets of an entry of the user's table; none where there is no such entry."""
        return self._table.get(entry, ())

    def is_moved(self, provider: Provider) -> bool:
        """Whether the user has this provider elsewhere, at a server whose ids nobody knows."""
        return provider.name in self._moved

    def route(self, requested: str) -> Route:
        """Where a request for this model goes. Raises `UnknownModel`."""
        route = self._cache.get(requested)
        if route is None:
            route = self._decide(requested)
            if len(self._cache) >= _MAX_CACHED:  # names are the client's to invent
                self._cache.clear()
            self._cache[requested] = route
        return route

    def names(self) -> list[tuple[str, Target]]:
        """The names worth offering to a client, each with the first choice for it."""
        return [(name, self.route(name).targets[0]) for name in dict.fromkeys(self._offers())]

    # -- deciding ------------------------------------------------------------------------

    def _decide(self, requested: str) -> Route:
        name = requested.strip().removesuffix(_LONG_CONTEXT)
        route = self._by_table(requested) or self._by_table(name)
        if route is None:
            meant = meant_by(name)
            route = self._by_rules(spelt(name)) if meant is None else self._by_picker(name, meant)
        if route is None:
            raise UnknownModel(self._nobody(requested))
        return route

    def _by_picker(self, name: str, meant: str) -> Route | None:
        """What the client's picker was given stands for exactly what was listed."""
        route = self._by_table(meant) or self._by_address(meant)
        if route is None and meant_by(meant) is None:
            route = self._by_rules(meant)
        if route is None:
            return None
        return Route(route.targets, f"{name!r} stands for {meant!r}; {route.why}")

    def _by_rules(self, name: str) -> Route | None:
        for decide in (
            self._by_prefix,
            self._by_users_family,
            self._by_plugin,
            self._by_preference,
            self._by_facts,
            self._by_family,
            self._by_default,
            self._by_facts_without_key,
        ):
            if route := decide(name):
                return route
        return None

    def _by_table(self, name: str) -> Route | None:
        targets = self._table.get(name)
        return Route(targets, f"the model table has an entry {name!r}") if targets else None

    def _by_address(self, name: str) -> Route | None:
        bound, model = self._directory.address(name)
        return self._at(name, bound, model)

    def _by_prefix(self, name: str) -> Route | None:
        bound, model = self._directory.split(name)
        return self._at(name, bound, model)

    def _at(self, name: str, bound: BoundProvider | None, model: str) -> Route | None:
        if bound is None:
            return None
        card = bound.provider
        return Route((at(card, model),), f"{name!r} says provider {card.name}, model {model!r}")

    def _by_users_family(self, name: str) -> Route | None:
        """The user's own opus, sonnet and haiku come before what any plugin knows."""
        entry = family(name)
        if entry == "sonnet" and entry not in self._table:
            entry = "opus"
        targets = self._table.get(entry or "")
        if not targets:
            return None
        return Route(targets, f"{name!r} is served by the model that the user set for {entry}")

    def _by_plugin(self, name: str) -> Route | None:
        for bound in self.bound:
            target = bound.map_model(name, bound.provider, self._configured(bound.provider))
            if target is not None:
                return Route((target,), f"plugin {bound.plugin!r} claims {name!r}")
        return None

    def _by_preference(self, name: str) -> Route | None:
        """Claude's names at a provider that the user chose, whoever else knows them."""
        preferred = self._directory.preferred
        if not self._directory.chosen or not (is_claude(name) or family(name)):
            return None
        knowing = self._directory.knowing(name, ready=True)
        if knowing and knowing[0] is preferred:
            return None
        return self._by_family(name) or self._by_default(name)

    def _by_facts(self, name: str, *, ready: bool = True) -> Route | None:
        """A model's own name, at a provider that knows it."""
        knowing = self._directory.knowing(name, ready=ready)
        if knowing is None:
            return None
        bound, facts = knowing
        card = bound.provider
        why = f"{card.name} knows {name!r} by the pattern {facts.pattern!r}"
        # A family's name without a version is a pattern's at most, and nobody's model.
        if is_family(name) and facts.pattern != name and (model := _tier(card, family(name))):
            return Route(
                (at(card, model),), f"{why}, and serves it by its own {family(name)} model"
            )
        return Route((at(card, name),), why)

    def _by_facts_without_key(self, name: str) -> Route | None:
        """Nobody else serves it: the client is told which key is missing."""
        return self._by_facts(name, ready=False)

    def _by_family(self, name: str) -> Route | None:
        """The preferred provider's own model for the family; where it has none, opus."""
        entry = family(name)
        if entry is None or self._directory.preferred is None:
            return None
        card = self._directory.preferred.provider
        if model := _tier(card, entry):
            return Route((at(card, model),), f"{name!r} is served by {card.name}'s {entry} model")
        return self._by_big(f"{name!r} is served like opus, as {card.name} has no {entry} model")

    def _by_default(self, name: str) -> Route | None:
        if targets := self._table.get("default"):
            return Route(targets, f"nothing else is known of {name!r}, so it takes the default")
        if not is_claude(name):
            return None
        return self._by_big(f"{name!r} is a Claude model of an unknown family, served like opus")

    def _by_big(self, why: str) -> Route | None:
        preferred = self._directory.preferred
        targets = self._table.get("opus")
        if not targets and preferred and preferred.provider.big:
            targets = (at(preferred.provider, preferred.provider.big),)
        return Route(targets, why) if targets else None

    # -- the table and the list ----------------------------------------------------------

    def _targets(self, entries: Sequence[Entry]) -> Iterator[Target]:
        """The targets of a table entry."""
        for entry in entries:
            named, model = self._directory.split(entry.to)
            if bound := named or self._unnamed(model):
                yield at(bound.provider, model, entry.options)

    def _unnamed(self, model: str) -> BoundProvider | None:
        """Whose an entry without a provider is: the preferred one's, but one that is merely the
        first leaves a model that it does not know to another that does."""
        preferred = self._directory.preferred
        if preferred is None or self._directory.chosen or preferred.provider.name in self._moved:
            return preferred
        knowing = self._directory.knowing(model, ready=True)
        return knowing[0] if knowing else preferred

    def _configured(self, provider: Provider) -> tuple[str, ...]:
        """The ids that the user's table names for a provider."""
        targets = (target for chain in self._table.values() for target in chain)
        return tuple(
            dict.fromkeys(target.model for target in targets if target.provider == provider)
        )

    def _offers(self) -> Iterator[str]:
        special = (*FAMILIES, "default")
        yield from (name for name, to in self._table.items() if to and name not in special)
        for entry in ("opus", "sonnet", "haiku"):
            if self._by_users_family(entry) or self._by_family(entry):
                yield f"claude-{entry}"
        for bound in self._directory.in_preference:
            card = bound.provider
            models = (*listed(card), *self._configured(card))
            yield from (f"{card.name}/{model}" for model in models)

    def _nobody(self, requested: str) -> str:
        offered = [name for name, _ in self.names()]
        close = get_close_matches(requested[:200], offered, n=5, cutoff=0.5)
        names = list(dict.fromkeys((*close, *offered)))
        some = ", ".join(names[:_MAX_LISTED]) + (", ..." if len(names) > _MAX_LISTED else "")
        ask = f"ask for one of: {some}" if names else "no provider is loaded"
        return f"model: {requested[:200]!r} is served by no provider here; {ask}"


def _tier(card: Provider, entry: str | None) -> str:
    """The card's own model for an entry of the model table; empty where it has none."""
    return {"opus": card.big, "sonnet": card.middle, "haiku": card.small}.get(entry or "", "")
