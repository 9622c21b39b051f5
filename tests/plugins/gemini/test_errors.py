"""Google's errors: status, type, wording, and whether asking again helps."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.errors import TYPE_OF_STATUS, default_verdict
from proxy_core.contract import About, ErrorVerdict, FailureKind, UpstreamFailure
from proxy_gemini import plugin
from tests.support.gemini import FIXTURES, Json, sse, target, tell_stream


def verdict(
    body: bytes | Any,
    status: int | None = 400,
    kind: FailureKind = FailureKind.STATUS,
    **headers: str,
) -> ErrorVerdict:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    failure = UpstreamFailure(
        kind=kind,
        status=status,
        body=raw,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )
    found = plugin.proxy_classify_error(failure, target())
    return found or default_verdict(failure, target().provider)


def error(
    message: str, name: str = "INVALID_ARGUMENT", code: int | None = 400, **more: Any
) -> Json:
    return {"error": {"code": code, "message": message, "status": name, **more}}


FIXTURE: dict[str, tuple[int, About, bool, float | None]] = {
    "err-400-api-key-invalid.json": (401, About.KEY, False, None),
    "err-400-missing-signature.json": (400, About.REQUEST, False, None),
    "err-400-response-count.json": (400, About.REQUEST, False, None),
    "err-400-too-many-tokens.json": (400, About.CONTEXT_OVERFLOW, False, None),
    "err-400-unknown-schema-keyword.json": (400, About.PARAMETER, False, None),
    "err-403-permission.json": (403, About.PERMISSION, False, None),
    "err-404-model.json": (404, About.MODEL, False, None),
    "err-429-bare-array.json": (429, About.RATE_LIMIT, True, None),
    "err-429-per-day.json": (429, About.QUOTA, False, None),
    "err-429-per-minute.json": (429, About.RATE_LIMIT, True, 17.4),
    "err-500-internal.json": (500, About.UPSTREAM, True, None),
    "err-503-unavailable.json": (503, About.OVERLOADED, True, None),
    "err-504-deadline.json": (504, About.UPSTREAM, True, None),
}


def test_every_fixture_is_expected() -> None:
    assert {path.name for path in FIXTURES.glob("err-*")} == set(FIXTURE)


@pytest.mark.parametrize("name", FIXTURE)
def test_the_fixtures(name: str) -> None:
    found = verdict((FIXTURES / name).read_bytes(), int(name[4:7]))
    assert (found.status, found.about, found.retryable, found.retry_after) == FIXTURE[name]
    assert found.type == TYPE_OF_STATUS[found.status]


@pytest.mark.parametrize("name", [name for name in FIXTURE if "array" not in name])
def test_an_array_of_one_says_the_same(name: str) -> None:
    body = json.loads((FIXTURES / name).read_text())
    assert verdict([body], int(name[4:7])) == verdict(body, int(name[4:7]))


@pytest.mark.parametrize("name", FIXTURE)
def test_inside_a_stream_it_says_the_same(name: str) -> None:
    body = json.loads((FIXTURES / name).read_text())
    inside = tell_stream([sse([body])]).failure
    assert inside == verdict(body, int(name[4:7]))


# -- wordings ------------------------------------------------------------------------------


def test_an_overflow_is_told_so_that_clients_compact() -> None:
    found = verdict((FIXTURES / "err-400-too-many-tokens.json").read_bytes())
    assert found.message == "prompt is too long: 1049001 tokens > 1048576 maximum"


def test_a_wrong_key_names_the_variables_and_not_the_key() -> None:
    found = verdict(error("API key not valid: AIzaSyA-secret-secret-secret"))
    assert found.message == "gemini refused the API key in GEMINI_API_KEY or GOOGLE_API_KEY."


def test_a_refused_keyword_is_named_with_its_place() -> None:
    found = verdict((FIXTURES / "err-400-unknown-schema-keyword.json").read_bytes())
    assert found.parameter == "exclusiveMinimum"
    assert "tools[0].function_declarations[6]" in found.message


def test_a_missing_signature_is_told_as_google_words_it() -> None:
    found = verdict((FIXTURES / "err-400-missing-signature.json").read_bytes())
    assert "missing a thought_signature" in found.message


@pytest.mark.parametrize(
    ("body", "status", "shown"),
    [
        (error("Request payload size exceeds the limit: 104857600 bytes."), 400, 413),
        (error("User location is not supported", "FAILED_PRECONDITION"), 400, 403),
        (b"", 413, 413),
        (error("no", "UNAUTHENTICATED", 401), 401, 401),
        (b"<html><body>Bad gateway</body></html>", 502, 502),
        (b"[]", 400, 400),
        (b'{"error": "plain"}', 400, 400),
    ],
)
def test_other_bodies(body: Any, status: int, shown: int) -> None:
    assert verdict(body, status).status == shown


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("INVALID_ARGUMENT", 400),
        ("UNAUTHENTICATED", 401),
        ("PERMISSION_DENIED", 403),
        ("NOT_FOUND", 404),
        ("RESOURCE_EXHAUSTED", 429),
        ("INTERNAL", 500),
        ("UNKNOWN", 500),
        ("DATA_LOSS", 500),
        ("UNAVAILABLE", 503),
        ("ABORTED", 503),
        ("DEADLINE_EXCEEDED", 504),
        ("CANCELLED", 502),
        ("UNIMPLEMENTED", 502),
        ("A_STATUS_OF_TOMORROW", 502),
    ],
)
def test_a_name_alone_inside_a_stream(name: str, status: int) -> None:
    failure = tell_stream([sse([{"error": {"message": "m", "status": name}}])]).failure
    assert failure is not None
    assert failure.status == status


# -- waiting -------------------------------------------------------------------------------


def delayed(delay: str, message: str = "m") -> Json:
    retry = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    return error(message, "RESOURCE_EXHAUSTED", 429, details=[retry])


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (delayed("17.4s"), 17.4),
        (delayed("0.253s"), 0.253),
        (delayed("450ms"), 0.45),
        (delayed("1m5s"), 65),
        (delayed("soon"), None),
        (delayed(""), None),
        (error("Please retry in 17.4s.", code=429), 17.4),
        (error("Please retry in 850.5ms.", code=429), 0.8505),
        (error("Please retry in 1h2m3s.", code=429), 3723),
        (error("Please retry in a while.", code=429), None),
    ],
)
def test_how_long_to_wait(body: Json, seconds: float | None) -> None:
    assert verdict(body, 429).retry_after == pytest.approx(seconds)


def test_the_header_counts_most() -> None:
    assert verdict(delayed("17s"), 429, retry_after="3").retry_after == 3


@pytest.mark.parametrize(
    ("body", "about"),
    [
        (delayed("299s"), About.RATE_LIMIT),
        (delayed("301s"), About.QUOTA),
        (error("Quota exceeded for metric: m, limit: 0", code=429), About.QUOTA),
        (error("Quota exceeded for metric: m, limit: 10", code=429), About.RATE_LIMIT),
    ],
)
def test_a_throttle_and_a_used_up_quota(body: Json, about: About) -> None:
    found = verdict(body, 429)
    assert (found.status, found.about, found.retryable) == (429, about, about is About.RATE_LIMIT)


# -- whatever comes ------------------------------------------------------------------------


@pytest.mark.parametrize("status", range(100, 600))
def test_every_status_has_a_reading(status: int) -> None:
    assert 400 <= verdict(error("m"), status).status <= 599


@pytest.mark.parametrize(
    "kind", [FailureKind.CONNECT, FailureKind.RESET, FailureKind.TIMEOUT, FailureKind.PROTOCOL]
)
def test_faults_of_the_transport_are_cores(kind: FailureKind) -> None:
    assert plugin.proxy_classify_error(UpstreamFailure(kind=kind), target()) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["error", "code", "status", "message", "details", "violations", "quotaId",
                         "retryDelay", "reason"]), inner, max_size=5
    ),
)  # fmt: skip


@pytest.mark.proof
@given(st.binary(max_size=80) | JSON, st.integers(100, 599))
def test_any_body_is_read(body: Any, status: int) -> None:
    verdict(body, status)
