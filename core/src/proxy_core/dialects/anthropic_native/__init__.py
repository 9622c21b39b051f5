"""Anthropic's own API at another address: requests and answers are passed on, not translated.

A vendor's plugin is a subclass with its providers:

    class Acme(AnthropicNative):
        providers = (Provider(name="acme", base_url="https://api.acme.example/anthropic"),)

    plugin = Acme()
"""

from __future__ import annotations

from typing import ClassVar

from proxy_core.anthropic.errors import default_verdict
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import (
    CountCall,
    ErrorVerdict,
    Provider,
    StreamTranslator,
    Target,
    UpstreamFailure,
    UpstreamRequest,
)
from proxy_core.dialects.anthropic_native.failures import classify_error
from proxy_core.dialects.anthropic_native.quirks import Quirks
from proxy_core.dialects.anthropic_native.relay import Classify, StreamRelay, relay_message
from proxy_core.dialects.anthropic_native.request import count_call, translate_request
from proxy_core.dialects.anthropic_native.told import StreamReader, tell_message
from proxy_core.hookspecs import hookimpl
from proxy_core.ledger import Ledger

__all__ = ["AnthropicNative", "Quirks"]


class AnthropicNative:
    """A plugin for servers that speak the Messages API, with all hooks done."""

    providers: ClassVar[tuple[Provider, ...]] = ()
    """Whom the plugin speaks for."""

    def quirks(self, target: Target) -> Quirks:
        """How the target's server speaks: the card's quirks, then the model's.

        No hook, so a subclass overrides it without `@hookimpl`.
        """
        return Quirks.of(target)

    def classify(
        self,
        failure: UpstreamFailure,
        target: Target,
    ) -> ErrorVerdict | None:
        """Read a failure; None leaves it to core. No hook either."""
        return classify_error(failure, target)

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
        target, sealing = upstream.target, self.quirks(upstream.target).seal_signatures
        classify = self._reading_for(target)
        if writer.streams or not upstream.relay:
            tell_message(body, target, writer, ledger, classify, sealing=sealing)
        else:
            relay_message(body, target, writer, classify, sealing=sealing)

    @hookimpl
    def proxy_open_stream(
        self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
    ) -> StreamTranslator:
        target, sealing = upstream.target, self.quirks(upstream.target).seal_signatures
        classify = self._reading_for(target)
        if writer.streams and upstream.relay:
            return StreamRelay(target, writer, classify, sealing=sealing)
        return StreamReader(target, writer, ledger, classify, sealing=sealing)

    @hookimpl
    def proxy_classify_error(self, failure: UpstreamFailure, target: Target) -> ErrorVerdict | None:
        return self.classify(failure, target)

    @hookimpl
    def proxy_count_tokens(self, request: MessagesRequest, target: Target) -> CountCall | None:
        quirks = self.quirks(target)
        return count_call(request, target, quirks) if quirks.count_tokens else None

    def _reading_for(self, target: Target) -> Classify:
        def read(failure: UpstreamFailure) -> ErrorVerdict:
            verdict = self.classify(failure, target)
            return verdict or default_verdict(failure, target.provider)

        return read
