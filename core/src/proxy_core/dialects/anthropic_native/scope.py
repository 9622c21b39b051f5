"""What every part of one request's mending needs at hand."""

from __future__ import annotations

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import Target
from proxy_core.dialects.anthropic_native.quirks import Quirks
from proxy_core.dialects.noting import Noting


class Scope(Noting, frozen=True):
    """The request, where it goes, how the server speaks, and what is noted on the way."""

    request: MessagesRequest
    target: Target
    quirks: Quirks
