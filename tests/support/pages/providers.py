"""docs/providers.md: every card that ships."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from proxy_core.contract import Provider
from proxy_core.plugins import load_plugins
from proxy_core.plugins.installed import SHIPPED
from tests.support.pages.markdown import MADE, code, codes, table

_HEAD = f"""\
# Providers
{MADE}
Made from the cards of the plugins that this project ships. Each plugin is a package,
`pip install proxy-NAME`. A model is asked for as `provider/model`; `opus`, `sonnet` and `haiku`
go to the models named here unless [settings](settings.md) say otherwise, and where none are named
they have to. Keys in brackets are for servers that ask for one. `like` in `[providers.NAME]` makes
a further provider of any of them.

"""


def page() -> str:
    """The whole page."""
    columns = (
        "provider",
        "plugin",
        "key",
        "address",
        "address variable",
        "opus, sonnet, haiku",
        "",
    )
    return _HEAD + table(columns, rows())


def rows() -> Iterator[tuple[str, ...]]:
    """Each card that ships, in the order of plugins and of their cards."""
    for bound in load_plugins(sorted(SHIPPED)).providers:
        card = bound.provider
        yield (
            codes((card.name, *card.aliases)),
            code(f"proxy-{bound.plugin}"),
            codes(card.key_env) if card.key_required else f"({codes(card.key_env)})",
            _address(card),
            codes(card.base_url_env),
            codes((card.big, card.middle or card.big, card.small or card.big)) if card.big else "",
            f"[docs]({card.docs})" if card.docs else "",
        )


def _address(card: Provider) -> str:
    """Where it is, unless each user has one of their own."""
    host = urlsplit(card.base_url).hostname or ""
    return "each user's own" if host.endswith(".invalid") else code(card.base_url)
