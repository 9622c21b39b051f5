"""What `pip install` of a release gives: core and one plugin, listed and at work.

The environments are made anew with the wheels that `nox -s build` has built; what they require
comes from the package index. Nothing of this checkout is in them: the upstreams that answer run
in the process of the tests.
"""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import anthropic
import pytest

from tests.e2e.proxy_process import ProxyProcess
from tests.e2e.upstream_script import answer, in_order, say
from tests.e2e.vendors import (
    CHAT,
    GEMINI,
    GROQ,
    MOONSHOT,
    MOONSHOT_CHAT,
    PASSTHROUGH,
    RESPONSES,
    Vendor,
)
from tests.support.wheels import CORE, PLUGINS, ROOT, Fresh, built, package_of

pytestmark = pytest.mark.skipif(
    "WHEELHOUSE" not in os.environ, reason="tries the wheels that `nox -s build` makes"
)

ACME = Vendor(
    plugin="acme", variables="ACME", big="acme-large", middle="acme-large", small="acme-small"
)
THIRD_PARTY = ROOT / "examples" / "acme"
Tried = dict[str, dict[str, str]]
VENDORS = (CHAT, RESPONSES, GEMINI, GROQ, MOONSHOT, MOONSHOT_CHAT, PASSTHROUGH, ACME)
OF_THE_INSTALLER = {"pip", "setuptools"}
SAID = "Wheels go round."


def wheel_of(project: Path, tried: Tried) -> Path:
    wheel = built(project)
    assert wheel is not None
    with zipfile.ZipFile(wheel) as archive:
        tried.setdefault(project.name, {})["files in wheel"] = str(len(archive.namelist()))
    return wheel


def required() -> set[str]:
    """What core brings along, as it is written down."""
    lines = (CORE / "dependency-closure.txt").read_text(encoding="utf-8").splitlines()
    return {line for line in lines if line and not line.startswith("#")}


def check_installed(fresh: Fresh, *projects: Path) -> None:
    """Nothing but the wheels and what core requires, and none of it editable."""
    found = fresh.installed()
    ours = {package_of(project).name.replace("_", "-") for project in projects}
    assert set(found) - OF_THE_INSTALLER == ours | required()
    origins = [json.loads(found[name]) for name in ours]
    assert all(origin["url"].endswith(".whl") for origin in origins)


def test_core_alone_shows_what_it_does(tmp_path: Path, tried: Tried) -> None:
    fresh = Fresh(tmp_path, wheel_of(CORE, tried))
    check_installed(fresh, CORE)
    assert json.loads(fresh.run(*fresh.program, "plugins", "--json")) == []
    tried[CORE.name]["listed"] = "-"
    fresh.run(*fresh.program, "demo")
    tried[CORE.name]["answered"] = "its demo"


@pytest.mark.parametrize("project", [*PLUGINS, THIRD_PARTY], ids=lambda project: str(project.name))
def test_a_plugin_beside_core(project: Path, tmp_path: Path, tried: Tried) -> None:
    fresh = Fresh(tmp_path, wheel_of(CORE, tried), wheel_of(project, tried))
    check_installed(fresh, CORE, project)
    told = tried[project.name]

    (row,) = json.loads(fresh.run(*fresh.program, "plugins", "--json"))
    assert (row["name"], row["package"]) == (project.name, f"proxy-{project.name}")
    assert (row["state"], row["why"]) == ("available", None)
    told["listed"] = "yes"

    vendors = [vendor for vendor in VENDORS if vendor.plugin == project.name]
    for vendor in vendors:
        ask(fresh, vendor)
    assert vendors
    told["answered"] = ", ".join(vendor.wire or "yes" for vendor in vendors)


def ask(fresh: Fresh, vendor: Vendor) -> None:
    """One request by the official SDK, through the proxy, to an upstream as strict as the real."""
    with vendor.upstream(in_order(answer(say(SAID))), None) as upstream:
        variables = {"HOME": str(fresh.home), **vendor.environment(upstream, upstream.key)}
        arguments = f"serve --plugins {vendor.plugin} --host 127.0.0.1 --port 0"
        with (
            ProxyProcess(
                variables,
                fresh.home,
                not_its_port=upstream.port,
                arguments=arguments,
                program=fresh.program,
            ) as proxy,
            anthropic.Anthropic(base_url=proxy.url, api_key="any", max_retries=0) as client,
            client.messages.stream(
                model="claude-opus-5-5",
                max_tokens=100,
                messages=[{"role": "user", "content": "How do wheels go?"}],
            ) as stream,
        ):
            assert stream.get_final_text() == SAID
        assert upstream.problems == []
        assert upstream.refused == []
        assert [exchange.talk.body["model"] for exchange in upstream.chats] == [vendor.big]
