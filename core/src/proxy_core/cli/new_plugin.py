"""`proxy new-plugin`: a package to begin with, complete and tested."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from proxy_core import API_VERSION, __version__
from proxy_core.contract import ProxyError
from proxy_core.plugins.installed import SHIPPED, installed_plugins, normalized

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 40
_RESERVED = frozenset({*SHIPPED, "core"})
"""Names whose packages are this project's own."""

_EVERY = {
    "plugin/pyproject.toml": "pyproject.toml",
    "plugin/README.md": "README.md",
    "plugin/gitignore": ".gitignore",
    "plugin/check.yml": ".github/workflows/check.yml",
    "plugin/test.py": "tests/test_$module.py",
    "plugin/py.typed": "src/$module/py.typed",
}
_DIALECTS = {
    "openai_chat": {"openai_chat/plugin.py": "src/$module/__init__.py"},
    "blank": {
        "blank/plugin.py": "src/$module/__init__.py",
        "blank/requests.py": "src/$module/requests.py",
        "blank/turns.py": "src/$module/turns.py",
        "blank/unsaid.py": "src/$module/unsaid.py",
        "blank/answers.py": "src/$module/answers.py",
        "blank/testing.py": "src/$module/testing.py",
    },
}
"""Templates, and where what they become belongs in the new package."""


class CannotWrite(ProxyError):
    """A plugin of this name cannot be begun here."""


@click.command("new-plugin")
@click.argument("name")
@click.option(
    "--dialect",
    type=click.Choice(list(_DIALECTS)),
    default="openai_chat",
    help="What the vendor speaks: OpenAI's Chat Completions (the default), or a language of its "
    "own, for which a small translator is written.",
)
def command(name: str, dialect: str) -> None:
    """Write the package of a new provider plugin into ./proxy-NAME.

    It builds, installs and passes `proxy check NAME` as it is; what remains is to fill in the
    provider's card.
    """
    _check_name(name)
    folder = Path(f"proxy-{name}")
    if folder.exists():
        raise CannotWrite(f"{folder} is there already: remove it, or choose another name")
    words = _words(name, dialect)
    _check_class(words["class_name"], dialect)
    for place, content in render(words, dialect):
        path = folder / place
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8", newline="\n")
        except OSError as error:
            raise CannotWrite(f"{path} cannot be written: {error.strerror}") from error
        click.echo(f"wrote {path.as_posix()}")
    _tell_next_steps(name, words)


def render(words: Mapping[str, str], dialect: str) -> Iterator[tuple[str, str]]:
    """The files of the package: each its place in the package's folder, and its content."""
    for source, place in (_EVERY | _DIALECTS[dialect]).items():
        yield Template(place).substitute(words), Template(_template(source)).substitute(words)


def _template(source: str) -> str:
    path = files("proxy_core") / "templates" / f"{source}.template"
    return path.read_text(encoding="utf-8")


def _words(name: str, dialect: str) -> dict[str, str]:
    """What the templates' placeholders stand for."""
    parts = name.split("-")
    module = f"proxy_{name.replace('-', '_')}"
    return {
        "name": name,
        "module": module,
        "title": " ".join(part.capitalize() for part in parts),
        "class_name": "".join(part.capitalize() for part in parts),
        "variable": name.replace("-", "_").upper(),
        "api_version": str(API_VERSION),
        "core": __version__,
        "wires": _WIRES.format(name=name, module=module) if dialect == "blank" else "",
    }


_WIRES = """
# The vendor's side of the language, for the tests alone.
[project.entry-points."proxy_core.testing"]
{name} = "{module}.testing:WIRES"
"""


def _check_name(name: str) -> None:
    """Raises `CannotWrite` for what is no name, or somebody's already."""
    if not _NAME.fullmatch(name) or len(name) > _LONGEST or name.startswith("proxy-"):
        raise CannotWrite(
            f"{name!r} is no name for a plugin: give it letters and digits in lower case, a letter "
            f"first, single hyphens between, and no proxy- in front{_suggestion(name)}"
        )
    if name in _RESERVED:
        raise CannotWrite(f"proxy-{name} is a package of proxy-core's own; choose another name")
    for plugin in installed_plugins():
        if plugin.name == name or normalized(plugin.package) == f"proxy-{name}":
            raise CannotWrite(
                f"{plugin.package} is installed and brings the plugin {plugin.name!r}; choose "
                "another name, or uninstall it"
            )


def _check_class(name: str, dialect: str) -> None:
    """Raises `CannotWrite` for a class that Python, or the module it stands in, has already."""
    if keyword.iskeyword(name) or re.search(rf"\b{name}\b", _template(f"{dialect}/plugin.py")):
        raise CannotWrite(
            f"the plugin's class would be {name}, a name that its module needs for something else; "
            "choose another name"
        )


def _suggestion(name: str) -> str:
    """The nearest name that would do, if there is one."""
    near = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-").removeprefix("proxy-")
    near = near.lstrip("0123456789-")[:_LONGEST].rstrip("-")
    return f", for example {near}" if _NAME.fullmatch(near) and near not in _RESERVED else ""


def _tell_next_steps(name: str, words: Mapping[str, str]) -> None:
    steps = {
        f"cd proxy-{name}": "",
        f"edit src/{words['module']}/__init__.py": "the card: address, models, what differs",
        "python -m pip install -e . --group dev": "",
        f"proxy check {name}": "does it keep the rules?",
        f"export {words['variable']}_API_KEY=...": "",
        f"proxy serve --plugins {name}": "",
    }
    width = max(map(len, steps))
    click.echo("\nnext:")
    for step, why in steps.items():
        click.echo(f"  {step:{width}}  {why}".rstrip())
