"""The passthrough plugin over real HTTP, before an upstream that sends bytes as they are given."""

import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from proxy_core.plugins import load_plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from tests.support.native import ASKED, MODEL
from tests.support.proxy import Proxy
from tests.support.raw_upstream import RawExchange, RawUpstream, http_head
from tests.support.servers import serving

Handler = Callable[[RawExchange], Awaitable[None]]

QUESTION = {
    "model": ASKED,
    "max_tokens": 10,
    "stream": True,
    "messages": [{"role": "user", "content": "hello"}],
}
JSON = http_head("200 OK", "content-type: application/json")


@contextmanager
def passing(handler: Handler, **settings: Any) -> Iterator[tuple[Proxy, RawUpstream]]:
    """The passthrough plugin before an upstream that answers as `handler` does."""
    with ExitStack() as stack:
        upstream = stack.enter_context(RawUpstream(handler))
        environ = {
            "PASSTHROUGH_API_KEY": "sk-passthrough",
            "PASSTHROUGH_BASE_URL": upstream.origin,
        }
        flags = {"models": {ASKED: f"anthropic/{MODEL}"}, "plugins": "passthrough", **settings}
        loaded = Settings.load(flags, environ=environ, cwd=Path("/"))
        app = create_app(loaded, load_plugins(["passthrough"]))
        yield Proxy(stack.enter_context(serving(app))), upstream


def says(*pieces: bytes) -> Handler:
    """An upstream that always answers with these bytes, each piece sent by itself."""

    async def handler(exchange: RawExchange) -> None:
        for piece in pieces:
            await exchange.send(piece)

    return handler


def ask(proxy: Proxy, path: str = "/v1/messages", **changes: Any) -> Any:
    return proxy.post(json.dumps(QUESTION | changes).encode(), path)


class Mirror:
    """An upstream that says what the test wants next, and notes what it was asked."""

    def __init__(self) -> None:
        self.answer: tuple[bytes, ...] = ()
        self.asked: RawExchange

    async def __call__(self, exchange: RawExchange) -> None:
        self.asked = exchange
        await says(*self.answer)(exchange)
