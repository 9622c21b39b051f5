"""The table of what was tried, printed at the end."""

from collections.abc import Iterator

import pytest

from tests.support.tables import aligned
from tests.support.wheels import CORE, EXAMPLES, PLUGINS, lines_of_code, package_of

HEAD = ("package", "files in wheel", "lines of code", "listed", "answered")
TRIED = pytest.StashKey[dict[str, dict[str, str]]]()


@pytest.fixture(scope="session")
def tried(pytestconfig: pytest.Config) -> dict[str, dict[str, str]]:
    """What was seen of each package, by the head of its column."""
    return pytestconfig.stash.setdefault(TRIED, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seen = terminalreporter.config.stash.get(TRIED, {})
    if not seen:
        return
    terminalreporter.section("packages")
    for line in aligned([HEAD, *_rows(seen)]):
        terminalreporter.write_line(line)
    terminalreporter.write_line(
        "Lines of code are those without blank lines, comments and documentation strings."
    )


def _rows(seen: dict[str, dict[str, str]]) -> Iterator[tuple[str, ...]]:
    for project in (project for project in (CORE, *PLUGINS, *EXAMPLES) if project.name in seen):
        package = package_of(project)
        told = {"lines of code": str(lines_of_code(package)), **seen[project.name]}
        name = package.name.replace("_", "-")
        yield (name, *(told.get(column, "no") for column in HEAD[1:]))
