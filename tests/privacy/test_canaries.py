"""Canaries where the client names itself: none of them gets out, to no card that ships."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy_core.anthropic.request import MessagesRequest, parse
from proxy_core.contract import CountCall, Unsupported, UpstreamRequest
from proxy_core.headers import of_client
from proxy_core.ledger import Ledger
from proxy_core.testing.strategies.conversations import conversations
from tests.support.claude_code import HEADERS, Json
from tests.support.shipped import Shipped, shipped

THIRD_PARTIES = tuple(one for one in shipped() if one.target.provider.name != "anthropic")
SAID_ALOUD = frozenset({"anthropic-version", "anthropic-beta"})
"""Headers that name no one; the first is passed on, the second to Anthropic alone."""


class Canaries:
    """Hands out words that are in no request by themselves, and remembers them."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def word(self) -> str:
        self.words.append(f"canary{len(self.words):04}")
        return self.words[-1]


@st.composite
def identities(draw: st.DrawFn) -> tuple[Json, dict[str, str], list[str]]:
    """A request that tells of its client in every place there is; its headers; the canaries."""
    canaries = Canaries()
    body: Json = {"model": "m", "max_tokens": 100, "messages": draw(conversations(2))}
    body |= {"system": draw(systems(canaries)), "stream": draw(st.booleans())}
    places: dict[str, Callable[[], Any]] = {
        "metadata": lambda: draw(metadata(canaries)),
        "safeguards": lambda: [{"type": "x", "classifier_context": {"cwd": canaries.word()}}],
        "diagnostics": lambda: {"previous_message_id": canaries.word()},
        "user_profile_id": canaries.word,
        "fallback_credit_token": canaries.word,
        "billing_policy": lambda: {"bill_to": canaries.word()},
        "field_of_tomorrow": lambda: {"device": canaries.word()},
    }
    for name in sorted(draw(st.sets(st.sampled_from(sorted(places))))):
        body[name] = places[name]()
    headers = {
        name: value if name in SAID_ALOUD else canaries.word() for name, value in HEADERS.items()
    }
    return body, headers, canaries.words


@st.composite
def systems(draw: st.DrawFn, canaries: Canaries) -> Any:
    line = f"x-anthropic-billing-header: cc_version={canaries.word()}; cch={canaries.word()};"
    further = draw(st.sampled_from(["", "\n", "\n\nBe good.", "\r\nBe good."]))
    if draw(st.booleans()):
        return line + further
    texts = draw(st.sampled_from([[line + further], [line, "Be good."], ["Be good.", line]]))
    return [{"type": "text", "text": text} for text in texts]


@st.composite
def metadata(draw: st.DrawFn, canaries: Canaries) -> Json:
    packed = {name: canaries.word() for name in ("device_id", "account_uuid", "session_id")}
    user_id = draw(st.sampled_from([canaries.word(), json.dumps(packed), "", None]))
    told: Json = {"user_id": user_id}
    if draw(st.booleans()):
        told["device"] = canaries.word()
    return told


def read(body: Json, headers: dict[str, str]) -> MessagesRequest:
    seen = of_client([(k.encode(), v.encode()) for k, v in headers.items()])
    request = parse(json.dumps(body).encode())
    return msgspec.structs.replace(request, headers=seen, query="beta=true")


def departures(to: Shipped, request: MessagesRequest) -> list[UpstreamRequest]:
    """All that would be sent: the request, and the vendor's count of it where there is one."""
    try:
        found = [to.plugin.proxy_translate_request(request, to.target, Ledger())]
    except Unsupported:
        return []  # a conversation without a word in it
    counting = getattr(to.plugin, "proxy_count_tokens", None)
    counted = counting(request, to.target) if counting is not None else None
    return [*found, counted.request] if isinstance(counted, CountCall) else found


@pytest.mark.proof
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(identities())
def test_no_canary_gets_out(asked: tuple[Json, dict[str, str], list[str]]) -> None:
    body, headers, canaries = asked
    request = read(body, headers)
    for to in THIRD_PARTIES:
        told = {headers["user-agent"], headers["x-app"]} if to.name.startswith("kimi-code") else ()
        for upstream in departures(to, request):
            everything = f"{upstream.path} {upstream.headers} {upstream.body.decode()}"
            escaped = [word for word in canaries if word in everything and word not in told]
            assert escaped == [], (to.name, escaped)
