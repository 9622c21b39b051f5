"""The kit's fake vendors, one of each language, and the real proxy before them."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import anthropic

import proxy_gemini.testing
import proxy_openai.testing
from proxy_core.plugins import load_plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from proxy_core.testing.fakes import FakeUpstream
from proxy_core.testing.wires import Wire
from proxy_core.testing.wires.anthropic_native import AnthropicNativeWire
from proxy_core.testing.wires.openai_chat import OpenAIChatWire
from tests.support.servers import serving

LIMIT = 30.0
"""Seconds after which what does not come is a failure and not a wait."""
QUESTION: dict[str, Any] = {
    "model": "claude-opus-5-5",
    "max_tokens": 1000,
    "messages": [{"role": "user", "content": "hello"}],
}


class Vendor(NamedTuple):
    """A provider, and its language seen from the server."""

    plugin: str
    wire: Wire
    provider: str
    variables: Mapping[str, str] = {}


VENDORS = {
    "openai_chat": Vendor("groq", OpenAIChatWire(), "groq"),
    "anthropic_native": Vendor("moonshot", AnthropicNativeWire(), "moonshot"),
    "passthrough": Vendor("passthrough", AnthropicNativeWire(), "anthropic"),
    "responses": Vendor(
        "openai", proxy_openai.testing.WIRES[0], "openai", {"OPENAI_API": "responses"}
    ),
    "gemini": Vendor("gemini", proxy_gemini.testing.WIRES[0], "gemini"),
}


class Seen(NamedTuple):
    """What a client gets of one answer."""

    status: int
    text: str
    error: str | None = None
    """The type of the error, be it the answer or the end of it."""
    message: str = ""


class Client:
    """The official SDK before a proxy, which has one fake vendor behind it."""

    def __init__(self, url: str) -> None:
        self._sdk = anthropic.Anthropic(base_url=url, api_key="any", max_retries=0, timeout=LIMIT)

    def ask(self, *, stream: bool) -> Seen:
        return self.stream() if stream else self.whole()

    def whole(self) -> Seen:
        try:
            message = self._sdk.messages.create(**QUESTION)
        except anthropic.APIStatusError as error:
            return Seen(error.status_code, "", *_told(error))
        return Seen(200, "".join(block.text for block in message.content))

    def stream(self, on_text: Callable[[], None] = lambda: None) -> Seen:
        """Read to its end; `on_text` is called whenever a piece has come."""
        text, last = "", ""
        try:
            with self._sdk.messages.create(stream=True, **QUESTION) as events:
                for event in events:
                    last = event.type
                    if event.type == "content_block_delta" and event.delta.type == "text_delta":
                        text += event.delta.text
                        on_text()
        except anthropic.APIStatusError as error:
            return Seen(error.status_code, text, *_told(error))
        assert last == "message_stop"
        return Seen(200, text)

    def close(self) -> None:
        self._sdk.close()


@contextmanager
def proxied(vendor: Vendor, upstream: FakeUpstream, **settings: Any) -> Iterator[str]:
    """The proxy's address, before a vendor who is asked once and no more."""
    plugins = load_plugins([vendor.plugin])
    (card,) = (one.provider for one in plugins.providers if one.provider.name == vendor.provider)
    environ = {card.key_env[0]: "sk-fake", card.base_url_env[0]: upstream.url, **vendor.variables}
    flags = {
        "models": {QUESTION["model"]: f"{card.name}/{card.big}"},
        "plugins": vendor.plugin,
        "max_retries": 0,
        **settings,
    }
    loaded = Settings.load(flags, environ=environ, cwd=Path("/"))
    with serving(create_app(loaded, plugins)) as server:
        yield server.url


def _told(error: anthropic.APIStatusError) -> tuple[str, str]:
    assert isinstance(error.body, dict), error.body
    told: dict[str, str] = error.body["error"]
    return told["type"], told["message"]
