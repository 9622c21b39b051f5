"""Cores and plugins of other API versions, made from those of today.

There is no older or newer core yet. One is made by what would tell it from today's: the version it
says, and for a newer one a field, a hook, a verb and a reason that today's core does not have.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.frozen.talks import HERE
from tests.support.wheels import CORE, unpacked

Version = tuple[int, int]

NOW: Version = (1, 0)
NEWER: Version = (1, 1)
OTHER: Version = (2, 0)

_ADDITIONS = {
    "contract.py": (
        "    aliases: tuple[str, ...] = ()\n",
        '    sparkle: str = ""\n',
    ),
    "hookspecs.py": (
        "@hookspec\ndef proxy_exchange_finished(",
        "@hookspec(firstresult=True)\ndef proxy_sparkle(target: Target) -> str: ...\n\n\n",
    ),
    "ledger.py": (
        '    ADVISORY = "advisory"\n',
        '    SPARKLE = "sparkle"\n',
    ),
    "anthropic/writer.py": (
        "    def usage(self, usage: Usage) -> None:",
        "    def sparkle(self) -> None: ...\n\n",
    ),
}
"""By file of core: a place in it, and what is put before."""

_CARD = '    name="acme",\n    api_version=(1, 0),\n'
_USE = """    providers = (CARD,)

    @hookimpl
    def proxy_sparkle(self) -> str:
        return "*"
"""


def core(version: Version, site: Path) -> None:
    """A core of this API version, installed in `site`."""
    project = site.parent / "core"
    shutil.copytree(CORE, project, ignore=shutil.ignore_patterns("__pycache__", "dist"))
    source = project / "src" / "proxy_core"
    said = f"API_VERSION = ({version[0]}, {version[1]})"
    _edit(source / "contract.py", "API_VERSION = (1, 0)", said)
    if version >= NEWER:
        for name, (place, addition) in _ADDITIONS.items():
            _edit(source / name, place, addition + place)
    unpacked(project, site)


def acme(version: Version, folder: Path) -> Path:
    """The frozen `acme`, as it would be for this API version; for a newer one with what is new."""
    plugin = folder / f"api_{version[0]}_{version[1]}" / "acme"
    shutil.copytree(HERE / "api_1_0" / "acme", plugin)
    for file in ("asked.json", "told.json"):
        shutil.copy(HERE / "api_1_0" / file, plugin.parent)
    if version != NOW:
        module = plugin / "src" / "proxy_acme" / "__init__.py"
        card = f'    name="acme",\n    api_version={version},\n    sparkle="*",\n'
        _edit(module, _CARD, card)
        _edit(module, "    providers = (CARD,)\n", _USE)
        imports = "from proxy_core.contract import ModelFacts, Provider\n"
        _edit(module, imports, f"from proxy_core import hookimpl\n{imports}")
    return plugin


def _edit(file: Path, before: str, after: str) -> None:
    source = file.read_text(encoding="utf-8")
    assert source.count(before) == 1, f"{file.name} has no longer once: {before}"
    file.write_text(source.replace(before, after), encoding="utf-8")
