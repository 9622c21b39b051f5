"""What a person is told of an upstream's failure: its words without secrets, and what to do."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from proxy_core.anthropic.errors import refused_key, verdict_of_status
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import About, ErrorVerdict, Target
from proxy_core.server.headers import OF_AN_ACCOUNT, of_own_account
from proxy_core.server.hints import hint
from proxy_core.server.quotes import without_quotes
from proxy_core.server.redact import Redactor

_OWN_WORDS = frozenset({About.CONTEXT_OVERFLOW, About.MAX_TOKENS, About.KEY})
"""What is told in words of this project, on which clients act; no server's words are in them."""


def worded(
    verdict: ErrorVerdict,
    request: MessagesRequest,
    target: Target,
    secrets: Collection[str],
    *,
    own_account: bool,
) -> ErrorVerdict:
    """The verdict as the client may be told it.

    `own_account`: it was asked with a key of this proxy's. An error that is relayed stays as it is
    unless it shows what it should not, or blames a key that the client knows nothing of.
    """
    if own_account:
        verdict = of_own_account(verdict)
    if own_account and verdict.about is About.KEY:
        verdict = _told_anew(verdict, refused_key(target.provider))
    message = _clean(verdict, request, target, secrets)
    if verdict.body and message == verdict.message and _is_clean(verdict.body, secrets):
        return verdict
    advice = hint(verdict, target) if own_account or verdict.about not in OF_AN_ACCOUNT else ""
    return _told_anew(verdict, _joined(message, advice))


def _told_anew(verdict: ErrorVerdict, message: str) -> ErrorVerdict:
    """The verdict in other words; what was relayed till now gets a status and a type of ours."""
    if verdict.body:
        ours = verdict_of_status(verdict.status, message)
        verdict = msgspec.structs.replace(verdict, status=ours.status, type=ours.type, body=b"")
    return msgspec.structs.replace(verdict, message=message)


def _clean(
    verdict: ErrorVerdict, request: MessagesRequest, target: Target, secrets: Collection[str]
) -> str:
    if verdict.about in _OWN_WORDS:
        return Redactor(secrets)(verdict.message)
    tools = [tool.name for tool in request.tools or ()]
    kept = [target.model, request.model, verdict.parameter or "", *tools]
    return Redactor(secrets)(without_quotes(verdict.message, request.body, kept))


def _is_clean(body: bytes, secrets: Collection[str]) -> bool:
    text = body.decode("utf-8", "replace")
    return Redactor(secrets)(text) == text


def _joined(message: str, advice: str) -> str:
    if not advice:
        return message
    stop = "" if message.endswith((".", "!", "?", "…")) else "."
    return f"{message}{stop} {advice}"
