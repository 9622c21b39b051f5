"""Installed distributions for tests: a module and its metadata, as pip leaves them on disk."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ACME = '''
"""A whole plugin of a third party."""

from pathlib import Path

from proxy_core import hookimpl
from proxy_core.contract import Provider, UpstreamRequest

IMPORTED = Path(__file__).with_suffix(".imported")
IMPORTED.write_text("imported", encoding="utf-8")


class Acme:
    name = "NAME"

    @hookimpl
    def proxy_providers(self):
        return [Provider(name=self.name, base_url=f"https://{self.name}.example/v1")]

    @hookimpl
    def proxy_translate_request(self, request, target):
        return UpstreamRequest(target=target, path="/chat", body=b"{}", stream=False)

    @hookimpl
    def proxy_translate_response(self, writer):
        writer.text("hello")
        writer.finish("end_turn")

    @hookimpl
    def proxy_open_stream(self, writer):
        return Reader(writer)


class Reader:
    def __init__(self, writer):
        self.writer = writer

    def feed(self, event):
        self.writer.text(event.data.decode())

    def close(self, complete):
        if complete:
            self.writer.finish("end_turn")


plugin = Acme()
'''
"""Source of a plugin that leaves a file beside itself when it is imported."""


def install(
    site: Path,
    package: str,
    entry_points: Mapping[str, str],
    modules: Mapping[str, str],
    version: str = "1.0",
) -> None:
    """Put a distribution with plugins into the directory `site`."""
    name = package.replace("-", "_")
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = ["[proxy_core]", *(f"{name} = {value}" for name, value in entry_points.items())]
    metadata = ["Metadata-Version: 2.1", f"Name: {package}", f"Version: {version}"]
    metadata += [f"Summary: What {package} is for"]
    (info / "METADATA").write_text("\n".join(metadata) + "\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    files = []
    for module, source in modules.items():
        path = site / f"{module}.py"
        path.write_text(source, encoding="utf-8")
        files.append(path.name)
    record = [*files, f"{info.name}/METADATA", f"{info.name}/entry_points.txt"]
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in record), encoding="utf-8")


def install_acme(site: Path, name: str = "acme", package: str = "", module: str = "") -> Path:
    """Install the example plugin under a name; returns the file that its import leaves."""
    module = module or f"{name}_plugin"
    source = ACME.replace("NAME", name)
    install(site, package or f"proxy-{name}", {name: f"{module}:plugin"}, {module: source})
    return site / f"{module}.imported"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A site-packages that comes first; what a test imported from it is forgotten again."""
    path = tmp_path / "site"
    path.mkdir()
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(path))
    yield path
    for name in set(sys.modules) - before:
        origin = getattr(sys.modules[name], "__file__", None)
        if origin and Path(origin).is_relative_to(path):
            del sys.modules[name]
