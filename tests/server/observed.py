"""A proxy whose exchanges are recorded, by a plugin that observes them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from proxy_core import hookimpl
from proxy_core.contract import Exchange
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.plugins import Plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import Script
from tests.support.proxy import KEY_VARIABLE, Proxy, card
from tests.support.servers import serving


class Observer:
    def __init__(self) -> None:
        self.seen: list[Exchange] = []

    @hookimpl
    def proxy_exchange_finished(self, exchange: Exchange) -> None:
        self.seen.append(exchange)


@contextmanager
def observed(
    script: Script, plugin: type[OpenAIChat] = OpenAIChat, **flags: Any
) -> Iterator[tuple[Proxy, ScriptedUpstream, list[Exchange]]]:
    """A proxy before a scripted upstream, and the records of what went through it: all of them are
    there once the block has ended."""
    observer = Observer()
    with ScriptedUpstream(script, key="sk-test") as upstream:

        class Acme(plugin):  # type: ignore[valid-type,misc]
            providers = (card(upstream.base_url),)

        loaded = Settings.load(flags, environ={KEY_VARIABLE: "sk-test"}, cwd=Path("/"))
        plugins = Plugins.of({"acme": Acme(), "observer": observer})
        with serving(create_app(loaded, plugins)) as server:
            yield Proxy(server), upstream, observer.seen
