"""The README says nothing that is not so: its commands and variables exist."""

import re
import shlex
from pathlib import Path

import click
import pytest

from proxy_core.assembly import make_router
from proxy_core.cli import COMMANDS, Commands
from proxy_core.plugins import load_plugins
from proxy_core.settings import Settings
from proxy_core.settings.sources import KILL_SWITCHES, VARIABLES
from proxy_openai import CARD
from tests.support.blocks import blocks

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*.md"),
        ROOT / "core/README.md",
        *ROOT.glob("plugins/*/README.md"),
        *ROOT.glob("examples/**/README.md"),
    ]
)


def options_of(name: str) -> set[str]:
    """What a command takes that begins with a dash."""
    command = Commands("proxy").get_command(click.Context(click.Command("proxy")), name)
    assert command is not None
    return {text for option in command.params for text in option.opts} | {"--help"}


def test_its_configuration_finds_its_key(tmp_path: Path) -> None:
    (text,) = (block.text for block in blocks(ROOT / "README.md") if block.language == "toml")
    (tmp_path / "proxy.toml").write_text(text)
    settings = Settings.load({}, environ={"OFFICE_API_KEY": "k"}, cwd=tmp_path)
    router = make_router(load_plugins(settings.plugins or ()), settings)
    assert settings.key_for(router.route("haiku").targets[0].provider) is not None


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_on_a_page_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for line in re.findall(r"(?:^|&& |`)proxy ([a-z][^`#\n]*)", text, re.MULTILINE):
        name, *words = shlex.split(line.partition(" -- ")[0])
        assert name in COMMANDS, line
        assert {word for word in words if word.startswith("-")} <= options_of(name), line


def test_the_table_of_commands_is_whole_and_its_options_exist() -> None:
    rows = re.findall(r"^\| `proxy ([a-z-]+)[^`]*` \| (.*) \|$", README, re.MULTILINE)
    assert [name for name, _ in rows] == list(COMMANDS)
    for name, told in rows:
        assert set(re.findall(r"`(--[a-z-]+)`", told)) <= options_of(name), name


def test_its_variables_are_those_that_are_read() -> None:
    table = README.partition("| variable |")[2].partition("\n\n")[0]
    named = re.findall(
        r"`([A-Z_]+(?:<NAME>)?)`", "".join(re.findall(r"^\| (`.*?) \|", table, re.MULTILINE))
    )
    read = {*VARIABLES, *KILL_SWITCHES, "CUSTOM_HEADER_<NAME>", *CARD.key_env, *CARD.base_url_env}
    read |= set(CARD.quirk_env.values())
    assert sorted(named) == sorted(read)


def test_the_plugins_page_names_its_models() -> None:
    page = (ROOT / "plugins/openai/README.md").read_text(encoding="utf-8")
    assert f"{CARD.big}, {CARD.middle} and {CARD.small}" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_to_a_file_leads_to_one(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link
