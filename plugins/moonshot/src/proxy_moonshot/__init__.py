"""Moonshot AI's Kimi models, over the Messages API that Moonshot serves itself.

The quirk `wire`, or the variable MOONSHOT_API, chooses Chat Completions instead.
"""

from __future__ import annotations

import msgspec

from proxy_core import hookimpl
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
from proxy_core.dialects import anthropic_native
from proxy_core.dialects.anthropic_native import AnthropicNative
from proxy_core.dialects.openai_chat import OpenAIChat, Quirks
from proxy_core.dialects.openai_chat.failures.verdict import classify_error
from proxy_core.ledger import Ledger
from proxy_moonshot.count import count_call
from proxy_moonshot.models import MODELS
from proxy_moonshot.wire import WIRE, chat_quirks, native_quirks, path_on_host, speaks_chat

CARD = Provider(
    name="moonshot",
    base_url="https://api.moonshot.ai",  # in China api.moonshot.cn, with keys of its own
    base_url_env=("MOONSHOT_BASE_URL",),
    key_env=("MOONSHOT_API_KEY",),
    quirk_env={WIRE: "MOONSHOT_API"},
    aliases=("kimi",),
    models=MODELS,
    big="kimi-k3",
    small="kimi-k2.6",
    docs="https://platform.kimi.ai/docs/api/messages",
)


class _Native(AnthropicNative):
    """The Messages API as Moonshot serves it."""

    def quirks(self, target: Target) -> anthropic_native.Quirks:
        return native_quirks(target)

    def classify(self, failure: UpstreamFailure, target: Target) -> ErrorVerdict | None:
        """Types and words of errors are the same, whichever API is spoken."""
        return classify_error(failure, target, chat_quirks(target), mends=False)


class _Chat(OpenAIChat):
    """Chat Completions as Moonshot serves it."""

    def quirks(self, target: Target) -> Quirks:
        return chat_quirks(target)


class Moonshot:
    """One provider, and two languages to speak to it."""

    _chat = _Chat()
    _native = _Native()

    @hookimpl
    def proxy_providers(self) -> tuple[Provider, ...]:
        return (CARD,)

    @hookimpl
    def proxy_translate_request(
        self, request: MessagesRequest, target: Target, ledger: Ledger
    ) -> UpstreamRequest:
        if speaks_chat(target.provider):
            made = self._chat.proxy_translate_request(request, target, ledger)
            path = f"/v1{made.path}"
        else:
            made = self._native.proxy_translate_request(request, target, ledger)
            path = f"/anthropic/v1{made.path.removeprefix('/v1')}"
        return msgspec.structs.replace(made, path=path_on_host(target.provider, path))

    @hookimpl
    def proxy_translate_response(
        self, upstream: UpstreamRequest, body: bytes, writer: MessageWriter, ledger: Ledger
    ) -> None:
        if speaks_chat(upstream.target.provider):
            self._chat.proxy_translate_response(upstream, body, writer, ledger)
        else:
            self._native.proxy_translate_response(upstream, body, writer, ledger)

    @hookimpl
    def proxy_open_stream(
        self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
    ) -> StreamTranslator:
        if speaks_chat(upstream.target.provider):
            return self._chat.proxy_open_stream(upstream, writer, ledger)
        return self._native.proxy_open_stream(upstream, writer, ledger)

    @hookimpl
    def proxy_classify_error(self, failure: UpstreamFailure, target: Target) -> ErrorVerdict | None:
        if speaks_chat(target.provider):
            return self._chat.proxy_classify_error(failure, target)
        return self._native.proxy_classify_error(failure, target)

    @hookimpl
    def proxy_count_tokens(self, request: MessagesRequest, target: Target) -> CountCall | None:
        return count_call(request, self._chat.proxy_translate_request(request, target, Ledger()))


plugin = Moonshot()
