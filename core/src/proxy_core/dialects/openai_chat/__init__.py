"""OpenAI's Chat Completions, the dialect that most servers speak.

A vendor's plugin is a subclass with its providers:

    class Acme(OpenAIChat):
        providers = (Provider(name="acme", base_url="https://api.acme.example/v1"),)

    plugin = Acme()
"""

from __future__ import annotations

from typing import ClassVar

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import (
    ErrorVerdict,
    Provider,
    StreamTranslator,
    Target,
    UpstreamFailure,
    UpstreamRequest,
)
from proxy_core.dialects.openai_chat.answers.rescue import rescue_error
from proxy_core.dialects.openai_chat.answers.response import translate_response
from proxy_core.dialects.openai_chat.answers.stream import ChatStream
from proxy_core.dialects.openai_chat.failures.verdict import classify_error
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.dialects.openai_chat.requests.request import translate_request
from proxy_core.hookspecs import hookimpl
from proxy_core.ledger import Ledger

__all__ = ["OpenAIChat", "Quirks"]


class OpenAIChat:
    """A plugin for servers that speak Chat Completions, with all hooks done."""

    providers: ClassVar[tuple[Provider, ...]] = ()
    """Whom the plugin speaks for."""

    def quirks(self, target: Target) -> Quirks:
        """How the target's server speaks: the card's quirks, then the model's.

        The one method that is no hook, so a subclass overrides it without `@hookimpl`.
        """
        return Quirks.of(target)

    @hookimpl
    def proxy_providers(self) -> tuple[Provider, ...]:
        return self.providers

    @hookimpl
    def proxy_translate_request(
        self, request: MessagesRequest, target: Target, ledger: Ledger
    ) -> UpstreamRequest:
        return translate_request(request, target, ledger, self.quirks(target))

    @hookimpl
    def proxy_translate_response(
        self, upstream: UpstreamRequest, body: bytes, writer: MessageWriter, ledger: Ledger
    ) -> None:
        translate_response(upstream, body, self.quirks(upstream.target), writer, ledger)

    @hookimpl
    def proxy_open_stream(
        self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
    ) -> StreamTranslator:
        return ChatStream(upstream, self.quirks(upstream.target), writer, ledger)

    @hookimpl
    def proxy_rescue_error(
        self, failure: UpstreamFailure, upstream: UpstreamRequest, writer: MessageWriter
    ) -> bool:
        return rescue_error(failure, upstream, writer)

    @hookimpl
    def proxy_classify_error(self, failure: UpstreamFailure, target: Target) -> ErrorVerdict | None:
        return classify_error(failure, target, self.quirks(target))
