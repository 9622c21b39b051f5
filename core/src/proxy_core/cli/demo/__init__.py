"""`proxy demo`: the proxy's main job, with no key and no network.

script     what is said
upstream   an application that speaks OpenAI's Chat Completions
client     a client of the Messages API
screen     both sides on the terminal
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import click

from proxy_core.cli.output import ANY_WORD, exports

if TYPE_CHECKING:
    from fastapi import FastAPI

    from proxy_core.cli.demo.screen import Screen


@click.command("demo")
@click.option("--serve", "stay", is_flag=True, help="Go on serving, so that a client can be tried.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    metavar="PORT",
    help="Port for --serve; by default a free one.",
)
def command(stay: bool, port: int) -> None:
    """Show one conversation through the proxy; needs no key and no network.

    An upstream that speaks OpenAI's Chat Completions, the proxy before it and a client of the
    Anthropic Messages API talk over real HTTP on this machine: one question, one tool call in
    fragments, its result, the answer. Exits with 0 if all of it came out right.
    """
    from proxy_core.cli.demo.screen import Screen

    asyncio.run(_play(Screen(), port, stay=stay))


async def _play(screen: Screen, port: int, *, stay: bool) -> None:
    from proxy_core.cli.demo.client import converse
    from proxy_core.cli.demo.upstream import ChatUpstream
    from proxy_core.cli.hosting import listen, serving

    async with AsyncExitStack() as stack:
        upstream = serving(ChatUpstream(screen.upstream), listen("127.0.0.1", 0), lifespan="off")
        upstream_url = await stack.enter_async_context(upstream)
        proxy = serving(_proxy_before(upstream_url), listen("127.0.0.1", port))
        url = await stack.enter_async_context(proxy)
        screen.open()
        await converse(url, ANY_WORD, screen.client)
        screen.close(
            "It works: the client got thinking, tool call and answer in its own language.",
            "With a provider of yours: export OPENAI_API_KEY=sk-... && proxy serve",
        )
        if stay:
            click.echo("\n".join(exports(url, ANY_WORD)), err=True)
            await _signal()


def _proxy_before(upstream_url: str) -> FastAPI:
    """The proxy as it always is, with a plugin made here for the upstream of the demo."""
    from proxy_core.cli.demo.script import MODEL
    from proxy_core.contract import ModelFacts, Provider
    from proxy_core.dialects.openai_chat import OpenAIChat
    from proxy_core.plugins import Plugins
    from proxy_core.server.app import create_app
    from proxy_core.settings import Settings

    card = Provider(
        name="demo",
        base_url=f"{upstream_url}/v1",
        key_env=("DEMO_API_KEY",),
        models=(ModelFacts(pattern=MODEL, context_window=200_000),),
        big=MODEL,
        small=MODEL,
    )

    class Demo(OpenAIChat):
        providers = (card,)

    # Nothing of the user's own configuration has a part in this.
    settings = Settings.load({}, environ={"DEMO_API_KEY": "demo-key"})
    return create_app(settings, Plugins.of({"demo": Demo()}))


async def _signal() -> None:
    """Waits until the user ends the demo."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    end: Callable[[], None] = ended.set
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end)
    await ended.wait()
