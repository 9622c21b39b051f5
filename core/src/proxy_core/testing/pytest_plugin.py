"""The second door: `pytest -p proxy_core.testing.pytest_plugin --provider acme`.

It needs no file of tests, and does nothing where `--provider` is not given.
"""

from __future__ import annotations

from pathlib import Path

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("proxy-core", "conformance of plugins for proxy-core")
    group.addoption("--provider", metavar="NAME", help="examine this installed plugin")
    group.addoption("--card", metavar="NAME", help="one of its providers, where it brings several")
    group.addoption("--examples", type=int, help="requests and answers that each check tries")


def pytest_configure(config: pytest.Config) -> None:
    """The checks take the place of the tests that pytest would look for by itself.

    Raises `pytest.UsageError` where there is nothing to examine.
    """
    if not config.getoption("--provider"):
        return
    from proxy_core.plugins import PluginError
    from proxy_core.testing import installed_plugin
    from proxy_core.testing.conformance import candidate_of

    tests = installed_plugin.TestInstalledPlugin
    tests.provider = config.getoption("--provider")
    tests.card = config.getoption("--card")
    tests.examples = config.getoption("--examples")
    try:
        candidate_of(tests)
    except PluginError as fault:
        raise pytest.UsageError(str(fault)) from None
    named = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
    config.args = [*named, str(Path(installed_plugin.__file__))]
