"""The kit for authors of plugins: checks that need no key and no network.

Install it as `proxy-core[testing]`; it comes through three doors: a class of tests
(`ProviderConformance`), `pytest -p proxy_core.testing.pytest_plugin --provider NAME`, and
`proxy check NAME`. Nothing of the proxy imports it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proxy_core.testing.conformance import ProviderConformance

__all__ = ["ProviderConformance"]


def __getattr__(name: str) -> Any:
    # Judging an event stream (`lifecycle`) needs neither pytest nor Hypothesis.
    if name != "ProviderConformance":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from proxy_core.testing.conformance import ProviderConformance

    return ProviderConformance
