"""Errors: every failure has a verdict, and no verdict shows what it should not."""

from __future__ import annotations

import json
from typing import get_args

import anthropic
import httpx2
import msgspec
import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic import errors
from proxy_core.anthropic.errors import (
    MAX_MESSAGE,
    STATUS_OF_TYPE,
    TYPE_OF_STATUS,
    by_what_is_too_long,
    default_verdict,
    max_tokens_too_large,
    prompt_too_long,
    retry_after,
    safe_text,
    verdict_of_status,
    with_figures,
)
from proxy_core.contract import About, ErrorVerdict, FailureKind, Provider, UpstreamFailure

ACME = Provider(
    name="acme",
    base_url="https://acme.example/v1",
    key_env=("ACME_API_KEY",),
    base_url_env=("ACME_BASE_URL",),
)

# -- verdicts ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [*range(100, 600), -1, 0, 99, 600, 999, 2**40])
def test_every_status_has_a_verdict(status: int) -> None:
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=status, body=b"words")
    verdict = default_verdict(failure, ACME)
    assert 400 <= verdict.status < 600
    assert verdict.type == TYPE_OF_STATUS[verdict.status]
    told = f"acme answered with status {status}: words"
    assert verdict.message == (
        "acme refused the API key in ACME_API_KEY." if status == 401 else told
    )


@pytest.mark.parametrize(
    ("status", "shown", "error_type", "about", "retryable"),
    [
        (400, 400, "invalid_request_error", About.REQUEST, False),
        (401, 401, "authentication_error", About.KEY, False),
        (402, 403, "permission_error", About.QUOTA, False),
        (403, 403, "permission_error", About.PERMISSION, False),
        (404, 404, "not_found_error", About.MODEL, False),
        (408, 503, "api_error", About.UPSTREAM, True),
        (413, 413, "request_too_large", About.REQUEST, False),
        (418, 400, "invalid_request_error", About.REQUEST, False),
        (422, 400, "invalid_request_error", About.REQUEST, False),
        (429, 429, "rate_limit_error", About.RATE_LIMIT, True),
        (498, 503, "api_error", About.OVERLOADED, True),
        (500, 500, "api_error", About.UPSTREAM, True),
        (501, 502, "api_error", About.UPSTREAM, True),
        (502, 502, "api_error", About.UPSTREAM, True),
        (503, 503, "api_error", About.OVERLOADED, True),
        (504, 504, "timeout_error", About.UPSTREAM, True),
        (529, 529, "overloaded_error", About.OVERLOADED, True),
        (302, 502, "api_error", About.ADDRESS, False),
        (200, 502, "api_error", About.UPSTREAM, False),
    ],
)
def test_statuses_as_the_client_sees_them(
    status: int, shown: int, error_type: str, about: About, retryable: bool
) -> None:
    verdict = verdict_of_status(status, "m")
    assert (verdict.status, verdict.type) == (shown, error_type)
    assert (verdict.about, verdict.retryable) == (about, retryable)


@pytest.mark.parametrize("kind", FailureKind)
@pytest.mark.parametrize("detail", ["", "after 3 s"])
def test_every_kind_of_failure_has_a_verdict(kind: FailureKind, detail: str) -> None:
    verdict = default_verdict(UpstreamFailure(kind=kind, detail=detail), ACME)
    assert verdict.status in (502, 504)
    assert verdict.type == TYPE_OF_STATUS[verdict.status]
    assert verdict.message.startswith("acme ")
    assert detail in verdict.message
    assert ("ACME_BASE_URL" in verdict.message) == (kind is FailureKind.CONNECT)


def test_a_timeout_is_not_tried_again() -> None:
    verdict = default_verdict(UpstreamFailure(kind=FailureKind.TIMEOUT), ACME)
    assert (verdict.status, verdict.type, verdict.retryable) == (504, "timeout_error", False)


def test_a_status_without_words() -> None:
    verdict = default_verdict(UpstreamFailure(kind=FailureKind.STATUS, status=500), ACME)
    assert verdict.message == "acme answered with status 500"


