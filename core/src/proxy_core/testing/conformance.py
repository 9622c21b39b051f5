"""The first door: a class of tests for a plugin, made by naming the plugin.

from proxy_acme import plugin

class TestAcme(ProviderConformance):
    plugin = plugin
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pytest
from hypothesis import settings

from proxy_core.testing.candidates import installed, of_object
from proxy_core.testing.checks import CHECKS
from proxy_core.testing.exam import Candidate, Check
from proxy_core.testing.wires import Wire


class ProviderConformance:
    """All checks of the kit as tests of one plugin. Name it by `plugin` or by `provider`."""

    plugin: ClassVar[object] = None
    """The plugin, as its entry point names it."""
    provider: ClassVar[str] = ""
    """Or the name of an installed one, as in `--plugins`."""
    card: ClassVar[str | None] = None
    """One of its providers, where it brings several."""
    quirks: ClassVar[Mapping[str, Any]] = {}
    """Laid over those of the card, for example to choose another of a vendor's APIs."""
    wires: ClassVar[Sequence[Wire]] = ()
    """The languages of a plugin that core has no dialect for. Those of installed plugins are
    found by their entry point."""
    examples: ClassVar[int | None] = None
    """How many requests and answers each check tries; None: as the Hypothesis profile says, as it
    says whether they are the same each time (`derandomize`)."""
    expected_failures: ClassVar[Mapping[str, str]] = {}
    """Checks that are known to fail, each with the reason. One that passes fails the test."""

    def __init_subclass__(cls, **more: Any) -> None:
        """No check vanishes in silence: it is expected to fail, with a reason, or it is held."""
        super().__init_subclass__(**more)
        known = {check.name for check in CHECKS}
        for name, reason in cls.expected_failures.items():
            if name not in known:
                raise TypeError(f"{cls.__name__}: there is no check {name!r}")
            if not reason.strip():
                raise TypeError(f"{cls.__name__}: say why {name!r} is expected to fail")
        for name in ("test_conformance", "pytest_generate_tests"):
            if name in vars(cls):
                raise TypeError(
                    f"{cls.__name__}: {name} stays as it is; name what fails in expected_failures"
                )

    @classmethod
    def pytest_generate_tests(cls, metafunc: pytest.Metafunc) -> None:
        """A test for each check, in order."""
        if "conformance_check" in metafunc.fixturenames:
            parameters = [cls._parameter(check) for check in CHECKS]
            metafunc.parametrize("conformance_check", parameters)

    @classmethod
    def _parameter(cls, check: Check) -> Any:
        reason = cls.expected_failures.get(check.name)
        marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
        return pytest.param(check, id=check.name, marks=marks)

    def test_conformance(self, conformance_check: Check) -> None:
        """One check; `proxy check` says what each means."""
        profile = settings()
        examples = self.examples or profile.max_examples
        conformance_check.hold(
            candidate_of(type(self)), examples, 0 if profile.derandomize else None
        )


_loaded: dict[type, Candidate] = {}


def candidate_of(kind: type[ProviderConformance]) -> Candidate:
    """The plugin of a class of tests, loaded and bound once. Raises `PluginError` where there is
    nothing to examine."""
    if kind not in _loaded:
        _loaded[kind] = _load(kind)
    return _loaded[kind]


def _load(kind: type[ProviderConformance]) -> Candidate:
    if kind.provider:
        return installed(kind.provider, kind.card, kind.quirks)
    if kind.plugin is None:
        raise TypeError(f"{kind.__name__}: name the plugin that is examined: plugin = ...")
    return of_object(kind.plugin, kind.wires, kind.card, kind.quirks)
