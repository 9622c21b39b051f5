"""A provider with its plugin's hooks as typed calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

from proxy_core.contract import (
    CountCall,
    ErrorVerdict,
    Provider,
    Repair,
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


class BoundProvider(msgspec.Struct, frozen=True, kw_only=True):
    """What the rest of core calls; made once at start, so that nothing is looked up later."""

    provider: Provider
    plugin: str
    map_model: Callable[[str, Provider, Sequence[str]], Target | None]
    translate_request: Callable[[MessagesRequest, Target, Ledger], UpstreamRequest]
    translate_response: Callable[[UpstreamRequest, bytes, MessageWriter, Ledger], None]
    open_stream: Callable[[UpstreamRequest, MessageWriter, Ledger], StreamTranslator]
    classify_error: Callable[[UpstreamFailure, Target], ErrorVerdict | None]
    repaired: Callable[[Target, Repair], Target]
    """The target under a repair's quirks."""
    rescue_error: Callable[[UpstreamFailure, UpstreamRequest, MessageWriter, Ledger], bool]
    count_tokens: Callable[[MessagesRequest, Target], TokenCount | CountCall | None]
