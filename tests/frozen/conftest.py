"""The matrix of plugins and cores, printed at the end."""

import pytest

from tests.support.tables import aligned

Matrix = dict[tuple[str, str], str]
TRIED = pytest.StashKey[Matrix]()


@pytest.fixture(scope="session")
def matrix(pytestconfig: pytest.Config) -> Matrix:
    """What became of each pair, by plugin and core."""
    return pytestconfig.stash.setdefault(TRIED, {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    seen = terminalreporter.config.stash.get(TRIED, {})
    if not seen:
        return
    terminalreporter.section("plugins and cores, by API version")
    plugins, cores = (list(dict.fromkeys(pair[side] for pair in seen)) for side in (0, 1))
    rows = [[plugin, *(seen.get((plugin, core), "") for core in cores)] for plugin in plugins]
    for line in aligned([["plugin", *cores], *rows]):
        terminalreporter.write_line(line)
