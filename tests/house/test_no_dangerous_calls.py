"""Calls that shipped code never makes, found in its syntax tree.

Each rule answers an incident in a proxy of this kind: input that became code, certificates that
were not checked, a route rebuilt from the Host header.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHIPPED = sorted(
    path
    for source in (ROOT / "core" / "src", *(ROOT / "plugins").glob("*/src"))
    for path in source.rglob("*.py")
)
CODE_FROM_TEXT = {"eval", "exec", "compile", "__import__"}
UNSAFE_MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
PROCESS_CALLS = {"os.system", "os.popen", "asyncio.create_subprocess_shell"}
CORE = ROOT / "core" / "src" / "proxy_core"
MAY_START_PROCESSES = (CORE / "cli", CORE / "testing")


def dotted(node: ast.expr) -> str:
    """`a.b.c` for a chain of names, an empty string for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (owner := dotted(node.value)):
        return f"{owner}.{node.attr}"
    return ""


def imported(node: ast.AST) -> set[str]:
    """The top-level packages that a statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        return {node.module.partition(".")[0]}
    return set()


def dangers_of_call(call: ast.Call) -> Iterator[str]:
    name = dotted(call.func)
    if name.removeprefix("builtins.") in CODE_FROM_TEXT:
        yield f"{name}()"
    if name in {"yaml.load", "yaml.unsafe_load", "yaml.full_load"} | PROCESS_CALLS:
        yield f"{name}()"
    for keyword in call.keywords:
        off = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        if keyword.arg in {"verify", "ssl", "verify_ssl", "check_hostname"} and off:
            yield f"{keyword.arg}=False"


def dangers(source: str, path: Path) -> list[str]:
    """Every forbidden call or import in a file, as `line: what`."""
    found = []
    may_start = any(path.is_relative_to(room) for room in MAY_START_PROCESSES)
    in_server = "server" in path.parts
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 0)
        modules = UNSAFE_MODULES if may_start else UNSAFE_MODULES | {"subprocess"}
        found += [f"{line}: import {module}" for module in sorted(imported(node) & modules)]
        if isinstance(node, ast.Call):
            found += [f"{line}: {danger}" for danger in dangers_of_call(node)]
        if isinstance(node, ast.Attribute) and in_server and dotted(node).endswith("request.url"):
            found.append(f"{line}: request.url")
    return found


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_shipped_code_makes_no_dangerous_call(path: Path) -> None:
    assert dangers(path.read_text(encoding="utf-8"), path) == []


def test_there_is_shipped_code_to_look_at() -> None:
    assert SHIPPED


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("dialects", "eval('1')"),
        ("dialects", "builtins.exec(text)"),
        ("dialects", "compile(text, '', 'exec')"),
        ("anthropic", "import pickle"),
        ("anthropic", "from pickle import loads"),
        ("settings", "yaml.load(text)"),
        ("server", "import subprocess"),
        ("server", "os.system('true')"),
        ("server", "httpx.Client(verify=False)"),
        ("server", "session.get(url, ssl=False)"),
        ("server", "route = request.url.path"),
        ("server", "route = self.request.url"),
    ],
)
def test_the_rules_catch(folder: str, source: str) -> None:
    assert dangers(source, ROOT / "core" / "src" / "proxy_core" / folder / "module.py")


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("cli", "import subprocess"),
        ("settings", "yaml.safe_load(text)"),
        ("server", "re.compile('a')"),
        ("server", "httpx.Client(verify=True)"),
        ("server", "route = scope['path']"),
    ],
)
def test_the_rules_leave_alone(folder: str, source: str) -> None:
    assert not dangers(source, ROOT / "core" / "src" / "proxy_core" / folder / "module.py")
