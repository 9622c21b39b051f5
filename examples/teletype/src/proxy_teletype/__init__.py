"""Teletype, whose API is like no other's: what is said in `requests`, what is heard in `answers`.

The API in these files is made up, small and complete. Put your vendor's in its place, step by
step: the tests say what is wrong as long as something is.
"""

from __future__ import annotations

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import ModelFacts, Provider, Target, UpstreamRequest
from proxy_core.hookspecs import hookimpl
from proxy_core.ledger import Ledger

from proxy_teletype.answers import Stream, tell_whole
from proxy_teletype.requests import say

CARD = Provider(
    name="teletype",
    api_version=(1, 0),
    base_url="https://api.teletype.example/v1",
    base_url_env=("TELETYPE_BASE_URL",),
    key_env=("TELETYPE_API_KEY",),
    models=(ModelFacts(pattern="*", context_window=128_000, source="where this is written"),),
    big="teletype-large",
    small="teletype-small",
    docs="https://teletype.example/docs",
)


class Teletype:
    """The hooks; those left out have core's own answers."""

    @hookimpl
    def proxy_providers(self) -> tuple[Provider, ...]:
        return (CARD,)

    @hookimpl
    def proxy_translate_request(
        self, request: MessagesRequest, target: Target, ledger: Ledger
    ) -> UpstreamRequest:
        return UpstreamRequest(
            target=target,
            path="/talk",
            body=say(request, target, ledger),
            stream=request.stream,
            headers=tuple(target.options.extra_headers.items()),
        )

    @hookimpl
    def proxy_translate_response(
        self, upstream: UpstreamRequest, body: bytes, writer: MessageWriter
    ) -> None:
        tell_whole(body, writer, upstream.target.provider.name)

    @hookimpl
    def proxy_open_stream(self, upstream: UpstreamRequest, writer: MessageWriter) -> Stream:
        return Stream(writer, upstream.target.provider.name)


plugin = Teletype()
