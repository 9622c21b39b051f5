"""`proxy check`: a plugin is held against the kit's checks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from proxy_core.testing.checks import CHECKS
from tests.support.command import proxy
from tests.support.distributions import install_acme


def install_broken(home: Path, good: str, bad: str) -> None:
    """Acme, with some of its source replaced."""
    install_acme(home / "site")
    module = home / "site" / "acme_plugin.py"
    source = module.read_text(encoding="utf-8")
    assert good in source
    module.write_text(source.replace(good, bad), encoding="utf-8")


def test_a_sound_plugin_passes(home: Path) -> None:
    done = proxy(home, "check", "groq", "--examples", "2", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert told["plugin"] == "groq"
    assert [result["check"] for result in told["checks"]] == [check.name for check in CHECKS]
    assert all(result["passed"] for result in told["checks"])


def test_a_check_that_fails_shows_the_case_and_says_what_it_means(home: Path) -> None:
    install_acme(home / "site")
    done = proxy(home, "check", "acme", "--examples", "2")
    assert done.returncode == 1
    failure = done.stdout.partition("FAIL requests      what is not sent is in the ledger\n")[2]
    assert failure.startswith("       neither sent nor in the ledger: /max_tokens")
    assert '"max_tokens": ' in failure
    assert "A breach usually means a field that the translation never looks at." in failure
    assert "acme: 0 of" not in done.stdout
    assert "Traceback" not in done.stderr


def test_a_plugin_that_does_not_load_fails_the_first_check(home: Path) -> None:
    open_stream = "    def proxy_open_stream"
    install_broken(home, f"    @hookimpl\n{open_stream}", open_stream)
    done = proxy(home, "check", "acme", "--examples", "2")
    assert done.returncode == 1
    assert "proxy_open_stream, but pluggy does not see it: decorate it" in done.stdout
    *lines, end = done.stdout.splitlines()
    untried = [line for line in lines if line.startswith("-    ")]
    assert "-    streams       memory is bounded" in untried
    assert f" of {len(CHECKS)} checks failed, {len(untried)} not tried in " in end


def test_what_an_earlier_check_told_is_a_line(home: Path) -> None:
    install_broken(home, "return UpstreamRequest(", "return UpstreamRequest(url=1, ")
    done = proxy(home, "check", "acme", "--examples", "1")
    what = "plugin 'acme' failed in proxy_translate_request: TypeError: Unexpected keyword argument"
    told = [line for line in done.stdout.splitlines() if what in line]
    assert told[0].startswith(f"       {what}")
    assert len(told) > 20
    earlier = "       as in 'the same request is sent the same': "
    assert all(line.startswith(earlier) for line in told[1:])
    assert done.stdout.count("The same request gives the same bytes") == 1
    assert "Whoever asks for a stream gets one" not in done.stdout


def test_a_quirk_that_is_no_text_is_laid_over(home: Path) -> None:
    done = proxy(home, "check", "groq", "--quirk", "stop_limit=1", "--examples", "1")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_plugin_that_is_not_there_is_wrong_use(home: Path) -> None:
    done = proxy(home, "check", "nobody")
    assert done.returncode == 2
    assert "not installed" in done.stderr


def test_a_provider_that_is_not_there_is_wrong_use(home: Path) -> None:
    done = proxy(home, "check", "groq", "--provider", "nobody")
    assert done.returncode == 2
    assert "brings no provider 'nobody' (there is: groq)" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--quirk", "wire"), "Invalid value for --quirk: 'wire' is not NAME=VALUE"),
        (("--quirk", "wires=chat"), "there is no quirk 'wires'"),
        (("--examples", "0"), "0 is not in the range x>=1"),
    ],
)
def test_wrong_use_is_one_line(home: Path, arguments: tuple[str, ...], words: str) -> None:
    done = proxy(home, "check", "groq", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_a_plugin_prints_is_not_among_the_json(home: Path) -> None:
    install_acme(home / "site")
    module = home / "site" / "acme_plugin.py"
    printing = module.read_text(encoding="utf-8").replace(
        'writer.text("hello")', 'print("hello from a hook")'
    )
    module.write_text(f"print('hello from the module')\n{printing}", encoding="utf-8")
    done = proxy(home, "check", "acme", "--examples", "1", "--json")
    told = json.loads(done.stdout)
    assert "hello from a hook\n" in done.stderr
    (found,) = [one for one in told["checks"] if one["check"] == "importing_does_nothing"]
    assert "hello" not in found["complaint"]


def test_without_the_extra_one_line_says_how_to_install_it(home: Path) -> None:
    program = (
        "import sys; from importlib import util; find = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'hypothesis' else find(name, *more)\n"
        "from proxy_core.cli import run; sys.exit(run(['check', 'groq']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (
        "proxy: proxy check needs hypothesis; try: pip install 'proxy-core[testing]'\n"
    )
