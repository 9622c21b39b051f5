"""Reading hostile requests, and bytes that are none."""

from __future__ import annotations

import json
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from proxy_core.anthropic.content import Block
from proxy_core.anthropic.request import InvalidRequest, MessagesRequest, parse
from proxy_core.anthropic.rules import check_messages
from tests.support.anthropic_requests import DOCUMENTED
from tests.support.hostile_bodies import HOSTILE, ODD_BUT_LEGAL, raw_body


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(HOSTILE[name])
    words = str(refusal.value)
    assert 0 < len(words) < 500
    assert words.isprintable()


@pytest.mark.parametrize("name", ODD_BUT_LEGAL)
def test_odd_bodies_are_read(name: str) -> None:
    request = parse(ODD_BUT_LEGAL[name])
    assert request.model == "m"
    assert request.body == ODD_BUT_LEGAL[name]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (raw_body(messages=b'[{"role":"user"}]'), "messages.0.content: Field required"),
        (
            raw_body(messages=b'[{"role":"user","content":[{"type":"text","text":1}]}]'),
            "messages.0.content.0.text: Expected `str`, got `int`",
        ),
        (raw_body(max_tokens=b'"x"'), "max_tokens: Expected `int | null`, got `str`"),
        (b'{"messages":[]}', "model: Field required"),
        (b"[]", "The request body is not a request: Expected `object`, got `array`."),
        (raw_body()[:-1], "The request body is not valid JSON: Input data was truncated."),
        (b'{"a":' * 9999, "The request body is nested too deeply."),
        (b'"\xff"', "The request body is not valid UTF-8 at byte 1."),
        (raw_body(tools=b'[{"name":"f"},{"name":2}]'), "tools.1.name: Expected `str`, got `int`"),
    ],
)
def test_the_words_name_the_place(body: bytes, words: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(body)
    assert str(refusal.value) == words


def test_no_words_of_the_client_are_repeated() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(raw_body(messages=b'[{"role":"user","content":"secret plan","clear_at":1}]'))
    assert "secret" not in str(refusal.value)


PIECES = st.sampled_from(
    [r"\ud83d", r"\uDE00", r"\u0041", r"\n", r"\\", r"\ud8", r"\u", "\\", "x", "é", "\x00", '"']
)


@pytest.mark.proof
@given(st.lists(PIECES, max_size=6).map("".join))
def test_strings_that_are_skipped_are_checked_like_those_that_are_read(text: str) -> None:
    string = f'"{text}"'.encode()
    try:
        msgspec.json.decode(b"[%b]" % string)
    except msgspec.DecodeError:
        for body in (raw_body(unheard=string), raw_body(tools=b'[{"input_schema":%b}]' % string)):
            with pytest.raises(InvalidRequest):
                parse(body)
    else:
        assert bytes(parse(raw_body(unheard=string)).unknown["/unheard"]) == string


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["model", "messages", "role", "content", "type", "text", "tools", "name", "system",
             "input", "source", "thinking", "tool_use_id", "id"]
        )
        | st.text(max_size=3),
        inner | st.sampled_from(["user", "text", "tool_result", "tool_use", "image", "thinking"]),
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.proof
@given(JSON | st.fixed_dictionaries({"model": st.just("m"), "messages": st.lists(JSON)}))
def test_any_json_is_a_request_or_refused(value: Any) -> None:
    accept_or_refuse(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    accept_or_refuse(json.dumps(value).encode())


@pytest.mark.proof
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_request_or_refused(body: bytes) -> None:
    accept_or_refuse(body)


@pytest.mark.proof
@given(st.sampled_from([path.read_bytes() for path in DOCUMENTED]), st.data())
def test_any_damage_to_a_request_is_accepted_or_refused(body: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 20)))
    accept_or_refuse(body[:start] + data.draw(st.binary(max_size=4)) + body[end:])


def accept_or_refuse(body: bytes) -> None:
    try:
        request = parse(body)
        check_messages(request)
    except InvalidRequest:
        return
    for name, kind in get_type_hints(MessagesRequest).items():
        if name != "messages" and kind is not Raw:
            msgspec.convert(getattr(request, name), kind)  # raises where the type is not kept
    for message in request.messages:
        assert all(isinstance(block, Block) for block in message.content)
