"""Where a plugin may send a request, and with which headers."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core import hookimpl
from proxy_core.contract import CountCall, Target, UpstreamRequest
from proxy_core.ledger import Ledger
from proxy_core.plugins import PluginFault, Plugins
from proxy_core.plugins.checks import path_fault
from tests.plugins_loader.objects import Complete, card
from tests.plugins_loader.programmable import REQUEST, TARGET, UPSTREAM, fault, result


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/chat", "/v1/models/a%2Fb:generate", "/chat?a=http://x//y/../z", "/a.b/..c/d.."),
        "/openai/deployments/gpt/chat/completions?api-version=2025-04-01",
    ],
)
def test_paths_below_the_address_are_fine(path: str) -> None:
    assert path_fault(path) is None
    assert result("proxy_translate_request", msgspec.structs.replace(UPSTREAM, path=path))


@pytest.mark.parametrize(
    "path",
    [
        *("", "chat", "https://evil.example/", "//evil.example/", "/a//b", "?a=b", "@evil.example"),
        *("/../x", "/a/../b", "/a/..", "/./a", "/a/%2e%2e/b", "/a/.%2E/b", "/%2e/a"),
        *("/a/..%2fb", "/a%2f..%2fb", "/..?x", "/a/..%5cb", "/a\\b", "/%5cevil", "/a%5C..%5Cb"),
        *("/a b", "/a\r\nhost: evil", "/a\n", "/a\x00", "/a#b", "/é", "/a\u2028b", "/a?b#c"),
        "/a?b\r\nc",
    ],
)
def test_paths_that_leave_the_address_are_refused(path: str) -> None:
    assert path_fault(path) is not None
    bad = msgspec.structs.replace(UPSTREAM, path=path)
    assert "path" in str(fault("proxy_translate_request", bad))
    assert "path" in str(fault("proxy_count_tokens", CountCall(bad, len)))


@given(st.text(st.sampled_from("/.%2eE5cCfF\\?#@: \r\nab"), max_size=12))
def test_an_accepted_path_is_below_whatever_decodes_it(path: str) -> None:
    if path_fault(path) is not None:
        return
    place = path.partition("?")[0]
    assert place.startswith("/")
    depth = 0
    for segment in place.replace("%2f", "/").replace("%2F", "/").split("/"):
        step = segment.replace("%2e", ".").replace("%2E", ".")
        depth += -1 if step == ".." else bool(step)
        assert depth >= 0
        assert step not in (".", "..")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        *((pair, "carries secrets") for pair in (("Authorization", "x"), ("x-api-key", "x"))),
        *((pair, "carries secrets") for pair in (("Cookie", "x"), ("X-Goog-Api-Key", "x"))),
        *((pair, "HTTP client") for pair in (("Host", "x"), ("content-length", "1"))),
        *((pair, "HTTP client") for pair in (("Transfer-Encoding", "x"), ("connection", "x"))),
        (("x bad", "x"), "no header name"),
        (("x-a\r\nx-b", "x"), "no header name"),
        (("", "x"), "no header name"),
        (("x-a", "1\r\nx-b: 2"), "no header value"),
        (("x-a", "1\x00"), "no header value"),
        (("x-a", " 1"), "no header value"),
        (("x-a", "é"), "no header value"),
    ],
)
def test_headers_that_must_not_leave_are_refused(header: tuple[str, str], expected: str) -> None:
    bad = msgspec.structs.replace(UPSTREAM, headers=(header,))
    assert expected in str(fault("proxy_translate_request", bad))


def test_the_key_header_of_the_card_is_cores_own() -> None:
    special = card(key_header="X-Acme-Token")

    class Eager(Complete):
        @hookimpl
        def proxy_translate_request(self, target: Target) -> UpstreamRequest:  # type: ignore[override]
            headers = (("x-acme-token", "mine"),)
            return UpstreamRequest(
                target=target, path="/chat", body=b"", stream=False, headers=headers
            )

    bound = Plugins.of({"acme": Eager(special)}).providers[0]
    target = msgspec.structs.replace(TARGET, provider=special)
    with pytest.raises(PluginFault, match=r"x-acme-token carries secrets"):
        bound.translate_request(REQUEST, target, Ledger())


def test_ordinary_headers_pass() -> None:
    headers = (("content-type", "application/json"), ("x-empty", ""), ("accept", "a, b\tc"))
    fine = msgspec.structs.replace(UPSTREAM, headers=headers)
    assert result("proxy_translate_request", fine) is fine


@pytest.mark.parametrize(
    "change",
    [
        *({"body": "text"}, {"path": 3}, {"path": None}, {"stream": "yes"}, {"headers": None}),
        *({"headers": (("a",),)}, {"headers": (("a", 1),)}, {"method": "DELETE"}, {"method": None}),
        {"target": msgspec.structs.replace(TARGET, model="other")},
        {"target": msgspec.structs.replace(TARGET, provider=card("other"))},
    ],
)
def test_a_malformed_request_is_the_plugins_fault(change: dict[str, Any]) -> None:
    fault("proxy_translate_request", msgspec.structs.replace(UPSTREAM, **change))
