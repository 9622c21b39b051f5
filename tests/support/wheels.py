"""The shipped packages: their source trees, their wheels, and environments with nothing else."""

from __future__ import annotations

import ast
import io
import os
import shutil
import subprocess
import sys
import tempfile
import tokenize
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core"
PLUGINS = [path.parent for path in sorted((ROOT / "plugins").glob("*/pyproject.toml"))]
EXAMPLES = [path.parent for path in sorted((ROOT / "examples").glob("*/pyproject.toml"))]
"""Plugins such as third parties make."""
NO_CODE = {
    *(tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT),
    *(tokenize.ENCODING, tokenize.ENDMARKER),
}


def package_of(project: Path) -> Path:
    """The one import package of a project."""
    (package,) = (path for path in (project / "src").iterdir() if path.is_dir())
    return package


def build(project: Path, into: Path) -> Path:
    """Build the project's wheel into an empty directory."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory"]
    subprocess.run([*command, str(into)], cwd=project, check=True, capture_output=True)
    (wheel,) = into.glob("*.whl")
    return wheel


def unpacked(project: Path, site: Path) -> None:
    """Put the project's wheel into the directory `site`, as an installer does."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(project, Path(folder))
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)


def built(project: Path) -> Path | None:
    """The wheel among those for a release, in the directory that WHEELHOUSE names."""
    house = os.environ.get("WHEELHOUSE")
    if house is None:
        return None
    (wheel,) = Path(house).glob(f"{package_of(project).name}-*.whl")
    return wheel


# -- how much of it is code ----------------------------------------------------------------


def lines_of_code(package: Path) -> int:
    """Lines that hold code: no blank lines, no comments, no strings that stand alone."""
    return sum(_lines_of(path.read_text(encoding="utf-8")) for path in package.rglob("*.py"))


def _lines_of(source: str) -> int:
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in NO_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - set(_documentation(source)))


def _documentation(source: str) -> Iterator[int]:
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)


# -- an environment with nothing else --------------------------------------------------------


class Fresh:
    """A new virtual environment with these wheels and what they require."""

    def __init__(self, at: Path, *wheels: Path) -> None:
        self.home = at / "home"
        self.home.mkdir(parents=True)
        self._bin = at / "env" / ("Scripts" if sys.platform == "win32" else "bin")
        self.python = str(self._bin / "python")
        self._uv = shutil.which("uv")
        new = [sys.executable, "-m", "venv"]
        if self._uv:
            new = [self._uv, "venv", "--no-project", "--python", sys.executable]
        subprocess.run([*new, str(at / "env")], check=True, capture_output=True, cwd=at)
        self.install(*map(str, wheels))

    def install(self, *what: str) -> None:
        """Install further wheels, or projects in its home."""
        pip = [self.python, "-m", "pip", "install"]
        if self._uv:
            pip = [self._uv, "pip", "install", "--python", self.python]
        subprocess.run([*pip, *what], check=True, capture_output=True, cwd=self.home)

    @property
    def program(self) -> tuple[str]:
        """The command `proxy` as it was installed."""
        return (str(self._bin / "proxy"),)

    def run(self, *command: str, installs: bool = False) -> str:
        """What a command prints that ends well, started with hardly any variables.

        One that `installs` knows where packages come from, and whom to trust on the way.
        """
        variables = {"PATH": os.environ["PATH"], "HOME": str(self.home), "COLUMNS": "200"}
        if installs:
            variables |= {k: v for k, v in os.environ.items() if k.upper().startswith(_INSTALLERS)}
        done = subprocess.run(
            command, cwd=self.home, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def installed(self) -> dict[str, str]:
        """The distributions in it, each with the address it came from, if that is known."""
        lines = self.run(self.python, "-c", _LIST).splitlines()
        return {name: origin for name, _, origin in (line.partition(" ") for line in lines)}


_INSTALLERS = ("PIP_", "UV_", "SSL_CERT_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
"""How the variables begin that pip and uv read."""

_LIST = """
from importlib.metadata import distributions

for found in distributions():
    print(found.name.lower().replace("_", "-"), found.read_text("direct_url.json") or "")
"""
