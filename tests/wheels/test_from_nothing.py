"""The road of a plugin's author, from an empty directory to an answer, with wheels of a release."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.wheels import CORE, ROOT, Fresh, built

pytestmark = pytest.mark.skipif(
    "WHEELHOUSE" not in os.environ, reason="tries the wheels that `nox -s build` makes"
)


@pytest.fixture
def fresh(tmp_path: Path) -> Fresh:
    """Core and its kit, and nothing else."""
    return Fresh(tmp_path, Path(f"{built(CORE)}[testing]"))


def test_from_an_empty_directory_to_an_answer(
    fresh: Fresh, capsys: pytest.CaptureFixture[str]
) -> None:
    script = str(shutil.copy(ROOT / "examples" / "from_nothing.py", fresh.home))
    told = fresh.run(fresh.python, script, installs=True)
    with capsys.disabled():
        print(told)  # noqa: T201 -- the road is there to be seen
    assert "lines that the author wrote: 5\n" in told
    assert "checks passed in" in told
    assert "200, x-proxy-target: acme/acme-2\n" in told
    assert '"A typewriter "' in told
    assert "event: message_stop" in told


@pytest.mark.parametrize("dialect", ["openai_chat", "blank"])
def test_what_is_written_passes_its_own_tests(fresh: Fresh, dialect: str) -> None:
    fresh.run(*fresh.program, "new-plugin", "acme", "--dialect", dialect)
    fresh.install("./proxy-acme")
    told = fresh.run(fresh.python, "-m", "pytest", "proxy-acme")
    assert " passed in " in told
