"""Plugin objects in memory, right and wrong."""

from __future__ import annotations

from collections.abc import Iterable

from proxy_core import hookimpl
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import (
    Provider,
    SseEvent,
    StreamTranslator,
    Target,
    UpstreamRequest,
)
from proxy_core.ledger import Ledger

CARD = Provider(name="acme", base_url="https://acme.example/v1")


class Silent:
    """A stream translator that has nothing to say."""

    def feed(self, event: SseEvent) -> None:
        pass

    def close(self, complete: bool) -> None:
        pass


class Complete:
    """A plugin with every required hook and nothing more."""

    def __init__(self, *cards: Provider) -> None:
        self.cards = cards or (CARD,)

    @hookimpl
    def proxy_providers(self) -> Iterable[Provider]:
        return self.cards

    @hookimpl
    def proxy_translate_request(
        self,
        request: MessagesRequest,
        target: Target,
        ledger: Ledger,  # noqa: ARG002
    ) -> UpstreamRequest:
        return UpstreamRequest(target=target, path="/chat", body=request.body, stream=False)

    @hookimpl
    def proxy_translate_response(self, body: bytes, writer: MessageWriter) -> None:
        writer.text(body.decode())

    @hookimpl
    def proxy_open_stream(self, writer: MessageWriter) -> StreamTranslator:  # noqa: ARG002
        return Silent()


def card(name: str = "acme", **fields: object) -> Provider:
    return Provider.model_validate(
        {"name": name, "base_url": f"https://{name}.example/v1", **fields}
    )
