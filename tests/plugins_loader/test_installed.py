"""What is installed, seen without importing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy_core.plugins import (
    InstalledPlugin,
    brought_by,
    installed_plugins,
    load_plugins,
    with_key,
)
from proxy_core.plugins.installed import BRINGS, SHIPPED
from tests.support.distributions import install, install_acme


def found(name: str) -> list[InstalledPlugin]:
    return [plugin for plugin in installed_plugins() if plugin.name == name]


def test_metadata_is_told_and_nothing_imported(site: Path) -> None:
    trace = install_acme(site)
    assert found("acme") == [
        InstalledPlugin(
            name="acme",
            package="proxy-acme",
            version="1.0",
            entry_point="acme_plugin:plugin",
            summary="What proxy-acme is for",
        )
    ]
    assert not trace.exists()


def test_this_projects_own_plugin_is_found() -> None:
    (plugin,) = found("openai")
    assert plugin.package == "proxy-openai"
    assert plugin.refused is None


def test_two_packages_with_one_name_refuse_each_other(site: Path) -> None:
    install_acme(site)
    install_acme(site, package="acme-tools", module="acme_tools")
    first, second = found("acme")
    assert first.duplicates == (second.package,)
    for plugin in (first, second):
        assert plugin.refused is not None
        assert "acme-tools and proxy-acme" in plugin.refused


def test_shipped_names_belong_to_their_packages(site: Path) -> None:
    install_acme(site, "groq", package="free-groq")
    (plugin,) = [plugin for plugin in found("groq") if plugin.package == "free-groq"]
    assert plugin.refused is not None
    assert "belongs to proxy-groq" in plugin.refused
    assert "free-groq:groq" in plugin.refused


def test_a_squatter_does_not_lock_out_the_rightful_owner(site: Path) -> None:
    install_acme(site, "groq", package="free-groq", module="free_groq")
    install_acme(site, "groq", package="Proxy_Groq", module="rightful")
    refused = {plugin.package: plugin.refused for plugin in found("groq")}
    assert refused["Proxy_Groq"] is None
    assert refused["free-groq"] is not None


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, set()),
        ({"ACME_API_KEY": "k"}, {"acme"}),
        ({"ACME_API_KEY": ""}, set()),
        ({"GOOGLE_API_KEY": "k"}, {"gemini"}),
        ({"MY_OWN_API_KEY": "k"}, {"my-own"}),
    ],
)
def test_a_set_key_shows_which_plugins_are_wanted(
    site: Path, environ: dict[str, str], expected: set[str]
) -> None:
    for name in ("acme", "my-own", "gemini"):
        install(site, f"proxy-{name}", {name: "nowhere:plugin"}, {})
    assert {plugin.name for plugin in with_key(installed_plugins(), environ)} == expected


def test_a_refused_plugin_is_not_wanted_whatever_key_is_set(site: Path) -> None:
    install(site, "free-groq", {"groq": "nowhere:plugin"}, {})
    wanted = with_key(found("groq"), {"GROQ_API_KEY": "k"})
    assert "free-groq" not in {plugin.package for plugin in wanted}


def test_what_this_projects_plugins_bring_is_known_without_importing_them() -> None:
    brings: dict[str, set[str]] = {}
    for bound in load_plugins(list(SHIPPED)).providers:
        names = {bound.provider.name, *bound.provider.aliases} - {bound.plugin}
        brings.setdefault(bound.plugin, set()).update(names)
    assert {plugin: set(names.split()) for plugin, names in BRINGS.items()} == {
        plugin: names for plugin, names in brings.items() if names
    }
    assert brought_by("kimi") == brought_by("moonshot") == "moonshot"


def test_nobody_is_known_to_bring_other_names() -> None:
    assert brought_by("meta-llama") is None
