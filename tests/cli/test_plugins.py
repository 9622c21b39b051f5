"""What is installed, told without importing what was not allowed."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import CANARY, proxy
from tests.support.distributions import install, install_acme
from tests.support.terminal import plain, proxy_on_terminal


def listed(home: Path, *arguments: str, **variables: str) -> dict[str, dict[str, Any]]:
    done = proxy(home, "plugins", "--json", *arguments, **variables)
    assert done.returncode == 0, done.stderr
    return {row["name"]: row for row in json.loads(done.stdout)}


def test_available_until_allowed(home: Path) -> None:
    rows = listed(home)
    assert rows["chatty"] == {
        "name": "chatty",
        "package": "proxy-chatty",
        "version": "1.2.3",
        "api": None,
        "state": "available",
        "why": None,
        "key": False,
        "providers": [],
    }
    assert rows["trap"]["state"] == "available"


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--plugins", "chatty"], {"CHATTY_API_KEY": CANARY}),
        ([], {"PROXY_PLUGINS": "chatty", "CHATTY_API_KEY": CANARY}),
        ([], {"CHATTY_API_KEY": CANARY}),
    ],
)
def test_loaded_when_allowed(home: Path, arguments: list[str], variables: dict[str, str]) -> None:
    row = listed(home, *arguments, **variables)["chatty"]
    assert (row["state"], row["api"], row["key"]) == ("loaded", "1.0", True)
    assert row["providers"] == ["chatty"]


def test_a_plugin_that_cannot_be_loaded_is_refused_and_says_why(home: Path) -> None:
    install(
        home / "site", "proxy-broken", {"broken": "broken_plugin:plugin"}, {"broken_plugin": "1/0"}
    )
    row = listed(home, "--plugins", "broken,chatty")["broken"]
    assert row["state"] == "refused"
    assert "ZeroDivisionError" in row["why"]
    assert listed(home, "--plugins", "broken,chatty")["chatty"]["state"] == "loaded"


def test_a_name_of_ours_in_a_foreign_package_is_refused(home: Path) -> None:
    install_acme(home / "site", "groq", package="evil-groq", module="evil_groq")
    rows = json.loads(proxy(home, "plugins", "--json").stdout)
    (row,) = [row for row in rows if row["package"] == "evil-groq"]
    assert row["state"] == "refused"
    assert "evil-groq" in row["why"]
    assert not (home / "site" / "evil_groq.imported").exists()


def test_the_table_for_people(home: Path) -> None:
    lines = proxy(home, "plugins", CHATTY_API_KEY=CANARY).stdout.splitlines()
    assert lines[0].split() == ["name", "package", "version", "API", "state", "key"]
    row = next(line for line in lines if line.startswith("chatty"))
    assert row.split() == ["chatty", "proxy-chatty", "1.2.3", "1.0", "loaded", "yes"]


def provider_lines(home: Path, **variables: str) -> list[str]:
    done = proxy(home, "plugins", "--plugins", "chatty", **variables)
    assert done.returncode == 0, done.stderr
    assert CANARY not in done.stdout
    _, blank, providers = done.stdout.partition("\n\n")
    assert blank
    return providers.splitlines()


def test_the_providers_for_people(home: Path) -> None:
    (home / "proxy.toml").write_text(
        '[providers.office]\nlike = "chatty"\nbase_url = "http://127.0.0.1:4000/v1"\n'
    )
    head, chatty, office = provider_lines(home)
    assert head.split() == ["provider", "plugin", "key", "address"]
    columns = [head.index(name) for name in head.split()]
    assert [chatty[at:].split("  ")[0] for at in columns] == [
        "chatty",
        "chatty",
        "no: set CHATTY_API_KEY",
        "https://chatty.example/v1",
    ]
    assert [office[at:].split("  ")[0] for at in columns] == [
        "office",
        "chatty",
        "needs none",
        "http://127.0.0.1:4000/v1",
    ]
    assert "in CHATTY_API_KEY" in provider_lines(home, CHATTY_API_KEY=CANARY)[1]


def test_a_credential_may_be_the_clients_or_among_the_headers(home: Path) -> None:
    (home / "proxy.toml").write_text(
        '[providers.office]\nlike = "chatty"\nclient_key = true\n'
        f'[providers.vault]\nlike = "chatty"\nheaders = {{ Authorization = "Bearer {CANARY}" }}\n'
    )
    _, chatty, office, vault = provider_lines(home)
    assert "no: set CHATTY_API_KEY" in chatty
    assert "in the client's request" in office
    assert "in its headers" in vault


def test_no_providers_where_nothing_is_loaded(home: Path) -> None:
    assert "provider " not in proxy(home, "plugins").stdout


def test_a_plugin_that_is_named_and_not_installed_is_2(home: Path) -> None:
    done = proxy(home, "plugins", "--plugins", "chatty,nonsense")
    assert done.returncode == 2
    assert "chatty" in done.stdout
    assert done.stderr.startswith("proxy: plugin 'nonsense' is not installed")


@pytest.mark.parametrize("width", [40, 80])
def test_a_narrow_terminal_loses_nothing(home: Path, width: int) -> None:
    status, shown = proxy_on_terminal(home, width, "plugins", "--plugins", "passthrough")
    assert status == 0
    lines = plain(shown)
    assert max(map(len, lines)) <= width
    rows = [line.split("│")[1:-1] for line in lines if line.startswith("│")]
    providers = [[cell.strip() for cell in row] for row in rows if len(row) == 4]
    names, _, keys, addresses = map("".join, zip(*providers, strict=True))
    assert "openrouter-anthropic" in names
    assert "DASHSCOPE_API_KEY" in keys
    assert "https://dashscope-intl.aliyuncs.com/apps/anthropic" in addresses
