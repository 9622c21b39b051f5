# mypy: disable-error-code="empty-body"
# A hook specification is a signature and a docstring; pluggy never runs its body.
"""Every hook a plugin may implement.

All hooks are synchronous and pure: no sockets, no files, no environment, no clock; the observer
alone may write. Core calls them by name, a handful of times per request and never per chunk. A
hook may leave out arguments that it does not need.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import pluggy

from proxy_core.contract import (
    CountCall,
    ErrorVerdict,
    Exchange,
    Provider,
    StreamTranslator,
    Target,
    TokenCount,
    UpstreamFailure,
    UpstreamRequest,
)
from proxy_core.ledger import Ledger

if TYPE_CHECKING:
    from proxy_core.anthropic.request import MessagesRequest
    from proxy_core.anthropic.writer import MessageWriter

PROJECT = "proxy_core"
"""Name of the pluggy project and of the entry-point group."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def proxy_providers() -> Iterable[Provider]:
    """Say whom you speak for.

    Called once, after loading. Data only: nothing may be read or opened here. Required.
    Since API 1.0.
    """


@hookspec(firstresult=True)
def proxy_map_model(requested: str, provider: Provider, models: Sequence[str]) -> Target | None:
    """Claim a model name that the client asked for.

    Asked once per name, in the order of `--plugins`, after the user's own table and explicit
    `provider/model` names. `models` are the ids the user's configuration names for this
    provider. None leaves the name to core: exact id, then glob over the card's facts.
    Since API 1.0.
    """


@hookspec(firstresult=True)
def proxy_translate_request(
    request: MessagesRequest, target: Target, ledger: Ledger
) -> UpstreamRequest:
    """Say the same in the vendor's language.

    Called for each target that is tried, and again when a repair changes its quirks. Same
    input, same bytes; `request` is never changed, because it is translated again for a retry or
    the next target. What cannot be said goes to `ledger`. Raises `Unsupported` for what must
    not be guessed. Required. Since API 1.0.
    """


@hookspec(firstresult=True)
def proxy_translate_response(
    upstream: UpstreamRequest, body: bytes, writer: MessageWriter, ledger: Ledger
) -> None:
    """Read one whole answer and tell it to `writer`.

    Called when a 2xx answer that is no stream of server-sent events is there to its end, also
    where a stream was asked for: one of another form, lines of JSON for example, is read like
    this. An error inside a success is told with `writer.fail()`. Raises `ProtocolError` when the
    body cannot be read. Required. Since API 1.0.
    """


@hookspec(firstresult=True)
def proxy_open_stream(
    upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
) -> StreamTranslator:
    """Begin reading a streamed answer.

    Called when a stream of server-sent events begins under a 2xx status, whatever type the server
    says it has. Core then calls `feed(event)` and `close(complete)` on what this returns. A stream
    that ends before the vendor's end mark is not a success: do not call `writer.finish()` for it
    and core reports the cut. Required. Since API 1.0.
    """


@hookspec(firstresult=True)
def proxy_classify_error(failure: UpstreamFailure, target: Target) -> ErrorVerdict | None:
    """Read a failure: what the client is told, and whether trying again can help.

    Asked for each failure: a status, a broken transport, an answer that cannot be read. Where
    the request was refused for how it was said, the verdict's `repair` names quirks of the
    plugin's own under which core has it translated anew, once. None leaves the failure to
    core's table of statuses. Since API 1.0.
    """


@hookspec(firstresult=True)
def proxy_rescue_error(
    failure: UpstreamFailure, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
) -> bool | None:
    """Answer from an error that holds the answer.

    Some servers refuse what their model said and send it along, for example calls that they
    could not read. Asked before `proxy_classify_error`, when the request failed before any of
    its answer came. True says that the whole answer, its stop reason included, was told to
    `writer`; anything else that nothing was. Since API 1.0.
    """


@hookspec(firstresult=True)
def proxy_count_tokens(request: MessagesRequest, target: Target) -> TokenCount | CountCall | None:
    """Count the input tokens of a request.

    Asked when a client calls `count_tokens`. A `TokenCount` made locally, or a `CountCall`, the
    vendor's own counting call for core to make; None takes core's estimate. Never an inference
    call. Since API 1.0.
    """


@hookspec
def proxy_exchange_finished(exchange: Exchange) -> None:
    """Observe one finished exchange; the only hook that every plugin hears.

    Called after the last byte, whatever the outcome. Figures and outcome only, never content or
    keys. It may write a line to a file or add to a figure, but other requests wait for it: what
    takes longer belongs into a thread of its own. What it raises is logged under the plugin's
    name and changes nothing. Since API 1.0.
    """