def test_types_and_statuses_are_those_of_the_api() -> None:
    types = {get_args(error.model_fields["type"].annotation)[0] for error in ERROR_MODELS}
    assert set(STATUS_OF_TYPE) - {"request_too_large"} <= types
    for error_type, status in STATUS_OF_TYPE.items():
        assert TYPE_OF_STATUS[status] == error_type


ERROR_MODELS: list[type[pydantic.BaseModel]] = [
    anthropic.types.InvalidRequestError,
    anthropic.types.AuthenticationError,
    anthropic.types.BillingError,
    anthropic.types.PermissionError,
    anthropic.types.NotFoundError,
    anthropic.types.RateLimitError,
    anthropic.types.APIErrorObject,
    anthropic.types.GatewayTimeoutError,
    anthropic.types.OverloadedError,
]


@pytest.mark.parametrize(
    ("status", "raised"),
    [
        (400, anthropic.BadRequestError),
        (401, anthropic.AuthenticationError),
        (404, anthropic.NotFoundError),
        (429, anthropic.RateLimitError),
        (529, anthropic.InternalServerError),
    ],
)
def test_the_sdk_reads_the_body(status: int, raised: type[anthropic.APIStatusError]) -> None:
    body = errors.body(TYPE_OF_STATUS[status], "the words", "req_1")
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(status, content=body))
    with (
        httpx2.Client(transport=transport) as http,
        anthropic.Anthropic(api_key="none", max_retries=0, http_client=http) as client,
        pytest.raises(raised) as error,
    ):
        client.messages.create(model="m", max_tokens=1, messages=[{"role": "user", "content": "x"}])
    assert error.value.type == TYPE_OF_STATUS[status]
    assert "the words" in str(error.value)


def test_the_body_names_the_request() -> None:
    assert json.loads(errors.body("api_error", "m", None)) == {
        "type": "error",
        "error": {"type": "api_error", "message": "m"},
        "request_id": None,
    }


def test_wordings_that_clients_act_on() -> None:
    assert prompt_too_long(9, 8) == "prompt is too long: 9 tokens > 8 maximum"
    assert prompt_too_long(None, 8) == prompt_too_long(9, None) == "prompt is too long"
    assert max_tokens_too_large(5, 4, 8) == (
        "input length and `max_tokens` exceed context limit: 5 + 4 > 8, "
        "decrease input length or `max_tokens` and try again"
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "7"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "7"}, 7.0),
        ({"retry-after": "Fri, 20 Nov 2026 10:00:00 GMT"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "9" * 99}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "7\n"}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=429, headers=headers)
    assert retry_after(failure) == seconds
    assert default_verdict(failure, ACME).retry_after == seconds


# -- words of strangers --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("two\nlines\tand  gaps ", "two lines and gaps"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x00b\x07c\x85d\u2028e\x7ff", "a b c d e f"),
        ("<html><body><h1>502 Bad Gateway</h1></body></html>", "502 Bad Gateway"),
        ("<!DOCTYPE html><style>a{b}</style><p>no</p>", "no"),
        ("<HTML><SCRIPT>steal()</SCRIPT>no", "no"),
        ("<html>no<script>steal()", "no"),
        ("a < b and c > d", "a < b and c > d"),
        ("use `List<int>`", "use `List<int>`"),
        ("at https://h/p?key=abc&x=1 now", "at https://h/p now"),
        ("at https://h/p#token=abc now", "at https://h/p now"),
        ("at https://h/p now", "at https://h/p now"),
        ("key sk-abcdef123456 bad", "key [redacted] bad"),
        ("gsk_abcdef123456", "[redacted]"),
        ("xai-abcdef123456", "[redacted]"),
        ("AIzaSyA1234567890abcdef", "[redacted]"),
        ("Bearer abcdef.ghi~jkl+/==", "[redacted]"),
        ("organization org-abc123def", "organization [redacted]"),
        ("Incorrect API key provided: sk-***cdef", "Incorrect API key provided: [redacted]"),
        ("\udcff \ud83d", "\ufffd \ufffd"),
        ("", ""),
    ],
)
def test_safe_text(text: str, shown: str) -> None:
    assert safe_text(text) == shown


