"""Events as bytes: one line each, whatever stands in them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic import events
from proxy_core.anthropic.events import mend_surrogates, one_line, quote
from proxy_core.contract import Usage
from proxy_core.testing.lifecycle import parse_events

ANY_TEXT = st.text(st.characters()) | st.text(
    st.sampled_from(
        ["\u2028", "\u2029", "\x85", "\ud83d", "\ude00", "\\", '"', "\r", "\n", "Â", "â"]
    )
)


@pytest.mark.proof
@given(ANY_TEXT)
def test_any_text_is_quoted_on_one_line(text: str) -> None:
    quoted = quote(text)
    line = quoted.decode()
    assert len(line.splitlines()) == 1
    assert json.loads(line) == mend_surrogates(text)


@pytest.mark.proof
@given(ANY_TEXT)
def test_mended_text_can_be_encoded(text: str) -> None:
    mended = mend_surrogates(text)
    mended.encode()
    assert mend_surrogates(mended) == mended
    try:
        text.encode()
    except UnicodeEncodeError:
        assert mended != text
    else:
        assert mended == text


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("\ud83d\ude00", "😀"),
        ("a\ud83db", "a\ufffdb"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\ud83d\ud83d\ude00", "\ufffd😀"),
        ("", ""),
    ],
)
def test_surrogates(text: str, mended: str) -> None:
    assert mend_surrogates(text) == mended


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a", b'"a"'),
        ("é", '"é"'.encode()),
        ("\u2028\u2029\x85", b'"\\u2028\\u2029\\u0085"'),
        ("Å\x85Â", '"Å\\u0085Â"'.encode()),
        ("\n\r", b'"\\n\\r"'),
    ],
)
def test_quote(text: str, quoted: bytes) -> None:
    assert quote(text) == quoted


def test_one_line_keeps_members() -> None:
    assert one_line({"a": ["\u2028", 1]}) == b'{"a":["\\u2028",1]}'


def test_every_event_is_named_and_whole() -> None:
    stop = '"\u2028\n'
    usage = Usage(input_tokens=1, output_tokens=2, thinking_tokens=0)
    data = b"".join(
        [
            events.PING,
            events.message_start("msg_1", "m\u2028", usage),
            events.content_block_start(0, {"type": "tool_use", "name": "\x85"}),
            events.content_block_delta(0, b"text_delta", b"text", stop),
            events.content_block_stop(0),
            events.message_delta("end_turn", stop, usage),
            events.MESSAGE_STOP,
            events.error("api_error", stop, "req_1"),
            events.error("api_error", stop, None),
        ]
    )
    ping, start, block, delta, block_stop, end, message_stop, error, bare_error = parse_events(data)
    counted = {
        "input_tokens": 1,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 2,
        "output_tokens_details": {"thinking_tokens": 0},
    }
    assert ping == {"type": "ping"}
    assert start["message"]["model"] == "m\u2028"
    assert start["message"]["usage"] == counted
    assert block["content_block"] == {"type": "tool_use", "name": "\x85"}
    assert delta["delta"] == {"type": "text_delta", "text": stop}
    assert block_stop == {"type": "content_block_stop", "index": 0}
    assert end["delta"] == {"stop_reason": "end_turn", "stop_sequence": stop}
    assert end["usage"] == counted
    assert message_stop == {"type": "message_stop"}
    assert error["request_id"] == "req_1"
    assert bare_error == {"type": "error", "error": {"type": "api_error", "message": stop}}
