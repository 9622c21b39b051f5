"""Failures that the server reports inside an answer that began as a success."""

from __future__ import annotations

import json
from typing import Any

from proxy_core.contract import ErrorVerdict, FailureKind, Target, UpstreamFailure
from proxy_core.dialects.openai_chat import Quirks
from proxy_core.dialects.openai_chat.failures.verdict import read_failure
from proxy_openai.responses.events import Event, object_in

_GAVE_UP = {"code": "server_error", "message": "the answer was given up"}
"""Stands for an error that is not told."""


def of_event(event: Event) -> Any:
    """The error that an `error` event tells of; some gateways nest it."""
    return event.error or {"code": event.code, "message": event.message, "param": event.param}


def of_response(response: dict[str, Any]) -> Any:
    """The error of an answer that failed or was cancelled; None for one that did not."""
    if response.get("error"):
        return response["error"]
    return _GAVE_UP if response.get("status") in ("failed", "cancelled") else None


def verdict(error: Any, target: Target, quirks: Quirks) -> ErrorVerdict:
    """What the error means to the client."""
    told = error if isinstance(error, str) else object_in(error) or _GAVE_UP
    body = json.dumps({"error": told}).encode()
    return read_failure(UpstreamFailure(kind=FailureKind.STREAM, body=body), target, quirks)
