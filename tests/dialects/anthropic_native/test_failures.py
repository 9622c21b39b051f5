"""Errors in Anthropic's own shape are passed on as they are; others are left to core."""

import json

import pytest

from proxy_core.contract import About, ErrorVerdict, FailureKind, UpstreamFailure
from tests.support.native import Acme, target


def read(status: int, body: bytes, kind: FailureKind = FailureKind.STATUS) -> ErrorVerdict | None:
    failure = UpstreamFailure(kind=kind, status=status, body=body, headers={"retry-after": "7"})
    return Acme().proxy_classify_error(failure, target())


def error(kind: str, message: str = "no") -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()


@pytest.mark.parametrize(
    ("status", "kind", "retryable"),
    [
        (400, "invalid_request_error", False),
        (401, "authentication_error", False),
        (402, "billing_error", False),
        (403, "permission_error", False),
        (404, "not_found_error", False),
        (409, "conflict_error", True),
        (413, "request_too_large", False),
        (429, "rate_limit_error", True),
        (500, "api_error", True),
        (504, "timeout_error", True),
        (529, "overloaded_error", True),
    ],
)
def test_status_type_body_and_headers_are_the_upstreams(
    status: int, kind: str, retryable: bool
) -> None:
    verdict = read(status, error(kind))
    assert verdict is not None
    assert (verdict.status, verdict.type, verdict.retryable) == (status, kind, retryable)
    assert verdict.body == error(kind)
    assert dict(verdict.headers) == {"retry-after": "7"}
    assert verdict.retry_after == 7


def test_an_overflow_is_known_by_its_words() -> None:
    words = "prompt is too long: 210000 tokens > 200000 maximum"
    verdict = read(400, error("invalid_request_error", words))
    assert verdict is not None
    assert verdict.about is About.CONTEXT_OVERFLOW
    assert verdict.message == words


def test_an_error_that_repeats_a_key_is_told_without_it() -> None:
    verdict = read(401, error("authentication_error", "bad key sk-ant-api03-abcdef"))
    assert verdict is not None
    assert verdict.body == b""
    assert "abcdef" not in verdict.message


@pytest.mark.parametrize(
    ("body", "words"), [(b"{}", "status 503"), (b'{"error":"x"}', "x"), (b"[" * 9999, "[[")]
)
def test_errors_in_the_shape_of_other_apis_are_told(body: bytes, words: str) -> None:
    told = read(503, body)
    assert told is not None
    assert told.message.startswith(f"acme: {words}")
    assert (told.status, told.body) == (503, b"")


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff"])
def test_other_shapes_are_left_to_core(body: bytes) -> None:
    assert read(503, body) is None


def test_the_transports_faults_are_left_to_core() -> None:
    assert read(0, error("api_error"), FailureKind.RESET) is None


@pytest.mark.parametrize("kind", ["", "a\nb", "\x1b[31mred", "in two words", "名", "x" * 65])
@pytest.mark.parametrize("how", [FailureKind.STATUS, FailureKind.STREAM])
def test_a_type_that_is_no_word_is_not_passed_on(kind: str, how: FailureKind) -> None:
    verdict = read(503, error(kind), how)
    assert verdict is not None
    assert verdict.type == "api_error"
    assert verdict.body == b""
    assert verdict.message == "acme: no"


@pytest.mark.parametrize("kind", ["BadRequestError", "1301", "internal-error", "a.b_c"])
def test_a_vendors_own_type_is_passed_on(kind: str) -> None:
    verdict = read(503, error(kind))
    assert verdict is not None
    assert (verdict.type, verdict.body) == (kind, error(kind))
