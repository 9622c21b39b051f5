"""The stage of each test, and the count of scenarios that the real client went through."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import claude_code
from tests.e2e.stage import Perform, Stage
from tests.e2e.upstream_script import Script
from tests.e2e.vendors import CHAT, Vendor


@pytest.fixture
def vendor() -> Vendor:
    """The provider that is played through; a module that means several parametrizes it."""
    return CHAT


@pytest.fixture
def perform(tmp_path: Path, vendor: Vendor) -> Iterator[Perform]:
    with contextlib.ExitStack() as stages:

        def start(script: Script, **options: Any) -> Stage:
            return stages.enter_context(Stage(tmp_path, script, **{"vendor": vendor, **options}))

        yield start


@pytest.fixture(autouse=True)
def _client_installed(request: pytest.FixtureRequest) -> None:
    """Skip, or in CI fail, what needs the real client where there is none."""
    if request.node.get_closest_marker("claude_code"):
        claude_code.client()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seen = {
        outcome: {
            report.nodeid
            for report in terminalreporter.stats.get(outcome, ())
            if "claude_code" in report.keywords
        }
        for outcome in ("passed", "failed", "error")
    }
    # A scenario that went through but left something wrong behind has not passed.
    broken = seen["failed"] | seen["error"]
    total = len(seen["passed"] | broken)
    if total:
        terminalreporter.section("Claude Code")
        terminalreporter.write_line(f"{len(seen['passed'] - broken)} of {total} scenarios")
