"""The command itself: help, version, exit statuses, one line per error."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

import proxy_core
from proxy_core.cli import COMMANDS
from proxy_core.cli.output import tell_crash
from tests.support.command import CANARY, proxy

HEAVY = {"fastapi", "starlette", "uvicorn", "aiohttp", "httpx", "rich"}


def test_version_and_help(home: Path) -> None:
    assert proxy(home, "--version").stdout == f"proxy {proxy_core.__version__}\n"
    for asked in (["--help"], ["-h"], []):
        done = proxy(home, *asked)
        assert done.returncode == 0
        words = " ".join(done.stdout.split())
        for name, line in COMMANDS.items():
            assert f"{name} {line}" in words


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_tells_what_it_does(home: Path, name: str) -> None:
    done = proxy(home, name, "--help")
    assert done.returncode == 0
    assert COMMANDS[name].rstrip(".") in done.stdout
    assert "--debug" in done.stdout


@pytest.mark.parametrize("asked", ["--version", "--help"])
def test_the_quick_commands_load_no_server(home: Path, asked: str) -> None:
    program = (
        "import sys; from proxy_core.cli import run; run([sys.argv[1]]); "
        "sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, asked],
        cwd=home,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert not HEAVY & set(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nonsense"], "nonsense"),
        (["serve", "--nonsense"], "--nonsense"),
        (["explain"], "FILE"),
        (["run"], "CLIENT"),
        (["serve", "--workers", "0"], "--workers"),
        (["serve", "--config", "missing.toml"], "missing.toml"),
    ],
)
def test_wrong_use_is_one_line_and_2(home: Path, arguments: list[str], told: str) -> None:
    done = proxy(home, *arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("proxy: ")
    assert told in done.stderr


def crash(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A command that fails in a way nobody foresaw, with a key in the error's words."""
    module = home / "site" / "sitecustomize.py"
    module.write_text(
        "import os, proxy_core.plugins as plugins\n"
        "def installed_plugins():\n"
        "    raise LookupError('no ' + os.environ['CHATTY_API_KEY'])\n"
        "plugins.installed_plugins = installed_plugins\n"
    )
    return proxy(home, "plugins", *arguments, CHATTY_API_KEY=CANARY)


def test_a_crash_is_one_line_and_1_without_its_words(home: Path) -> None:
    done = crash(home)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("proxy: unexpected LookupError at ")
    assert "--debug" in done.stderr


def test_a_crash_says_what_the_system_could_not_do(capsys: pytest.CaptureFixture[str]) -> None:
    tell_crash(OSError(errno.ENOSPC, "of a secret"), debug=False)
    told = capsys.readouterr().err
    assert told.startswith(f"proxy: unexpected OSError ({os.strerror(errno.ENOSPC)}); ")
    assert "secret" not in told


def test_debug_shows_the_traceback_without_the_key(home: Path) -> None:
    done = crash(home, "--debug")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "LookupError: no ****" in done.stderr


def test_debug_shows_where_a_wrong_configuration_was_found(home: Path) -> None:
    done = proxy(home, "serve", "--plugins", "nonsense", "--debug")
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("proxy: ")
