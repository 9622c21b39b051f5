"""Response headers: limits, retries, targets and losses."""

import re
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.contract import About, ErrorVerdict, ModelFacts, Provider, Target
from proxy_core.headers import SECRET, of_client
from proxy_core.ledger import Ledger, LossKind, Reason
from proxy_core.server.headers import answer_headers, error_headers, rate_limits


def target(model: str = "m") -> Target:
    provider = Provider(name="acme", base_url="https://acme.test/v1")
    return Target(provider=provider, model=model, facts=ModelFacts(pattern=model))


def verdict(about: About = About.UPSTREAM, retry_after: float | None = None) -> ErrorVerdict:
    return ErrorVerdict(
        status=429, type="rate_limit_error", message="x", about=about, retry_after=retry_after
    )


def test_an_answer_tells_who_answered_and_what_was_lost() -> None:
    ledger = Ledger()
    assert answer_headers(target(), [], ledger, {}) == [("x-proxy-target", "acme/m")]
    ledger.note("/top_k", LossKind.DROPPED, Reason.NO_EQUIVALENT)
    ledger.note("/speed", LossKind.DROPPED, Reason.CACHE_HINT)
    assert answer_headers(target(), ["a/b=api_error", "c/d=api_error"], ledger, {})[1:] == [
        ("x-proxy-fallback", "a/b=api_error, c/d=api_error"),
        ("x-proxy-losses", "2; cache_hint,no_equivalent"),
    ]


@given(st.text())
def test_no_model_name_can_split_a_header(name: str) -> None:
    for _, value in answer_headers(target(name), [name], Ledger(), {}):
        assert re.fullmatch(r"[ -~]*", value)


@pytest.mark.parametrize(
    ("about", "wait", "expected"),
    [
        (About.RATE_LIMIT, None, []),
        (About.RATE_LIMIT, 0.2, [("retry-after", "1")]),
        (About.RATE_LIMIT, 60.0, [("retry-after", "60")]),
        (About.RATE_LIMIT, 61.0, [("retry-after", "61"), ("x-should-retry", "false")]),
        (About.RATE_LIMIT, float("inf"), [("x-should-retry", "false")]),
        (About.RATE_LIMIT, float("nan"), [("x-should-retry", "false")]),
        (About.RATE_LIMIT, -1.0, []),
        (About.KEY, None, [("x-should-retry", "false")]),
        (About.QUOTA, None, [("x-should-retry", "false")]),
        (About.OVERLOADED, None, []),
    ],
)
def test_an_error_tells_whether_and_when_to_try_again(
    about: About, wait: float | None, expected: list[tuple[str, str]]
) -> None:
    assert error_headers(verdict(about, wait)) == expected


def test_rate_limits_get_anthropic_names() -> None:
    told = {
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-tokens": "149984",
        "x-ratelimit-limit-tokens": "many",
        "anthropic-ratelimit-tokens-limit": "7",
        "x-request-id": "req_1",
        "set-cookie": "a=b",
    }
    assert rate_limits(told) == [
        ("anthropic-ratelimit-requests-limit", "500"),
        ("anthropic-ratelimit-tokens-remaining", "149984"),
        ("anthropic-ratelimit-tokens-limit", "7"),
    ]


@pytest.mark.parametrize(
    ("duration", "wait"),
    [
        ("6m0s", timedelta(minutes=6)),
        ("1.57s", timedelta(seconds=1.57)),
        ("20ms", timedelta(milliseconds=20)),
        ("1h30m", timedelta(hours=1.5)),
        ("2m59.56s", timedelta(minutes=2, seconds=59.56)),
    ],
)
def test_a_reset_becomes_a_moment(duration: str, wait: timedelta) -> None:
    before = datetime.now(UTC)
    [(name, moment)] = rate_limits({"x-ratelimit-reset-requests": duration})
    assert name == "anthropic-ratelimit-requests-reset"
    told = datetime.fromisoformat(moment)
    assert before + wait - timedelta(seconds=1) <= told <= datetime.now(UTC) + wait


@pytest.mark.parametrize("duration", ["", "soon", "-5s", "9" * 30 + "h", "1e9s", "5"])
def test_a_reset_that_cannot_be_read_is_left_out(duration: str) -> None:
    assert rate_limits({"x-ratelimit-reset-requests": duration}) == []


@given(st.text(), st.sampled_from(["limit-requests", "remaining-tokens", "reset-tokens"]))
def test_whatever_an_upstream_counts_in_is_a_header(value: str, what: str) -> None:
    for named in (f"x-ratelimit-{what}", f"anthropic-ratelimit-{what}"):
        for _, told in rate_limits({named: value}):
            assert re.fullmatch(r"[ -~]*", told)


@pytest.mark.parametrize("digits", ["\u0663", "\xb2", "\uff15"])
def test_digits_of_other_scripts_are_no_count(digits: str) -> None:
    assert rate_limits({"x-ratelimit-limit-requests": digits}) == []
    assert rate_limits({"x-ratelimit-reset-requests": f"{digits}s"}) == []


def test_of_an_answer_that_is_passed_on_all_telling_headers_stay() -> None:
    upstream = {"request-id": "req_1", "x-ratelimit-limit-requests": "5"}
    told = dict(answer_headers(target(), [], Ledger(), upstream, relayed=True))
    assert told == {"x-proxy-target": "acme/m", **upstream}
    error = msgspec.structs.replace(verdict(About.KEY, 9.0), headers=(("retry-after", "1\udcff"),))
    assert error_headers(error) == [("retry-after", "1\\udcff")]


def test_of_a_clients_headers_a_plugin_sees_what_it_is_and_no_credential() -> None:
    sent = [
        (b"Anthropic-Beta", b"a-1"),
        (b"anthropic-beta", b"b-2"),
        (b"anthropic-version", b"2023-06-01"),
        (b"user-agent", b"claude-cli"),
        (b"x-stainless-os", "Größe".encode()),
        *((name.encode(), b"secret") for name in SECRET),
        (b"accept", b"*/*"),
        (b"x-forwarded-for", b"10.0.0.1"),
    ]
    assert of_client(sent) == {
        "anthropic-beta": "a-1, b-2",
        "anthropic-version": "2023-06-01",
        "user-agent": "claude-cli",
    }
