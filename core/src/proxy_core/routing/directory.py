"""The providers by name, and the facts they know of models."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase

from proxy_core.bound import BoundProvider
from proxy_core.contract import (
    ModelFacts,
    ModelOptions,
    Provider,
    ProxyError,
    Target,
)


class UnknownProvider(ProxyError):
    """The configuration prefers a provider that no loaded plugin brings."""


class Directory:
    """Finds the provider that a name means."""

    def __init__(
        self,
        providers: Sequence[BoundProvider],
        preferred: str | None,
        without_key: Collection[str] = (),
    ) -> None:
        """Raises `UnknownProvider` when `preferred` is not the name or alias of any.

        Those `without_key` serve what is asked of them by name; they attract nothing else.
        """
        self._by_name: dict[str, BoundProvider] = {}
        for bound in providers:
            for name in (bound.provider.name, *bound.provider.aliases):
                self._by_name.setdefault(name.lower(), bound)
        self.preferred = self._prefer(preferred, providers)
        """Serves names that say no provider; None only where there is no provider at all."""
        self.chosen = preferred is not None
        """The user named the preferred provider; else it is merely the first."""
        self.in_preference = tuple(sorted(providers, key=lambda bound: bound is not self.preferred))
        ready = tuple(b for b in self.in_preference if b.provider.name not in without_key)
        self._ready = ready or self.in_preference

    def address(self, name: str) -> tuple[BoundProvider | None, str]:
        """`provider/model` to the letter; no provider where there is none of that name."""
        prefix, _, model = name.partition("/")
        bound = self._by_name.get(prefix.lower()) if model else None
        return (bound, model) if bound else (None, name)

    def split(self, name: str) -> tuple[BoundProvider | None, str]:
        """The provider that a name says, if it says one, and the model there.

        Ids may hold slashes themselves. One that the preferred provider lists is that model,
        so `openai/gpt-oss-120b` stays with Groq; and a provider may list ids under its own
        name, as Groq does `groq/compound`. A provider without a key does not take an id from
        one that lists it: Groq's `qwen/qwen3.8-27b` is no request to a vendor called qwen.
        """
        own = self.preferred if "/" in name else None
        if own and _lists(own.provider, name):
            return own, name
        bound, model = self.address(name)
        if bound is None:
            return None, name
        if bound not in self._ready:
            for other in self._ready:
                if facts_of(other.provider, name, exact=True):
                    return other, name
        card = bound.provider
        whole = facts_of(card, name, exact=True) and not facts_of(card, model, exact=True)
        return bound, name if whole else model

    def knowing(self, name: str, *, ready: bool) -> tuple[BoundProvider, ModelFacts] | None:
        """Who knows a model by its id: an exact one anywhere comes before a pattern anywhere."""
        for exact in (True, False):
            for bound in self._ready if ready else self.in_preference:
                facts = facts_of(bound.provider, name, exact=exact)
                if facts is not None and facts.pattern.strip("*"):
                    return bound, facts
        return None

    def _prefer(self, name: str | None, providers: Sequence[BoundProvider]) -> BoundProvider | None:
        if name is None:
            return providers[0] if providers else None
        bound = self._by_name.get(name.lower())
        if bound is None:
            known = ", ".join(bound.provider.name for bound in providers) or "none"
            raise UnknownProvider(
                f"provider {name!r} is preferred, but no loaded plugin brings it (there is: "
                f"{known}); load its plugin or prefer another"
            )
        return bound


def at(provider: Provider, model: str, options: ModelOptions | None = None) -> Target:
    """A model at a provider, with what is known of it, be it nothing."""
    facts = facts_of(provider, model) or ModelFacts(pattern=model)
    return Target(provider=provider, model=model, facts=facts, options=options or ModelOptions())


def facts_of(provider: Provider, model: str, *, exact: bool = False) -> ModelFacts | None:
    """The first facts in the card's table that match; `exact` takes no patterns."""
    for facts in provider.models:
        if facts.pattern == model or (not exact and fnmatchcase(model, facts.pattern)):
            return facts
    return None


def _lists(provider: Provider, name: str) -> bool:
    """Whether an id with a slash is in the card's table, be it by the vendor before the slash."""
    facts = facts_of(provider, name)
    return facts is not None and facts.pattern.startswith(f"{name.partition('/')[0]}/")


def listed(provider: Provider) -> list[str]:
    """The ids that a card names, patterns left out."""
    patterns = (facts.pattern for facts in provider.models)
    plain = (pattern for pattern in patterns if not any(mark in pattern for mark in "*?["))
    tiers = (provider.big, provider.middle, provider.small)
    return [model for model in dict.fromkeys((*tiers, *plain)) if model]
