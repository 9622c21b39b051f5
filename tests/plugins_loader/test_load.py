"""Loading: only what is allowed, and one clear line for everything that can be wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from proxy_core.plugins import PluginError, load_plugins
from proxy_core.plugins.installed import SHIPPED
from tests.support.distributions import ACME, install, install_acme

SOURCE = ACME.replace("NAME", "acme")


def refusal(*names: str) -> str:
    with pytest.raises(PluginError) as caught:
        load_plugins(names)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_an_allowed_plugin_is_loaded_and_no_other(site: Path) -> None:
    wanted = install_acme(site, "acme")
    unwanted = install_acme(site, "trap")
    plugins = load_plugins(["acme"])
    assert [bound.provider.name for bound in plugins.providers] == ["acme"]
    assert wanted.exists()
    assert not unwanted.exists()


def test_a_fresh_process_imports_nothing_that_was_not_named(tmp_path: Path) -> None:
    trap = install_acme(tmp_path, "trap")
    install_acme(tmp_path, "acme")
    program = (
        "from proxy_core.plugins import installed_plugins, load_plugins\n"
        "assert {'acme', 'trap'} <= {plugin.name for plugin in installed_plugins()}\n"
        "load_plugins(['acme'])\n"
        "load_plugins([])\n"
    )
    environ = {**os.environ, "PYTHONPATH": str(tmp_path)}
    subprocess.run([sys.executable, "-W", "error", "-c", program], env=environ, check=True)
    assert not trap.exists()
    assert (tmp_path / "acme_plugin.imported").exists()


def test_providers_come_in_the_order_asked_for(site: Path) -> None:
    for name in ("one", "two"):
        install_acme(site, name)
    plugins = load_plugins([" two", "one ", "two"])
    assert plugins.names == ("two", "one")
    assert [bound.provider.name for bound in plugins.providers] == ["two", "one"]


def test_no_name_means_no_plugin() -> None:
    assert load_plugins([]).providers == ()


# -- what is not there ---------------------------------------------------------------------


def test_a_missing_plugin_is_named_with_what_to_install(site: Path) -> None:
    install_acme(site)
    message = refusal("zebra")
    assert "'zebra' is not installed" in message
    assert "acme" in message
    assert "pip install proxy-zebra" in message


def test_a_misspelt_plugin_gets_a_suggestion(site: Path) -> None:
    install_acme(site)
    assert "did you mean 'acme'?" in refusal("acmee")


def test_a_missing_package_is_the_one_to_install() -> None:
    assert "pip install other-package" in refusal("other-package:quagga")


# -- whose it is ---------------------------------------------------------------------------


def test_two_packages_with_one_name_are_refused_naming_both(site: Path) -> None:
    traces = [install_acme(site), install_acme(site, package="acme-tools", module="acme_tools")]
    message = refusal("acme")
    assert "acme-tools and proxy-acme both bring a plugin 'acme'" in message
    assert not any(trace.exists() for trace in traces)


def test_a_package_before_the_name_chooses_between_two(site: Path) -> None:
    unwanted = install_acme(site)
    wanted = install_acme(site, package="acme-tools", module="acme_tools")
    assert load_plugins(["Acme_Tools:acme"]).names == ("acme",)
    assert wanted.exists()
    assert not unwanted.exists()


def test_one_name_from_two_packages_at_once_is_refused(site: Path) -> None:
    install_acme(site)
    install_acme(site, package="acme-tools", module="acme_tools")
    message = refusal("acme-tools:acme", "proxy-acme:acme")
    assert "from acme-tools and from proxy-acme" in message


def test_a_shipped_name_from_elsewhere_needs_its_package_spelt_out(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A name that no environment has, because the real ones may be installed beside the tests.
    monkeypatch.setitem(SHIPPED, "ours", "proxy-ours")
    trace = install_acme(site, "ours", package="free-ours")
    assert "belongs to proxy-ours" in refusal("ours")
    assert not trace.exists()
    assert load_plugins(["free-ours:ours"]).get("ours") is not None


def test_the_rightful_owner_is_loaded_beside_a_squatter(site: Path) -> None:
    squatter = install_acme(site, "groq", package="free-groq", module="free_groq")
    rightful = install_acme(site, "groq", package="proxy-groq", module="rightful_groq")
    load_plugins(["groq"])
    assert rightful.exists()
    assert not squatter.exists()


def test_one_package_that_declares_a_name_twice_is_refused(site: Path) -> None:
    install_acme(site)
    (declared,) = site.glob("*.dist-info/entry_points.txt")
    declared.write_text("[proxy_core]\nacme = one:plugin\nacme = two:plugin\n", encoding="utf-8")
    assert "'acme' is refused" in refusal("acme")
    assert "declares the plugin 'acme' more than once" in refusal("proxy-acme:acme")


# -- what breaks on import -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import no_such_module_anywhere", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        ("raise RuntimeError('no luck\\ntoday')", "RuntimeError: no luck today"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise ValueError('bad sk-abcdefghijkl')", "ValueError: bad [redacted]"),
        (
            "from proxy_core.contract import Provider\nProvider(name='Not Good', base_url='x')",
            "invalid Provider: name: String should match pattern",
        ),
    ],
)
def test_a_broken_import_is_one_line_with_the_cause(site: Path, source: str, expected: str) -> None:
    install(site, "proxy-broken", {"broken": "broken_plugin:plugin"}, {"broken_plugin": source})
    message = refusal("broken")
    assert message.startswith("plugin 'broken' (proxy-broken 1.0) cannot be imported")
    assert expected in message


@pytest.mark.parametrize(
    ("version", "update"), [("(1, 1)", "proxy-core"), ("(2, 0)", "proxy-core"), ("(0, 9)", "the p")]
)
def test_a_plugin_for_another_api_is_refused_with_both_numbers(
    site: Path, version: str, update: str
) -> None:
    source = (
        "from proxy_core.contract import Provider\n"
        f"CARD = Provider(api_version={version}, name='later', base_url='https://x', sparkle=1)"
    )
    install(site, "proxy-later", {"later": "later_plugin:plugin"}, {"later_plugin": source})
    theirs = version[1:-1].replace(", ", ".")
    assert refusal("later").startswith(
        f"plugin 'later' (proxy-later 1.0) is written for plugin API {theirs}, this proxy-core has "
        f"1.0; update {update}"
    )


@pytest.mark.parametrize(
    ("source", "remedy"),
    [
        ("from proxy_core.contract import Sparkle", "; update proxy-core or proxy-later, or leave"),
        ("import proxy_core.sparkles", "; update proxy-core or proxy-later, or leave"),
        ("import proxy_corellia", "; reinstall or update proxy-later, or leave"),
    ],
)
def test_what_core_lacks_may_be_in_a_newer_core(site: Path, source: str, remedy: str) -> None:
    install(site, "proxy-later", {"later": "later_plugin:plugin"}, {"later_plugin": source})
    assert remedy in refusal("later")


@pytest.mark.parametrize("entry", ["acme_plugin:plugins", "acme_plugin:plugin.more"])
def test_a_missing_object_is_named(site: Path, entry: str) -> None:
    install(site, "proxy-acme", {"acme": entry}, {"acme_plugin": ACME})
    message = refusal("acme")
    assert repr(entry.partition(":")[2]) in message
    assert "proxy-acme 1.0" in message


def test_extras_in_an_entry_point_are_ignored(site: Path) -> None:
    install(site, "proxy-acme", {"acme": "acme_plugin:plugin [fast]"}, {"acme_plugin": SOURCE})
    assert load_plugins(["acme"]).names == ("acme",)


def test_a_module_may_be_the_plugin(site: Path) -> None:
    source = ACME.split("class Acme")[0] + (
        "seen = []\n\n\n@hookimpl\ndef proxy_exchange_finished(exchange):\n    seen.append(1)\n"
    )
    install(site, "proxy-watch", {"watch": "watch_plugin"}, {"watch_plugin": source})
    assert load_plugins(["watch"]).names == ("watch",)


def test_an_error_found_while_binding_names_the_distribution(site: Path) -> None:
    source = ACME.replace("    @hookimpl\n    def proxy_open_stream", "    def proxy_open_stream")
    install(site, "proxy-acme", {"acme": "acme_plugin:plugin"}, {"acme_plugin": source})
    message = refusal("acme")
    assert "plugin 'acme' (proxy-acme 1.0) has proxy_open_stream" in message
    assert "@hookimpl" in message
