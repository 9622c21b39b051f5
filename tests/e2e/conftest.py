"""The stage of each test, and a table of the scenarios that the real client went through."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e import claude_code
from tests.e2e.openai_client import Serve
from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.stage import Perform, Stage
from tests.e2e.upstream_script import Script, answer, by_answer, say
from tests.e2e.vendors import CHAT, Vendor

PROVIDER = "provider"
OUTCOMES = ("passed", "failed", "error")


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


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts stand-ins for OpenAI, each with its script."""
    running: list[ScriptedUpstream] = []

    def start(script: Script = by_answer(answer(say("fine"))), **options: Any) -> ScriptedUpstream:  # noqa: B008
        running.append(ScriptedUpstream(script, **options).__enter__())
        return running[-1]

    yield start
    for upstream in running:
        upstream.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def _client_installed(request: pytest.FixtureRequest) -> None:
    """Skip, or in CI fail, what needs the real client where there is none."""
    if request.node.get_closest_marker("claude_code"):
        claude_code.client()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have each scenario's report say whose it is, whatever process it was played in."""
    for item in items:
        if item.get_closest_marker("claude_code") and isinstance(item, pytest.Function):
            item.user_properties.append((PROVIDER, str(_vendor(item))))


def _vendor(item: pytest.Function) -> object:
    """The vendor that a scenario is parametrized by, else the one that the fixture plays."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    return parameters.get("vendor", CHAT)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seen = {outcome: _scenarios(terminalreporter, outcome) for outcome in OUTCOMES}
    # A scenario that went through but left something wrong behind has not passed.
    broken = seen["failed"] | seen["error"]
    if played := seen["passed"] | broken:
        terminalreporter.section("Claude Code: scenarios that went through")
        passed = Counter(provider for provider, _ in played - broken)
        total = Counter(provider for provider, _ in played)
        for provider in sorted(total):
            line = f"{provider:<20}{passed[provider]:>5} of {total[provider]}"
            terminalreporter.write_line(line)
        terminalreporter.write_line(f"{'all':<20}{passed.total():>5} of {total.total()}")


def _scenarios(reporter: pytest.TerminalReporter, outcome: str) -> set[tuple[str, str]]:
    """Provider and test of each scenario with this outcome."""
    return {
        (provider, report.nodeid)
        for report in reporter.stats.get(outcome, ())
        for name, provider in report.user_properties
        if name == PROVIDER
    }
