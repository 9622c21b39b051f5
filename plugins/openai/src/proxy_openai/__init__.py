"""OpenAI, any server that takes its place at another address, and the vendors that speak alike.

OpenAI and Azure are spoken to over the Responses API, any other server over Chat Completions; the
quirk `wire`, or the variable OPENAI_API, chooses otherwise.
"""

from __future__ import annotations

import msgspec

from proxy_core import hookimpl
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import (
    CountCall,
    Provider,
    StreamTranslator,
    Target,
    UpstreamFailure,
    UpstreamRequest,
)
from proxy_core.dialects.openai_chat import OpenAIChat, Quirks
from proxy_core.ledger import Ledger
from proxy_openai.azure import API_VERSION, AZURE, is_azure, place
from proxy_openai.models import MODELS
from proxy_openai.responses.count import count_call
from proxy_openai.responses.request import translate_request
from proxy_openai.responses.stream import ResponseStream
from proxy_openai.responses.whole import translate_response
from proxy_openai.vendors import VENDORS
from proxy_openai.wire import (
    WIRE,
    chat_quirks,
    is_openai,
    refuse_nowhere,
    responses_quirks,
    speaks_responses,
)

CARD = Provider(
    name="openai",
    base_url="https://api.openai.com/v1",
    base_url_env=("OPENAI_BASE_URL", "OPENAI_API_BASE"),
    key_env=("OPENAI_API_KEY",),
    quirk_env={WIRE: "OPENAI_API", API_VERSION: "AZURE_API_VERSION"},
    models=MODELS,
    big="gpt-6.1-sol",
    middle="gpt-6.1-terra",
    small="gpt-6-luna",
    docs="https://platform.openai.com/docs/api-reference/responses",
)

AZURE_CARD = Provider(
    name="azure",
    base_url="https://azure.invalid",  # each customer has a host of their own
    base_url_env=("AZURE_OPENAI_BASE_URL", "AZURE_OPENAI_ENDPOINT"),
    key_env=("AZURE_OPENAI_API_KEY",),
    key_header="api-key",
    key_scheme="",
    quirks={AZURE: True},
    quirk_env={WIRE: "AZURE_OPENAI_API", API_VERSION: "AZURE_API_VERSION"},
    models=MODELS,
    # A model is asked for by the name of its deployment, which is the model's own by default.
    big="gpt-6.1-sol",
    middle="gpt-6-sol",
    small="gpt-6-luna",
    docs="https://learn.microsoft.com/azure/foundry/openai/latest",
)


class OpenAI(OpenAIChat):
    """Chat Completions as the dialect has it, and the Responses API beside it."""

    providers = (CARD, AZURE_CARD, *VENDORS)

    def quirks(self, target: Target) -> Quirks:
        speaks = speaks_responses(target.provider)
        return responses_quirks(target) if speaks else chat_quirks(target)

    @hookimpl
    def proxy_translate_request(
        self, request: MessagesRequest, target: Target, ledger: Ledger
    ) -> UpstreamRequest:
        refuse_nowhere(target.provider)
        if speaks_responses(target.provider):
            upstream = translate_request(request, target, ledger, self.quirks(target))
        else:
            upstream = super().proxy_translate_request(request, target, ledger)
        if not is_azure(target.provider):
            return upstream
        return msgspec.structs.replace(upstream, path=place(target, upstream.path))

    @hookimpl
    def proxy_translate_response(
        self, upstream: UpstreamRequest, body: bytes, writer: MessageWriter, ledger: Ledger
    ) -> None:
        if speaks_responses(upstream.target.provider):
            translate_response(upstream, body, self.quirks(upstream.target), writer, ledger)
        else:
            super().proxy_translate_response(upstream, body, writer, ledger)

    @hookimpl
    def proxy_open_stream(
        self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
    ) -> StreamTranslator:
        if speaks_responses(upstream.target.provider):
            return ResponseStream(upstream, self.quirks(upstream.target), writer, ledger)
        return super().proxy_open_stream(upstream, writer, ledger)

    @hookimpl
    def proxy_rescue_error(
        self, failure: UpstreamFailure, upstream: UpstreamRequest, writer: MessageWriter
    ) -> bool:
        if speaks_responses(upstream.target.provider):
            return False  # an error of this API holds no answer
        return super().proxy_rescue_error(failure, upstream, writer)

    @hookimpl
    def proxy_count_tokens(self, request: MessagesRequest, target: Target) -> CountCall | None:
        """OpenAI's own count; other servers have no such call."""
        if speaks_responses(target.provider) and is_openai(target.provider):
            return count_call(request, target, self.quirks(target))
        return None


plugin = OpenAI()
