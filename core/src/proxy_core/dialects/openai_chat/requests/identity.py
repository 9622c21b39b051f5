"""Who is asking, where the server wants to know, as digests."""

from __future__ import annotations

from typing import Any

from proxy_core.anthropic.identity import identity_of
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import Reason


def identity_fields(request: MessagesRequest, scope: Scope) -> dict[str, Any]:
    """The fields of the body; what the client wrote never leaves in the clear."""
    if request.metadata is not None and request.metadata.user_id is not None:
        scope.dropped("/metadata/user_id", Reason.CLIENT_METADATA)
    quirks = scope.quirks
    if not (quirks.prompt_cache_key or quirks.safety_identifier):
        return {}
    identity = identity_of(request)
    fields = {}
    if quirks.prompt_cache_key and identity.session:
        fields["prompt_cache_key"] = identity.session
    if quirks.safety_identifier and identity.person:
        fields["safety_identifier"] = identity.person
    return fields


def session_headers(request: MessagesRequest, scope: Scope) -> tuple[tuple[str, str], ...]:
    """The header that keeps a session where its cache is warm."""
    name = scope.quirks.session_header
    session = identity_of(request).session if name else ""
    return ((name, session),) if session else ()
