"""Faults in what is made of errors, and of what is asked beside answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from proxy_core import hookimpl
from proxy_core.anthropic.errors import verdict_of_status
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import CountCall, ErrorVerdict, Target, UpstreamFailure
from proxy_core.ledger import Ledger
from tests.support.mutants import Acme

Json = dict[str, Any]


def judging(read: Callable[[UpstreamFailure, ErrorVerdict | None], ErrorVerdict | None]) -> Acme:
    """Verdicts are changed."""

    class Judging(Acme):
        @hookimpl
        def proxy_classify_error(
            self, failure: UpstreamFailure, target: Target
        ) -> ErrorVerdict | None:
            return read(failure, super().proxy_classify_error(failure, target))

    return Judging()


def by_table(failure: UpstreamFailure, verdict: ErrorVerdict | None) -> ErrorVerdict | None:
    if failure.status is not None and failure.status >= 400:
        {400: "request", 401: "key", 429: "limit", 500: "fault", 503: "load"}[failure.status]
    return verdict


def by_status(failure: UpstreamFailure, _: ErrorVerdict | None) -> ErrorVerdict:
    words = failure.body.decode("utf-8", "replace")
    status = failure.status + 0  # type: ignore[operator]
    return verdict_of_status(status, words or "?")


def plain(change: dict[str, Any]) -> Callable[..., ErrorVerdict | None]:
    def read(_: UpstreamFailure, verdict: ErrorVerdict | None) -> ErrorVerdict | None:
        return msgspec.structs.replace(verdict, **change) if verdict else None

    return read


def as_it_stands(failure: UpstreamFailure, verdict: ErrorVerdict | None) -> ErrorVerdict | None:
    if verdict is None:
        return None
    return msgspec.structs.replace(verdict, message=failure.body.decode("utf-8", "replace") or "?")


class BadCounter(Acme):
    """It takes the counter's answer for what it should be."""

    @hookimpl
    def proxy_count_tokens(self, request: MessagesRequest, target: Target) -> CountCall:
        made = self.proxy_translate_request(request, target, Ledger())
        return CountCall(made, lambda body: int(json.loads(body)["tokens"]))


class BadRescuer(Acme):
    """It takes an error's body for what it should be."""

    @hookimpl
    def proxy_rescue_error(self, failure: UpstreamFailure, writer: MessageWriter) -> bool:  # type: ignore[override]
        writer.text(json.loads(failure.body)["error"]["failed_generation"])
        return True
