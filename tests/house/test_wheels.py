"""A wheel holds its package and its metadata, and nothing that runs by itself.

A poisoned release once carried a `.pth` file that its repository had never seen. So what is built
is compared with the source tree byte by byte; `nox -s build` puts the wheels for a release through
the same checks by naming their directory in WHEELHOUSE.
"""

import hashlib
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.support.wheels import CORE, PLUGINS, build, built, package_of

PROJECTS = [CORE, *PLUGINS]
METADATA = {"METADATA", "WHEEL", "RECORD", "licenses/LICENSE"}
SCRIPTS = {"proxy_core": {"proxy": "proxy_core.cli:main"}}


def tree(package: Path) -> dict[str, bytes]:
    files = (path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {path.relative_to(package.parent).as_posix(): path.read_bytes() for path in files}


@pytest.fixture(scope="module", params=PROJECTS, ids=lambda project: project.name)
def project(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(project) or build(project, tmp_path_factory.mktemp(project.name))


@pytest.fixture(scope="module")
def contents(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_package_is_the_source_tree(project: Path, contents: dict[str, bytes]) -> None:
    package = package_of(project)
    shipped = {name: data for name, data in contents.items() if name.startswith(f"{package.name}/")}
    assert shipped == tree(package)


def test_beside_the_package_there_is_only_metadata(
    project: Path, wheel: Path, contents: dict[str, bytes]
) -> None:
    package = package_of(project).name
    name, version, *_ = wheel.name.split("-")
    info = f"{name}-{version}.dist-info/"
    others = {entry.removeprefix(info) for entry in contents if not entry.startswith(f"{package}/")}
    assert others == METADATA | {"entry_points.txt"}


def test_the_only_commands_are_the_promised_ones(project: Path, contents: dict[str, bytes]) -> None:
    declared = ConfigParser()
    for name, data in contents.items():
        if name.endswith(".dist-info/entry_points.txt"):
            declared.read_string(data.decode())
    scripts = dict(declared["console_scripts"]) if declared.has_section("console_scripts") else {}
    assert scripts == SCRIPTS.get(package_of(project).name, {})
    assert set(declared.sections()) <= {"console_scripts", "proxy_core", "proxy_core.testing"}


def test_there_is_a_wheel_for_core_and_each_plugin() -> None:
    names = {package_of(project).name for project in PROJECTS}
    plugins = ("gemini", "groq", "moonshot", "openai", "passthrough")
    assert names == {"proxy_core", *(f"proxy_{name}" for name in plugins)}


def test_a_plugin_is_found_by_its_name(project: Path, contents: dict[str, bytes]) -> None:
    (declared,) = (text for name, text in contents.items() if name.endswith("/entry_points.txt"))
    found = ConfigParser()
    found.read_string(declared.decode())
    plugins = dict(found["proxy_core"]) if found.has_section("proxy_core") else {}
    named = {project.name: f"{package_of(project).name}:plugin"}
    assert plugins == ({} if project == CORE else named)


def test_the_license_is_the_projects(contents: dict[str, bytes]) -> None:
    (shipped,) = (data for name, data in contents.items() if name.endswith("/licenses/LICENSE"))
    assert shipped == (CORE.parent / "LICENSE").read_bytes()


def test_the_types_are_shipped(project: Path, contents: dict[str, bytes]) -> None:
    assert f"{package_of(project).name}/py.typed" in contents


def test_building_twice_gives_the_same_bytes(project: Path, wheel: Path, tmp_path: Path) -> None:
    again = build(project, tmp_path)
    assert (
        hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(wheel.read_bytes()).digest()
    )
