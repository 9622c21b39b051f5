"""What Moonshot's errors mean, over either of its APIs."""

from __future__ import annotations

import json

import pytest

from proxy_core.contract import About, ErrorVerdict, FailureKind, UpstreamFailure
from tests.support.moonshot import MOONSHOT, Json, target


def read(status: int, error: Json, wire: str) -> ErrorVerdict:
    body = {"type": "error", "error": error} if wire == "anthropic" else {"error": error}
    failure = UpstreamFailure(
        kind=FailureKind.STATUS, status=status, body=json.dumps(body).encode()
    )
    verdict = MOONSHOT.classify_error(failure, target(wire=wire))
    assert verdict is not None
    return verdict


@pytest.mark.parametrize("wire", ["anthropic", "chat"])
@pytest.mark.parametrize(
    ("status", "kind", "message", "shown", "about", "retryable"),
    [
        (400, "content_filter", "high risk", 400, About.CONTENT_FILTER, False),
        (
            400,
            "invalid_request_error",
            "Invalid request: Your request exceeded model token limit: 262144 (requested: 269030)",
            400,
            About.CONTEXT_OVERFLOW,
            False,
        ),
        (
            400,
            "invalid_request_error",
            "Input token length too long",
            400,
            About.CONTEXT_OVERFLOW,
            False,
        ),
        (400, "invalid_request_error", "tools: no", 400, About.REQUEST, False),
        (401, "invalid_authentication_error", "no", 401, About.KEY, False),
        (401, "incorrect_api_key_error", "no", 401, About.KEY, False),
        (402, "membership", "no plan", 403, About.QUOTA, False),
        (403, "permission_denied", "only available for Coding Agents", 403, None, False),
        (404, "resource_not_found_error", "Not found the model", 404, About.MODEL, False),
        (429, "exceeded_current_quota_error", "suspended", 403, About.QUOTA, False),
        (
            429,
            "rate_limit_reached_error",
            "max RPM: 3, please try again after 1 seconds",
            429,
            About.RATE_LIMIT,
            True,
        ),
        (429, "engine_overloaded_error", "overloaded", 503, About.OVERLOADED, True),
        (500, "server_error", "oops", 500, About.UPSTREAM, True),
        (500, "unexpected_output", "oops", 500, About.UPSTREAM, True),
    ],
)
def test_errors(
    *,
    wire: str,
    status: int,
    kind: str,
    message: str,
    shown: int,
    about: About | None,
    retryable: bool,
) -> None:
    verdict = read(status, {"type": kind, "message": message}, wire)
    assert (verdict.status, verdict.retryable) == (shown, retryable)
    assert about is None or verdict.about is about
    if about is About.CONTEXT_OVERFLOW:
        assert verdict.message.startswith("prompt is too long")
    if about is About.RATE_LIMIT:
        assert verdict.retry_after == 1


@pytest.mark.parametrize(("wire", "mends"), [("chat", True), ("anthropic", False)])
def test_other_words_are_those_of_the_wire_that_is_spoken(wire: str, mends: bool) -> None:
    body = json.dumps({"error": {"message": "Unknown parameter: 'stream_options'"}}).encode()
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=400, body=body)
    to = target(wire=wire)
    verdict = MOONSHOT.classify_error(failure, to)
    assert verdict is not None
    assert (verdict.repair is not None) is mends
    if verdict.repair is not None:
        assert MOONSHOT.repaired(to, verdict.repair).provider.quirks["stream_usage"] is False


def test_a_users_quirks_of_the_messages_api_do_not_hide_its_errors() -> None:
    body = b'{"error":{"type":"engine_overloaded_error","message":"overloaded"}}'
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=429, body=body)
    to = target(wire="anthropic", thinking_filler="all", stop_limit=1)
    verdict = MOONSHOT.classify_error(failure, to)
    assert verdict is not None
    assert (verdict.about, verdict.retryable) == (About.OVERLOADED, True)
