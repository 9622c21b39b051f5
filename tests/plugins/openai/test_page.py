"""The plugin's page says of its vendors what their cards say."""

from __future__ import annotations

from pathlib import Path

from proxy_core.contract import Provider
from proxy_openai import CARD, plugin

PAGE = (Path(__file__).parents[3] / "plugins/openai/README.md").read_text(encoding="utf-8")


def row(card: Provider) -> str:
    """The card as a row of the page's table; to be pasted there when it has changed."""
    names = ", ".join(f"`{name}`" for name in (card.name, *card.aliases))
    keys = ", ".join(f"`{name}`" for name in card.key_env)
    addresses = ", ".join(f"`{name}`" for name in card.base_url_env)
    models = ", ".join((card.big, card.middle or card.big, card.small)) if card.big else ""
    keys = keys if card.key_required else f"({keys})"
    return f"| {names} | {keys} | {addresses} | {models} |".replace("|  |", "| |")


def test_the_table_of_vendors() -> None:
    _, _, table = PAGE.partition("| provider | key |")
    rows = table.partition("\n\n")[0].splitlines()[2:]
    assert rows == [row(card) for card in plugin.providers if card is not CARD]
