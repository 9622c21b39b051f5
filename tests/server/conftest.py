"""The proxy under uvicorn, in front of an upstream that follows a script or sends raw bytes."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.plugins import Plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from tests.support.proxy import KEY_VARIABLE, Proxy, card
from tests.support.raw_upstream import Handler, RawUpstream
from tests.support.servers import serving


@pytest.fixture
def proxy_to(tmp_path: Path) -> Iterator[Callable[..., Proxy]]:
    """Starts a proxy in front of an origin; settings are given by name."""
    with ExitStack() as stack:

        def start(base_url: str, key: str = "sk-test", **settings: Any) -> Proxy:
            class Acme(OpenAIChat):
                providers = (card(base_url),)

            loaded = Settings.load(settings, environ={KEY_VARIABLE: key}, cwd=tmp_path)
            app = create_app(loaded, Plugins.of({"acme": Acme()}))
            return Proxy(stack.enter_context(serving(app)))

        yield start


@pytest.fixture
def proxy_to_raw(
    proxy_to: Callable[..., Proxy],
) -> Iterator[Callable[..., tuple[Proxy, RawUpstream]]]:
    """Starts a proxy in front of an upstream that sends raw bytes."""
    with ExitStack() as stack:

        def start(handler: Handler, **settings: Any) -> tuple[Proxy, RawUpstream]:
            upstream = stack.enter_context(RawUpstream(handler))
            return proxy_to(f"{upstream.origin}/v1", **settings), upstream

        yield start
