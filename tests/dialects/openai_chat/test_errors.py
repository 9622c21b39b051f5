"""Errors of many vendors: what the client is told, and whether trying again can help."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.errors import STATUS_OF_TYPE, default_verdict
from proxy_core.contract import About, ErrorVerdict, FailureKind, Repair, UpstreamFailure
from proxy_core.dialects.openai_chat.failures.verdict import classify_error
from proxy_core.dialects.openai_chat.quirks import Quirks
from tests.support.chat_answers import a_target

FIXTURES = Path(__file__).parents[2] / "fixtures" / "openai"
ROWS: list[dict[str, Any]] = [
    json.loads(line)
    for line in (FIXTURES / "50-errors.jsonl").read_text(encoding="utf-8").splitlines()
]
RESCUED = "groq-tool-use-failed"
"""No error after all, where the tool was offered: see test_rescue.py."""
WAITS = {"openai-rate": 6, "groq-413-window-used": 4.2, "groq-429": 9, "kimi-rate": 1}


def verdict_of(
    body: object,
    status: int | None = 400,
    headers: dict[str, str] | None = None,
    window: int | None = None,
    **quirks: Any,
) -> ErrorVerdict:
    """Classify a body: bytes as they are, text as text, anything else as JSON."""
    if isinstance(body, str):
        body = body.encode()
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    kind = FailureKind.STATUS if status else FailureKind.STREAM
    failure = UpstreamFailure(kind=kind, status=status, headers=headers or {}, body=body)
    target = a_target(window, **quirks)
    verdict = classify_error(failure, target, Quirks.of(target))
    return verdict or default_verdict(failure, target.provider)


def openai_error(message: str, code: str | None = None, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": None, "param": None, "code": code, **more}}


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row["name"] != RESCUED], ids=lambda row: row["name"]
)
def test_a_vendors_error(row: dict[str, Any]) -> None:
    quirks = {"bodyless_overflow": True} if row["provider"] == "cerebras" else {}
    verdict = verdict_of(row["body"], row["status"], row["headers"], **quirks)
    expected = row["expect"]
    assert (verdict.status, verdict.type) == (expected["status"], expected["type"])
    assert verdict.retryable == expected["retry"]
    assert verdict.retry_after == WAITS.get(row["name"])
    wanted = expected.get("message", "")
    if wanted.startswith("^"):
        assert re.match(wanted, verdict.message)
    else:
        assert wanted in verdict.message
    if wanted.startswith("prompt is too long:"):
        assert verdict.message == wanted


@pytest.mark.parametrize("code", ["tool_use_failed", "json_validate_failed"])
def test_a_slip_of_the_model_is_worth_another_try(code: str) -> None:
    verdict = verdict_of(openai_error("See 'failed_generation'", code, failed_generation="canary"))
    assert (verdict.status, verdict.retryable, verdict.repair) == (400, False, Repair())
    assert "canary" not in verdict.message
    assert verdict_of(openai_error("no such field")).repair is None


def test_statuses_that_blame_the_model() -> None:
    error = openai_error("hallucinated")
    assert verdict_of(error, 422).repair is None
    verdict = verdict_of(error, 422, slip_statuses=[422])
    assert (verdict.status, verdict.retryable, verdict.repair) == (400, False, Repair())


def test_there_are_all_rows() -> None:
    assert len(ROWS) == 48


# -- rows of the list of cases -------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "message", "about"),
    [
        (429, "Token limit exceeded: tokens per minute limit exceeded", About.RATE_LIMIT),
        (429, "maximum context length per minute reached, slow down", About.RATE_LIMIT),
        (400, "Tool content did not match JSON schema, remove the filter", About.REQUEST),
        (500, "maximum context length is 5 tokens", About.UPSTREAM),
        (404, "the content filter model is not there", About.MODEL),
    ],
)
def test_e6_the_status_outranks_the_words(status: int, message: str, about: About) -> None:
    assert verdict_of(openai_error(message), status).about is about


def test_e6_the_code_outranks_the_words() -> None:
    error = openai_error("Too long: exceeds the context window", "string_above_max_length")
    assert verdict_of(error).about is About.PARAMETER


def test_e5_a_wrong_key_is_not_tried_again_and_not_repeated() -> None:
    error = openai_error("Incorrect API key provided: s3cr3tkey. Find it at x", "invalid_api_key")
    verdict = verdict_of(error, 401)
    assert (verdict.about, verdict.retryable) == (About.KEY, False)
    assert verdict.message == "acme refused the API key in ACME_API_KEY."


def test_e8_the_wait_of_the_header_comes_before_that_of_the_text() -> None:
    error = openai_error("Please try again in 6s.", "rate_limit_exceeded")
    assert verdict_of(error, 429, {"retry-after": "9"}).retry_after == 9
    assert verdict_of(error, 429, {"retry-after-ms": "1500", "retry-after": "9"}).retry_after == 1.5
    assert verdict_of(error, 429, {"retry-after": "soon"}).retry_after == 6


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("in 20ms", 0.02),
        ("in 6m0s", 360),
        ("in 1h2m3.5s", 3723.5),
        ("after 1 seconds", 1),
        ("in 7.66s.", 7.66),
        ("in a while", None),
        ("later", None),
    ],
)
def test_waits_in_words(text: str, seconds: float | None) -> None:
    wait = verdict_of(openai_error(f"Slow down, try again {text}"), 429).retry_after
    assert wait == pytest.approx(seconds) if seconds else wait is None


def test_e16_urls_lose_their_query_and_keys_are_redacted() -> None:
    verdict = verdict_of(openai_error("see https://x.example/a?key=AIzaSecretSecret sk-abcdef123"))
    assert "Secret" not in verdict.message
    assert "abcdef123" not in verdict.message


@pytest.mark.parametrize(
    "words", ["You exceeded your current quota", "Quota exceeded for today", "check your billing"]
)
def test_a_used_up_quota_is_no_throttle_though_only_words_say_so(words: str) -> None:
    verdict = verdict_of(openai_error(words), 429)
    assert (verdict.status, verdict.about, verdict.retryable) == (403, About.QUOTA, False)


# -- overflow ------------------------------------------------------------------------------


VLLM = (
    "'max_tokens' is too large: 20000. This model's maximum context length is 32768 tokens and "
    "your request has 20000 input tokens (20000 > 32768 - 20000)."
)
TGI = (
    "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3000 "
    "`inputs` tokens and 2000 `max_new_tokens`"
)
OPENROUTER = (
    "This endpoint's maximum context length is 200 tokens. However, you requested about 300 tokens."
)


@pytest.mark.parametrize(
    ("message", "wording"),
    [
        (VLLM, "input length and `max_tokens` exceed context limit: 20000 + 20000 > 32768"),
        (TGI, "input length and `max_tokens` exceed context limit: 3000 + 2000 > 4096"),
        (OPENROUTER, "prompt is too long: 300 tokens > 200 maximum"),
        (
            "Input length 300 exceeds the maximum allowed input length of 200 tokens.",
            "prompt is too long: 300 tokens > 200 maximum",
        ),
        (
            "The input token count (300) exceeds the maximum number of tokens allowed (200).",
            "prompt is too long: 300 tokens > 200 maximum",
        ),
        (
            "prompt is too long: 300 tokens > 200 maximum",
            "prompt is too long: 300 tokens > 200 maximum",
        ),
        (
            "This model's maximum prompt length is 131,072 but the request contains 200,000 tokens",
            "prompt is too long: 200000 tokens > 131072 maximum",
        ),
    ],
)
def test_an_overflow_is_told_in_the_words_clients_know(message: str, wording: str) -> None:
    verdict = verdict_of(openai_error(message))
    assert verdict.message.startswith(wording)
    assert (verdict.status, verdict.retryable) == (400, False)
    compact = verdict.message.startswith("prompt")
    assert verdict.about is (About.CONTEXT_OVERFLOW if compact else About.MAX_TOKENS)


def test_the_window_of_the_model_stands_in_for_an_untold_one() -> None:
    error = openai_error("However, your messages resulted in 300 tokens", "context_length_exceeded")
    assert verdict_of(error, window=200).message == "prompt is too long: 300 tokens > 200 maximum"
    assert verdict_of(error).message == "prompt is too long"


def test_a_code_of_overflow_counts_without_its_words() -> None:
    assert verdict_of(openai_error("no", "context_length_exceeded")).about is About.CONTEXT_OVERFLOW


def test_an_overflow_inside_a_stream_needs_no_status() -> None:
    assert verdict_of({"error": "prompt too long"}, None).about is About.CONTEXT_OVERFLOW


def test_a_bodyless_413_is_an_overflow_where_the_vendor_means_it() -> None:
    assert verdict_of(b"", 413, bodyless_overflow=True).about is About.CONTEXT_OVERFLOW
    assert verdict_of(b"", 413).type == "request_too_large"


def test_an_openai_request_beyond_the_whole_quota_is_too_long() -> None:
    text = "Request too large for gpt-x on tokens per min (TPM): Limit 100, Requested 150."
    assert verdict_of(openai_error(text, "rate_limit_exceeded"), 429).message == (
        "prompt is too long: 150 tokens > 100 maximum"
    )


# -- shapes --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "acme: status 502 without an explanation"),
        (b"[]", "acme: status 502 without an explanation"),
        (b'"gone"', "acme: gone"),
        (b"gone", "acme: gone"),
        (b"<html><head><style>p{}</style></head><h1>Bad gateway</h1></html>", "acme: Bad gateway"),
        (b'[{"error": {"message": "first"}}]', "acme: first"),
        (b'{"error": "text"}', "acme: text"),
        (b'{"error": {"metadata": {"raw": "{\\"message\\": \\"deep\\"}"}}}', "acme: deep"),
        (b'{"detail": "why"}', "acme: why"),
        (b'{"detail": [{"loc": ["body", 1], "msg": "no", "input": "PROMPT"}]}', "acme: body.1: no"),
        (b"\xff\xfe", "acme: \ufffd\ufffd"),
    ],
)
def test_bodies_of_all_shapes(body: bytes, message: str) -> None:
    assert verdict_of(body, 502).message == message


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        ({"type": "server_error"}, 500, "api_error"),
        ({"type": "timeout"}, 504, "timeout_error"),
        ({"type": "overloaded_error"}, 503, "api_error"),
        ({"type": "rate_limit_exceeded"}, 429, "rate_limit_error"),
        ({"type": "invalid_request_error"}, 400, "invalid_request_error"),
        ({"code": 429}, 429, "rate_limit_error"),
        ({"code": "403"}, 403, "permission_error"),
        ({"status_code": 401}, 401, "authentication_error"),
        ({"code": 200}, 502, "api_error"),
        ({}, 502, "api_error"),
        ("over_capacity", 503, "api_error"),
    ],
)
def test_an_error_inside_a_stream_has_the_status_it_names(
    error: object, status: int, kind: str
) -> None:
    verdict = verdict_of({"error": error}, None)
    assert (verdict.status, verdict.type) == (status, kind)


def test_529_stays_529() -> None:
    error = {"error": {"type": "overloaded_error", "message": "full"}}
    assert verdict_of(error, 529).type == "overloaded_error"
    assert verdict_of(error, 503).type == "api_error"


@pytest.mark.parametrize(
    ("error", "parameter"),
    [
        (openai_error("no", "unsupported_parameter", param="max_tokens"), "max_tokens"),
        (openai_error("Unsupported parameter: 'top_p' is not", "unsupported_parameter"), "top_p"),
        (openai_error("Unrecognized request argument supplied: store"), "store"),
        (openai_error("property 'messages.0.x' is unsupported"), "messages.0.x"),
        (openai_error("no", "unknown_parameter"), None),
    ],
)
def test_a_refused_parameter_is_named(error: object, parameter: str | None) -> None:
    verdict = verdict_of(error)
    assert (verdict.about, verdict.parameter) == (About.PARAMETER, parameter)


@pytest.mark.parametrize("kind", [FailureKind.CONNECT, FailureKind.TIMEOUT, FailureKind.RESET])
def test_faults_of_the_transport_are_left_to_core(kind: FailureKind) -> None:
    assert classify_error(UpstreamFailure(kind=kind), a_target(), Quirks()) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "message", "code", "type", "detail", "loc", "msg", "metadata"]
            )
            | st.text(),
            inner,
            max_size=4,
        )
    ),
)


@pytest.mark.proof
@given(
    body=st.binary() | JSON.map(lambda value: json.dumps(value).encode()),
    status=st.none() | st.integers(100, 999),
)
def test_every_failure_has_a_verdict(body: bytes, status: int | None) -> None:
    verdict = verdict_of(body, status)
    assert verdict.type in STATUS_OF_TYPE or verdict.type == "conflict_error"
    assert 400 <= verdict.status < 600
    assert verdict.message
    assert len(verdict.message) < 4096
