"""Passed through byte for byte: anything that is JSON or a stream of events, over real HTTP.

`nox -s proofs` repeats each of these with the big profile.
"""

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic import events
from tests.support.anthropic_streams import FIXTURES, STREAMS, as_sse, stream_fixture
from tests.support.native import ASKED, MODEL
from tests.support.odd_messages import BODIES, CHANCE, MESSAGES, streams
from tests.support.passing import JSON, Mirror, ask, passing
from tests.support.proxy import Proxy
from tests.support.raw_upstream import http_head
from tests.support.servers import Answer, request_bytes, send_raw
from tests.support.spelled_json import TEXTS, UNKNOWN, filled, spelled, string

Json = dict[str, Any]
Mirrored = tuple[Proxy, Mirror]

OWN = json.dumps(MODEL)
CLIENTS = json.dumps(ASKED)


@pytest.fixture(scope="module")
def mirrored() -> Iterator[Mirrored]:
    mirror = Mirror()
    with passing(mirror, max_retries=0, models={"default": f"anthropic/{MODEL}"}) as (proxy, _):
        yield proxy, mirror


QUERIES = st.lists(
    st.from_regex(
        r"[A-Za-z0-9_.~-]{1,8}(=([A-Za-z0-9_.~+,:@/?-]|%[0-9a-fA-F]{2}){0,8})?", fullmatch=True
    ),
    max_size=3,
).map("&".join)
MODELS = st.text().map("mine {}".format)


def post(proxy: Proxy, path: str, body: bytes) -> Answer:
    headers = [("host", f"127.0.0.1:{proxy.port}"), ("content-type", "application/json")]
    return send_raw(proxy.port, request_bytes("POST", path, headers, body))


@pytest.mark.proof
@given(BODIES, MODELS, QUERIES, MESSAGES, CHANCE)
def test_e10_any_body_and_any_answer_arrive_as_they_were_but_for_the_model(
    mirrored: Mirrored, body: Json, model: str, query: str, message: Json, chance: Random
) -> None:
    proxy, mirror = mirrored
    sent, told = spelled({**body, "stream": False}, chance), spelled(message, chance)
    mirror.answer = (JSON + filled(told, OWN),)
    path = f"/v1/messages?{query}" if query else "/v1/messages"
    answer = post(proxy, path, filled(sent, string(model, chance)))
    assert mirror.asked.body == filled(sent, OWN)
    assert mirror.asked.head.startswith(f"POST {path} HTTP/1.1\r\n".encode())
    expected = filled(told, events.quote(model).decode())
    assert (answer.status, answer.body) == (200, expected)


def chunked(data: bytes, places: Sequence[int]) -> list[bytes]:
    """The data cut at these places, each piece an HTTP chunk that is sent by itself."""
    pieces = [data[a:b] for a, b in zip((0, *places), (*places, len(data)), strict=True)]
    return [b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece] + [b"0\r\n\r\n"]


CHUNKED = http_head("200 OK", "content-type: text/event-stream", "transfer-encoding: chunked")


def cuts(data: bytes) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(0, len(data)), max_size=8).map(sorted)


@pytest.mark.proof
@given(streams(), st.data())
def test_any_stream_arrives_as_it_was_but_for_its_model(
    mirrored: Mirrored, story: str, chance: st.DataObject
) -> None:
    proxy, mirror = mirrored
    data = filled(story, OWN)
    mirror.answer = (CHUNKED, *chunked(data, chance.draw(cuts(data))))
    response = ask(proxy)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.content == filled(story, CLIENTS)


@pytest.mark.parametrize("name", STREAMS)
@given(st.data())
def test_every_documented_stream_survives_any_cuts(
    mirrored: Mirrored, name: str, chance: st.DataObject
) -> None:
    proxy, mirror = mirrored
    story = stream_fixture(name)
    data = as_sse(story)
    mirror.answer = (CHUNKED, *chunked(data, chance.draw(cuts(data))))
    response = ask(proxy)
    if response.status_code != 200:  # an error that came together with the beginning
        assert story[-1]["type"] == "error"
        assert response.json() == story[-1]
        return
    asked = json.dumps(story[0]["message"]["model"]).encode()
    assert response.content == data.replace(asked, CLIENTS.encode(), 1)


