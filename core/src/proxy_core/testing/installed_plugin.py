"""The checks of the plugin that `pytest --provider` names; collected by `pytest_plugin`."""

from __future__ import annotations

from proxy_core.testing.conformance import ProviderConformance


class TestInstalledPlugin(ProviderConformance):
    """Which plugin it is, `pytest_plugin` writes here."""
