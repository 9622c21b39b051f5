"""What importing a room brings along, seen from a fresh interpreter.

import-linter reads the source; this looks at what really got loaded, `proxy_core/__init__.py` and
third-party packages included.
"""

import os
import subprocess
import sys

import pytest

SERVER_LIBRARIES = {
    *("aiohttp", "anyio", "fastapi", "httpcore", "httptools"),
    *("httpx", "starlette", "uvicorn", "uvloop"),
}
PURE = ["ledger", "contract", "hookspecs", "anthropic", "dialects"]


def loaded_by(statement: str) -> set[str]:
    """The names of all modules that are there after `statement` and were not before."""
    program = (
        "import sys; before = set(sys.modules); "
        f"{statement}; "
        "sys.stdout.write('\\n'.join(set(sys.modules) - before))"
    )
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", program], env=clean, check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def whole_package(name: str) -> str:
    """A statement that imports a module and, if it is a package, all its modules."""
    return (
        f"import importlib, pkgutil, {name} as room; "
        "[importlib.import_module(found.name) for found in "
        f"pkgutil.walk_packages(getattr(room, '__path__', []), '{name}.')]"
    )


def test_the_probe_sees_what_is_loaded() -> None:
    assert "httpx" in loaded_by("import httpx")


@pytest.mark.parametrize("room", PURE)
def test_treaty_and_languages_load_no_server_library(room: str) -> None:
    loaded = loaded_by(whole_package(f"proxy_core.{room}"))
    assert f"proxy_core.{room}" in loaded
    assert not loaded & SERVER_LIBRARIES
    assert "asyncio" not in loaded


def test_the_bare_package_loads_no_server_library() -> None:
    assert not loaded_by("import proxy_core") & SERVER_LIBRARIES
