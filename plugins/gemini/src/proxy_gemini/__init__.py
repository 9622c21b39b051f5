"""Google Gemini over generateContent, its own API."""

from __future__ import annotations

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
from proxy_core.hookspecs import hookimpl
from proxy_core.ledger import Ledger
from proxy_gemini.answers.response import translate_response
from proxy_gemini.answers.stream import GeminiStream
from proxy_gemini.errors import classify_error
from proxy_gemini.models import MODELS
from proxy_gemini.requests.request import count_call, translate_request

CARD = Provider(
    name="gemini",
    base_url="https://generativelanguage.googleapis.com",
    base_url_env=("GOOGLE_GEMINI_BASE_URL",),
    key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    # As a query parameter, which Google takes too, the key would stand in logs on the way.
    key_header="x-goog-api-key",
    key_scheme="",
    models=MODELS,
    big="gemini-4-carbon",
    middle="gemini-4-hydrogen",
    small="gemini-3.5-flash-lite",
    aliases=("google",),
    docs="https://ai.google.dev/api/generate-content",
)


class Gemini:
    """A plugin for servers that speak generateContent."""

    @hookimpl
    def proxy_providers(self) -> tuple[Provider, ...]:
        return (CARD,)

    @hookimpl
    def proxy_translate_request(
        self, request: MessagesRequest, target: Target, ledger: Ledger
    ) -> UpstreamRequest:
        return translate_request(request, target, ledger)

    @hookimpl
    def proxy_translate_response(
        self, upstream: UpstreamRequest, body: bytes, writer: MessageWriter, ledger: Ledger
    ) -> None:
        translate_response(upstream, body, writer, ledger)

    @hookimpl
    def proxy_open_stream(
        self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
    ) -> StreamTranslator:
        return GeminiStream(upstream, writer, ledger)

    @hookimpl
    def proxy_classify_error(self, failure: UpstreamFailure, target: Target) -> ErrorVerdict | None:
        return classify_error(failure, target)

    @hookimpl
    def proxy_count_tokens(self, request: MessagesRequest, target: Target) -> CountCall:
        return count_call(request, target)


plugin = Gemini()
