"""The pages made from code are those that the code makes now, and leave nothing out."""

import ast
import inspect
import re
from typing import get_type_hints

import click
import pytest

from proxy_core.cli import COMMANDS
from proxy_core.contract import ModelFacts, ModelOptions, Provider
from proxy_core.plugins import load_plugins
from proxy_core.plugins.installed import SHIPPED
from proxy_core.settings import Settings
from proxy_core.settings.model import ProviderTable
from proxy_core.settings.sources import KILL_SWITCHES, VARIABLES
from proxy_core.testing.checks import CHECKS
from proxy_core.testing.fakes import Fault
from tests.support.pages import FOLDER, PAGES
from tests.support.pages.commands import commands
from tests.support.pages.contract import ADDED, DIALECTS, NOUNS, added, verbs
from tests.support.pages.hooks import ROOT, SHOWN, since, source_of, specs
from tests.support.pages.markdown import annotations, told

NONE: set[str] = set()


def on_page(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def figure(what: str, of: int, lacking: set[str]) -> None:
    """Print what was counted (pytest -s), and fail for what is lacking."""
    print(f"{of} {what}, {len(lacking)} undocumented")  # noqa: T201
    assert lacking == NONE


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_what_the_code_makes(name: str) -> None:
    assert on_page(name) == PAGES[name](), "python -m tests.support.pages"


def test_every_hook_is_told_with_its_arguments() -> None:
    sections = re.split(r"^## ", on_page("hooks.md"), flags=re.MULTILINE)[1:]
    told_of = {section.partition("\n")[0].strip("`"): section for section in sections}
    for name, spec in specs().items():
        shape = inspect.signature(spec)
        rows = [
            *((one.name, one.annotation) for one in shape.parameters.values()),
            ("returns", shape.return_annotation),
        ]
        shown = re.findall(r"^\| `?(\w+)`? \| `(.+)` \|$", told_of[name], re.MULTILINE)
        expected = [(first, second.replace("|", r"\|")) for first, second in rows]
        assert shown[: len(expected)] == expected, name
    figure("hooks", len(specs()), set(specs()) ^ set(told_of))


def test_every_quirk_is_told_with_the_words_it_knows() -> None:
    page, known, lacking = on_page("contract.md"), 0, set()
    for dialect in DIALECTS:
        section = page.partition(f"## {dialect.title}\n")[2]
        for name, kind in get_type_hints(dialect.quirks).items():
            row = re.search(rf"^\| `{name}` \|.*$", section, re.MULTILINE)
            words = re.findall(r"'([^']*)'", str(kind))
            known += len(words)
            lacking |= {f"{name}={word}" for word in words if not row or word not in row[0]}
    figure("words of quirks", known, lacking)


def test_every_hook_says_when_it_is_called_and_since_when() -> None:
    for name, spec in specs().items():
        assert re.search(r"\b(Called|Asked)\b", inspect.getdoc(spec) or ""), name
        assert since(spec) == "1.0", name


@pytest.mark.parametrize("name", SHOWN)
def test_every_hook_has_an_example_and_a_test(name: str) -> None:
    assert name in specs()
    assert f"def {name}" in source_of(SHOWN[name].example)
    file, _, function = SHOWN[name].test.partition(":")
    text = (ROOT / file).read_text(encoding="utf-8")
    functions = {
        node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)
    }
    assert function in functions


def test_every_setting_has_a_meaning() -> None:
    tables = (Settings, ProviderTable, ModelOptions)
    names = {f"{one.__name__}.{name}" for one in tables for name in public(annotations(one))}
    meant = {f"{one.__name__}.{name}" for one in tables for name in told(one)}
    figure("settings", len(names), names - meant)


def test_every_variable_is_on_a_page() -> None:
    cards = [bound.provider for bound in load_plugins(sorted(SHIPPED)).providers]
    of_cards = {name for card in cards for name in (*card.key_env, *card.base_url_env)}
    chosen = {name for card in cards for name in card.quirk_env.values()}
    pages = [on_page(name) for name in ("settings.md", "providers.md", "contract.md")]
    names = {*VARIABLES, *KILL_SWITCHES, "CUSTOM_HEADER_<NAME>", *of_cards, *chosen}
    lacking = {name for name in names if not any(f"`{name}`" in page for page in pages)}
    figure("variables", len(names), lacking)


def test_every_command_and_option_has_words() -> None:
    lacking, count = set(), 0
    for name, command, context in commands():
        assert command.help, name
        assert f"## proxy {name}\n" in on_page("cli.md")
        options = [one for one in command.get_params(context) if isinstance(one, click.Option)]
        lacking |= {f"{name} {one.name}" for one in options if not one.help}
        count += len(options)
    print(f"{len(COMMANDS)} commands")  # noqa: T201
    figure("options", count, lacking)


def test_every_field_of_a_card_and_every_quirk_has_a_meaning() -> None:
    subjects = (Provider, ModelFacts, *(dialect.quirks for dialect in DIALECTS))
    names = {f"{one.__module__}.{name}" for one in subjects for name in public(annotations(one))}
    meant = {f"{one.__module__}.{name}" for one in subjects for name in told(one)}
    names |= {f"a plugin's {name}" for name in added()}
    meant |= {f"a plugin's {name}" for name in ADDED}
    figure("fields of cards and quirks", len(names), names - meant)


def test_everything_that_hooks_are_given_has_a_meaning() -> None:
    names = {f"{one.__name__}.{name}" for one in NOUNS for name in annotations(one)}
    meant = {f"{one.__name__}.{name}" for one in NOUNS for name in told(one)}
    silent = {verb for verb, meaning in verbs().items() if not meaning}
    figure("members of what hooks are given", len(names) + len(verbs()), (names - meant) | silent)


def public(names: dict[str, str]) -> list[str]:
    return [name for name in names if not name.startswith("_") and name != "model_config"]


def test_every_check_says_what_a_breach_means() -> None:
    lacking = {check.name for check in CHECKS if "\n\n" not in check.explanation}
    assert all(f"### {check.name.replace('_', ' ')}\n" in on_page("checks.md") for check in CHECKS)
    figure("checks", len(CHECKS), lacking)


def test_every_fault_of_the_fake_vendors_is_told() -> None:
    lacking = {fault.name for fault in Fault if f"`Fault.{fault.name}`" not in on_page("fakes.md")}
    figure("faults", len(Fault), lacking)
