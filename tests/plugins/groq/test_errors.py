"""What Groq's errors mean."""

from __future__ import annotations

import json

import pytest

from proxy_core.bound import BoundProvider
from proxy_core.contract import About, ErrorVerdict, FailureKind, Repair, UpstreamFailure
from proxy_core.routing.directory import at
from tests.plugins.groq.models import BIG, FIXTURES
from tests.support.chat_answers import Json


def verdict(
    groq: BoundProvider, status: int | None, body: object, model: str = BIG
) -> ErrorVerdict:
    kind = FailureKind.STATUS if status else FailureKind.STREAM
    failure = UpstreamFailure(kind=kind, status=status, body=json.dumps(body).encode())
    found = groq.classify_error(failure, at(groq.provider, model))
    assert found is not None
    return found


def error(message: str, code: str | None = None, kind: str = "invalid_request_error") -> Json:
    return {"error": {"message": message, "type": kind, **({"code": code} if code else {})}}


ROWS: list[Json] = [
    row
    for row in map(
        json.loads, (FIXTURES / "50-errors.jsonl").read_text(encoding="utf-8").splitlines()
    )
    if row["provider"] == "groq"
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_no_organisation_is_named(groq: BoundProvider, row: Json) -> None:
    found = verdict(groq, row["status"], row["body"])
    assert "org_" not in found.message
    assert "failed_generation" not in found.message or "See 'failed_generation'" in found.message


def test_a_request_above_the_tokens_per_minute_is_told_from_a_throttle(
    groq: BoundProvider,
) -> None:
    rows = {row["name"]: verdict(groq, row["status"], row["body"]) for row in ROWS}
    alone, throttle = rows["groq-too-large-tpm"], rows["groq-413-window-used"]
    assert alone.about is About.CONTEXT_OVERFLOW
    assert alone.message == "prompt is too long: 10013 tokens > 8000 maximum"
    assert (alone.status, alone.retryable) == (400, False)
    assert throttle.about is About.RATE_LIMIT
    assert (throttle.status, throttle.retryable, throttle.retry_after) == (429, True, 4.2)


@pytest.mark.parametrize(
    ("status", "body", "shown", "kind", "retryable"),
    [
        (400, error("bad field"), 400, "invalid_request_error", False),
        (401, error("Invalid API Key", "invalid_api_key"), 401, "authentication_error", False),
        (403, error("Access denied. Please check your network"), 403, "permission_error", False),
        (
            404,
            error("The model `x` does not exist", "model_not_found"),
            404,
            "not_found_error",
            False,
        ),
        (413, error("Request Entity Too Large"), 413, "request_too_large", False),
        (422, error("hallucination"), 400, "invalid_request_error", False),
        (424, error("Failed Dependency"), 400, "invalid_request_error", False),
        (
            429,
            error("Please try again in 7.66s", "rate_limit_exceeded"),
            429,
            "rate_limit_error",
            True,
        ),
        (498, error("Flex tier capacity exceeded", "capacity_exceeded"), 503, "api_error", True),
        (500, error("oops", kind="internal_server_error"), 500, "api_error", True),
        (502, "<html>bad gateway</html>", 502, "api_error", True),
        (503, error("Service unavailable", kind="service_unavailable"), 503, "api_error", True),
        (None, {"error": "over_capacity"}, 503, "api_error", True),
    ],
)
def test_the_table_of_errors(
    groq: BoundProvider, status: int | None, body: object, shown: int, kind: str, retryable: bool
) -> None:
    found = verdict(groq, status, body)
    assert (found.status, found.type, found.retryable) == (shown, kind, retryable)
    assert found.repair == (Repair() if status == 422 else None)


def test_an_answer_that_does_not_fit_the_window_is_an_overflow(groq: BoundProvider) -> None:
    words = "Please reduce the length of the messages or completion."
    found = verdict(groq, 400, error(words))
    assert found.about is About.CONTEXT_OVERFLOW
    assert found.message.startswith("prompt is too long")


def test_a_model_that_was_shut_down_is_named(groq: BoundProvider) -> None:
    (row,) = (row for row in ROWS if row["name"] == "groq-decommissioned")
    found = verdict(groq, 400, row["body"])
    assert found.about is About.MODEL
    assert "llama-3.3-70b-versatile" in found.message