@pytest.mark.parametrize("filler", ["x", "é", "土", "😀"])
def test_long_text_is_cut_between_characters(filler: str) -> None:
    for length in range(MAX_MESSAGE - 2, MAX_MESSAGE + 3):
        shown = safe_text(filler * length)
        assert len(shown) <= MAX_MESSAGE
        assert shown.rstrip("…") == filler * len(shown.rstrip("…"))
        assert shown.endswith("…") == (length > MAX_MESSAGE)


@given(st.binary(max_size=400))
def test_bytes_of_a_failure_are_made_words(body: bytes) -> None:
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=500, body=body)
    message = default_verdict(failure, ACME).message
    assert message.encode()
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in message)


@given(st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=12))
def test_a_key_is_never_shown(secret: str) -> None:
    for text in (f"sk-{secret}", f"Bearer {secret}", f"https://h/?k={secret}"):
        assert secret not in safe_text(f"- {text} -")


@pytest.mark.parametrize(
    "piece", ["<", "<script", "<script>", "<script></style>", "http://", "https://a/", "\x1b["]
)
def test_no_text_takes_long(piece: str) -> None:
    """Each of these makes a careless pattern look at the rest of the text again and again."""
    assert isinstance(safe_text("<html>" + piece * 20_000), str)


OVERFLOW = ErrorVerdict(
    status=400, type="invalid_request_error", message="prompt is too long", retryable=False
)


def test_an_overflow_without_figures_gets_those_that_are_known() -> None:
    told = with_figures(OVERFLOW, 210_000, 200_000)
    assert told.message == "prompt is too long: 210000 tokens > 200000 maximum"
    assert msgspec.structs.replace(told, message=OVERFLOW.message) == OVERFLOW


@pytest.mark.parametrize(
    ("verdict", "maximum"),
    [
        (OVERFLOW, None),
        (OVERFLOW, 210_000),
        (msgspec.structs.replace(OVERFLOW, message="prompt is too long: 9 tokens > 8 maximum"), 9),
        (msgspec.structs.replace(OVERFLOW, body=b"{}"), 9),
        (msgspec.structs.replace(OVERFLOW, message="something else"), 9),
    ],
)
def test_figures_that_are_not_known_are_not_told(
    verdict: ErrorVerdict, maximum: int | None
) -> None:
    assert with_figures(verdict, 210_000, maximum) is verdict


SUM = msgspec.structs.replace(
    OVERFLOW,
    message="prompt is too long: 215 tokens > 200 maximum",
    about=About.CONTEXT_OVERFLOW,
    sum_above=(215_000, 200_000),
)


@pytest.mark.parametrize(
    ("prompt", "answer", "told"),
    [
        (100, 32_000, 183_000),  # the sum tells more than the estimate
        (190_000, 32_000, 190_000),
        (197_000, 32_000, None),  # room for no answer worth the name
        (100, 15_000, None),  # without the answer the sum is still too long
        (100, None, None),
    ],
)
def test_of_prompt_and_answer_the_one_is_told_that_does_not_fit(
    prompt: int, answer: int | None, told: int | None
) -> None:
    verdict = by_what_is_too_long(SUM, prompt, answer)
    if told is None:
        assert verdict is SUM
    else:
        assert (verdict.about, verdict.message) == (
            About.MAX_TOKENS,
            max_tokens_too_large(told, answer or 0, 200_000),
        )


@pytest.mark.parametrize(
    "verdict",
    [
        OVERFLOW,
        msgspec.structs.replace(SUM, body=b"{}"),
        msgspec.structs.replace(SUM, sum_above=(200_000, 200_000)),
    ],
)
def test_what_is_no_sum_or_is_not_ours_stays_as_it_is(verdict: ErrorVerdict) -> None:
    assert by_what_is_too_long(verdict, 100, 100_000) is verdict
