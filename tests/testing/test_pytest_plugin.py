"""`pytest -p proxy_core.testing.pytest_plugin --provider NAME`, in a process of its own."""

import subprocess
import sys
from pathlib import Path

from proxy_core.testing.checks import CHECKS

PLUGIN = ("-p", "proxy_core.testing.pytest_plugin", "-p", "no:asyncio", "-q")


def pytest_in(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_checks_of_an_installed_plugin_need_no_file(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, "--provider", "groq", "--examples", "1")
    assert f"{len(CHECKS)} passed" in done.stdout, done.stdout


def test_tests_of_ones_own_are_run_as_ever(tmp_path: Path) -> None:
    tmp_path.joinpath("test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")
    done = pytest_in(tmp_path)
    assert "1 passed" in done.stdout, done.stdout


def test_a_provider_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    for arguments, words in (
        (("--provider", "nobody"), "ERROR: plugin 'nobody' is not installed"),
        (("--provider", "groq", "--card", "x"), "ERROR: plugin 'groq' brings no provider 'x'"),
    ):
        done = pytest_in(tmp_path, *arguments)
        assert done.returncode == 4
        assert done.stderr.startswith(words)
        assert len(done.stderr.strip().splitlines()) == 1