RESPONSES = json.loads((FIXTURES / "m01_responses.json").read_text())


@pytest.mark.parametrize("name", RESPONSES)
def test_every_documented_answer_arrives_as_it_was(mirrored: Mirrored, name: str) -> None:
    proxy, mirror = mirrored
    mirror.answer = (JSON + json.dumps(RESPONSES[name]).encode(),)
    expected = json.dumps({**RESPONSES[name], "model": ASKED}).encode()
    assert ask(proxy, stream=False).content == expected


# -- errors ------------------------------------------------------------------------------------

TELLING = {
    "request-id": st.from_regex(r"req_[A-Za-z0-9]{1,20}", fullmatch=True),
    "retry-after": st.integers(0, 10**6).map(str),
    "retry-after-ms": st.integers(0, 10**6).map(str),
    "x-should-retry": st.sampled_from(["true", "false"]),
    "anthropic-organization-id": st.uuids().map(str),
    "anthropic-ratelimit-requests-remaining": st.integers(0, 10**6).map(str),
    "anthropic-ratelimit-input-tokens-reset": st.datetimes().map(lambda when: f"{when:%FT%TZ}"),
    "anthropic-ratelimit-unified-status": st.sampled_from(["allowed", "rejected"]),
}
WORDS = TEXTS.filter(lambda text: "sk-" not in text)
ERRORS = st.builds(
    lambda kind, words, more: {"type": "error", "error": {"type": kind, "message": words}, **more},
    st.sampled_from(["invalid_request_error", "overloaded_error", "of_tomorrow_error"]),
    WORDS,
    UNKNOWN,
)


@pytest.mark.proof
@given(
    # The key is the proxy's: one that is refused is told in its own words (`test_wording`).
    st.integers(400, 599).filter(lambda status: status != 401),
    ERRORS,
    st.fixed_dictionaries({}, optional=TELLING),
    st.booleans(),
    CHANCE,
)
def test_e9_any_error_arrives_with_its_status_and_headers(
    mirrored: Mirrored, status: int, error: Json, told: Json, stream: bool, chance: Random
) -> None:
    proxy, mirror = mirrored
    body = spelled(error, chance).encode()
    lines = [f"{name}: {value}" for name, value in told.items()]
    mirror.answer = (http_head(f"{status} Error", "content-type: application/json", *lines) + body,)
    response = ask(proxy, stream=stream)
    assert (response.status_code, response.content) == (status, body)
    assert {name: response.headers[name] for name in told} == told
    added = {name for name in TELLING if name in response.headers} - set(told)
    assert added <= {"request-id", "x-should-retry"}
    # Where the account was refused, and is the proxy's.
    assert "x-should-retry" not in added or status in (402, 403, 412, 451)


DOCUMENTED = json.loads((FIXTURES / "e01_errors.json").read_text())


@pytest.mark.parametrize("case", DOCUMENTED, ids=lambda case: str(case["status"]))
@pytest.mark.parametrize("stream", [False, True])
def test_every_documented_error_arrives_as_it_was_but_for_our_key(
    mirrored: Mirrored, case: Json, stream: bool
) -> None:
    proxy, mirror = mirrored
    body = json.dumps(case["body"]).encode()
    lines = [f"{name}: {value}" for name, value in case["headers"].items()]
    mirror.answer = (http_head(f"{case['status']} Error", *lines) + body,)
    response = ask(proxy, stream=stream)
    assert response.status_code == case["status"]
    if case["status"] == 401:  # the key is the proxy's: only its owner can do something
        assert response.json()["error"]["type"] == "authentication_error"
        assert "PASSTHROUGH_API_KEY" in response.json()["error"]["message"]
        assert response.headers["x-should-retry"] == "false"
        return
    assert response.content == body
    assert {name: response.headers[name] for name in case["headers"]} == case["headers"]
