"""A package to begin with: written whole, refused politely, and a plugin as it is."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from tests.support.command import proxy
from tests.support.distributions import install_acme
from tests.support.wheels import unpacked

DIALECTS = ("openai_chat", "blank")
MODULES = {
    "openai_chat": {"__init__.py", "py.typed"},
    "blank": {
        *("__init__.py", "answers.py", "py.typed", "requests.py", "testing.py", "turns.py"),
        "unsaid.py",
    },
}
EVERY = {".github/workflows/check.yml", ".gitignore", "README.md", "pyproject.toml"}


def begun(folder: Path, name: str, dialect: str = "openai_chat") -> Path:
    done = proxy(folder, "new-plugin", name, "--dialect", dialect)
    assert done.returncode == 0, done.stderr
    return folder / f"proxy-{name}"


def files_in(project: Path) -> set[str]:
    return {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_whole_package_is_written(tmp_path: Path, dialect: str) -> None:
    project = begun(tmp_path, "my-vendor", dialect)
    modules = {f"src/proxy_my_vendor/{name}" for name in MODULES[dialect]}
    assert files_in(project) == EVERY | modules | {"tests/test_proxy_my_vendor.py"}
    declared = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    assert declared["name"] == "proxy-my-vendor"
    assert declared["entry-points"]["proxy_core"] == {"my-vendor": "proxy_my_vendor:plugin"}
    assert not [path for path in files_in(project) if "${" in (project / path).read_text()] or (
        "${{ matrix.python }}" in (project / ".github/workflows/check.yml").read_text()
    )


@pytest.mark.parametrize("dialect", DIALECTS)
def test_its_lines_fit_and_its_test_is_short(tmp_path: Path, dialect: str) -> None:
    project = begun(tmp_path, "acme", dialect)
    sources = list(project.rglob("*.py"))
    assert max(len(line) for path in sources for line in path.read_text().splitlines()) <= 100
    assert len((project / "tests/test_proxy_acme.py").read_text().splitlines()) <= 16


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_builds_and_is_a_plugin(tmp_path: Path, dialect: str) -> None:
    unpacked(begun(tmp_path, "my-vendor", dialect), tmp_path / "site")
    done = proxy(tmp_path, "plugins", "--plugins", "my-vendor", "--json", MY_VENDOR_API_KEY="k-1")
    (row,) = [row for row in json.loads(done.stdout) if row["name"] == "my-vendor"]
    assert (row["package"], row["state"], row["key"]) == ("proxy-my-vendor", "loaded", True)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_says_a_request_and_names_what_is_lost(tmp_path: Path, dialect: str) -> None:
    unpacked(begun(tmp_path, "acme", dialect), tmp_path / "site")
    asked = {
        "model": "claude-opus-5-5",
        "max_tokens": 10,
        "system": "Be brief.",
        "messages": [{"role": "user", "content": "Hello?"}],
        "top_k": 3,
    }
    said = json.dumps(asked)
    done = proxy(tmp_path, "explain", "-", "--plugins", "acme", "--json", said=said)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    body = json.dumps(told["body"])
    assert all(text in body for text in ("acme-large", "Be brief.", "Hello?"))
    assert [loss["path"] for loss in told["losses"]] == ["/top_k"]


def test_the_next_steps_are_shown_and_line_up(tmp_path: Path) -> None:
    done = proxy(tmp_path, "new-plugin", "acme")
    written, _, steps = done.stdout.partition("\nnext:\n")
    told = {line.removeprefix("wrote proxy-acme/") for line in written.splitlines()}
    assert told == files_in(tmp_path / "proxy-acme")
    lines = steps.splitlines()
    assert [line.split()[0] for line in lines] == [
        "cd",
        "edit",
        "python",
        "proxy",
        "export",
        "proxy",
    ]
    columns = {line.index(why) for line in lines for why in ("the card:", "does it") if why in line}
    assert len(columns) == 1
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Acme", "letters and digits in lower case"),
        ("My_Vendor", "for example my-vendor"),
        ("proxy-acme", "no proxy- in front, for example acme"),
        ("proxy-groq", "no proxy- in front"),
        ("1st", "a letter first"),
        ("a--b", "for example a-b"),
        ("a-", "for example a"),
        ("été", "no name for a plugin"),
        ("../evil", "for example evil"),
        ("a" * 41, "for example aaaa"),
        ("", "no name for a plugin"),
        ("core", "proxy-core is a package of proxy-core's own"),
        ("gemini", "proxy-gemini is a package of proxy-core's own"),
        ("none", "the plugin's class would be None, a name that"),
        ("model-facts", "the plugin's class would be ModelFacts, a name that"),
    ],
)
def test_bad_names_are_refused(tmp_path: Path, name: str, expected: str) -> None:
    done = proxy(tmp_path, "new-plugin", name)
    assert done.returncode == 2
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_the_name_of_an_installed_plugin_is_refused(tmp_path: Path) -> None:
    imported = install_acme(tmp_path / "site", "taken", package="free-taken")
    done = proxy(tmp_path, "new-plugin", "taken")
    assert done.returncode == 2
    assert "free-taken is installed and brings the plugin 'taken'" in done.stderr
    assert not imported.exists()
    assert not (tmp_path / "proxy-taken").exists()


def test_the_package_of_an_installed_plugin_is_refused(tmp_path: Path) -> None:
    install_acme(tmp_path / "site", "other", package="Proxy_Taken")
    done = proxy(tmp_path, "new-plugin", "taken")
    assert done.returncode == 2
    assert "Proxy_Taken is installed and brings the plugin 'other'" in done.stderr


def test_a_folder_that_is_there_is_left_alone(tmp_path: Path) -> None:
    kept = tmp_path / "proxy-acme" / "work.txt"
    kept.parent.mkdir()
    kept.write_text("weeks of work")
    done = proxy(tmp_path, "new-plugin", "acme")
    assert done.returncode == 2
    assert "proxy-acme is there already" in done.stderr
    assert files_in(kept.parent) == {"work.txt"}


def test_a_name_that_one_dialect_needs_is_free_in_the_other(tmp_path: Path) -> None:
    done = proxy(tmp_path, "new-plugin", "stream", "--dialect", "blank")
    assert done.returncode == 2
    assert "the plugin's class would be Stream" in done.stderr
    begun(tmp_path, "stream")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    tmp_path.joinpath("proxy-acme").symlink_to("nowhere")
    done = proxy(tmp_path, "new-plugin", "acme")
    assert done.returncode == 2
    assert done.stderr.startswith("proxy: proxy-acme/")
    assert " cannot be written: " in done.stderr


def test_an_unknown_dialect_is_refused(tmp_path: Path) -> None:
    done = proxy(tmp_path, "new-plugin", "acme", "--dialect", "cobol")
    assert done.returncode == 2
    assert "'openai_chat', 'blank'" in done.stderr
