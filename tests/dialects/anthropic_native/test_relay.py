"""Answers passed on: the bytes that came, but for the model's name and the seals."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.carrier import unseal
from proxy_core.contract import ProtocolError
from proxy_core.ledger import Ledger
from proxy_core.sse import decoder
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.support.anthropic_streams import (
    STREAMS,
    as_sse,
    expected_message,
    sdk_message,
    stream_fixture,
)
from tests.support.native import (
    ASKED,
    MODEL,
    Acme,
    Json,
    event_writer,
    message_writer,
    upstream,
)
from tests.support.relayed import END, SEALING, TEXT, block, relayed, renamed, start

# -- byte for byte -----------------------------------------------------------------------------

TEXTS = st.text() | st.sampled_from([MODEL, '"', "\n", "data: x", "\u2028\r\n"])
ANY = st.recursive(
    st.none() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
KINDS = st.sampled_from(["text", "thinking", "tool_use", "server_tool_use", "of_tomorrow"])
DELTAS = st.fixed_dictionaries(
    {"type": st.sampled_from(["text_delta", "signature_delta", "of_tomorrow_delta"])},
    optional={"text": TEXTS, "signature": TEXTS, "anything": ANY},
)
LINE_ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Legal streams in any layout, with comments, pings and events nobody knows in between."""
    events = [start(extra=draw(ANY))]
    for index in range(draw(st.integers(0, 3))):
        content = {"type": draw(KINDS), "anything": draw(ANY)}
        events += block(index, content, *draw(st.lists(DELTAS, max_size=3)))
    events += END
    end = draw(LINE_ENDS)
    frames = []
    for event in events:
        noise = draw(st.sampled_from([b"", b": waiting", b"event: ping", b'data: {"type":"new"}']))
        layout: dict[str, Any] = draw(
            st.sampled_from([{"separators": (",", ":")}, {}, {"ensure_ascii": False}])
        )
        data = json.dumps(event, **layout).encode(errors="replace")
        frames += [noise + end + end] if noise else []
        frames.append(b"event: %b%bdata: %b%b%b" % (event["type"].encode(), end, data, end, end))
    return b"".join(frames)


@pytest.mark.proof
@given(streams(), st.data())
def test_any_stream_differs_in_its_model_alone(data: bytes, chance: st.DataObject) -> None:
    places = st.lists(st.integers(0, len(data)), max_size=6).map(sorted)
    got, writer = relayed(data, cuts=tuple(chance.draw(places)))
    assert got == renamed(data)
    assert writer.done
    assert writer.failure is None


@pytest.mark.parametrize("name", STREAMS)
def test_the_documented_streams_mean_the_same_to_the_official_sdk(name: str) -> None:
    data = as_sse(stream_fixture(name))
    got, writer = relayed(data)
    if expected_message(name) is None:
        assert writer.failure is not None
        assert parse_events(got)[-1]["type"] == "error"
        return
    assert sdk_message(got) == {**sdk_message(data), "model": ASKED}


@pytest.mark.proof
@given(st.dictionaries(TEXTS, ANY, max_size=4), st.lists(ANY, max_size=3), st.data())
def test_any_whole_answer_differs_in_its_model_alone(
    extra: Json, content: list[Any], chance: st.DataObject
) -> None:
    blocks = [{"type": "of_tomorrow", "anything": one} for one in content]
    fields = {**start()["message"], "content": blocks, "stop_reason": "end_turn"}
    fields = {**extra, **fields}
    order = chance.draw(st.permutations(list(fields)))
    said = {name: fields[name] for name in order}
    body = json.dumps(said, indent=chance.draw(st.sampled_from([None, 1]))).encode()
    writer, sink = message_writer()
    Acme().proxy_translate_response(upstream(), body, writer, Ledger())
    writer.end()
    assert (
        sink.json()
        == json.dumps({**said, "model": ASKED}, indent=1 if b"\n" in body else None).encode()
    )
    assert writer.failure is None


@pytest.mark.parametrize("odd", [False, 0, 1.5, [], ["END"], {"text": "END"}])
def test_a_stop_sequence_that_is_no_text_names_none(odd: Any) -> None:
    delta = {"stop_reason": "end_turn", "stop_sequence": odd}
    end = [{**END[0], "delta": delta}, END[1]]
    told, writer = relayed(as_sse([start(stop_sequence=odd), *TEXT, *end]))
    assert told == renamed(as_sse([start(), *TEXT, *END]))
    assert writer.failure is None
    whole = {**start()["message"], "stop_reason": "end_turn"}
    answer, sink = message_writer()
    body = json.dumps({**whole, "stop_sequence": odd}).encode()
    Acme().proxy_translate_response(upstream(), body, answer, Ledger())
    answer.end()
    assert json.loads(sink.json()) == {**whole, "model": ASKED}


# -- what the relay says of the answer ---------------------------------------------------------


def test_usage_and_stop_reason_are_on_record() -> None:
    _, writer = relayed(as_sse([start(), *TEXT, *END]))
    assert writer.stop_reason == "end_turn"
    usage = writer.final_usage
    assert (usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens) == (7, 5, 3)


def test_an_answer_waits_for_its_content_so_that_a_failure_keeps_its_status() -> None:
    opening = as_sse([start(), {"type": "ping"}])
    got, writer = relayed(opening, close=False)
    assert got == b""
    assert not writer.has_content
    got, writer = relayed(opening + as_sse(TEXT[:1]), close=False)
    assert got == renamed(opening) + as_sse(TEXT[:1])
    assert writer.has_content


def test_the_beginning_that_waits_is_sent_when_the_client_has_waited_long_enough() -> None:
    writer, sink = event_writer()
    reader = Acme().proxy_open_stream(upstream(), writer, Ledger())
    [event] = decoder(keep_bytes=True).feed(as_sse([start()]))
    reader.feed(event)
    writer.begin()
    assert sink.take() == renamed(as_sse([start()]))


def test_a_beginning_that_comes_too_late_is_not_told_twice() -> None:
    writer, sink = event_writer()
    writer.begin()
    reader = Acme().proxy_open_stream(upstream(), writer, Ledger())
    for event in decoder(keep_bytes=True).feed(as_sse([start(), *TEXT, *END])):
        reader.feed(event)
    events = parse_events(sink.take())
    check_events(events)
    assert fold(events)["id"] == "msg_own"


@pytest.mark.parametrize("kept", range(1, 6))
def test_a_cut_stream_is_an_error(kept: int) -> None:
    events = [start(), *TEXT, *END]
    got, writer = relayed(as_sse(events[:kept]))
    assert writer.failure is not None
    told = parse_events(got)
    assert told[-1]["type"] == "error"
    if kept > 1:
        assert got.startswith(renamed(as_sse(events[:kept])))
        check_events(told)


def test_an_error_after_content_is_passed_on_as_it_is() -> None:
    error = {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "Overloaded", "details": {"x": 1}},
        "request_id": "req_upstream",
    }
    data = as_sse([start(), *TEXT[:2], error])
    got, writer = relayed(data)
    assert got == renamed(data)
    assert writer.failure is not None
    assert (writer.failure.status, writer.failure.type) == (529, "overloaded_error")


@pytest.mark.parametrize(
    "error",
    [{"type": "api_error", "message": "key sk-ant-0123456789abcdef0123 is no key"}, None, "busy"],
)
def test_an_error_that_may_not_be_shown_is_told_in_our_words(error: Any) -> None:
    data = as_sse([start(), *TEXT[:2]])
    got, writer = relayed(data + as_sse([{"type": "error", "error": error}]))
    assert got.startswith(renamed(data))
    assert b"sk-ant" not in got
    check_events(parse_events(got))
    assert writer.failure is not None


def test_an_error_before_content_is_told_with_its_own_status() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    got, writer = relayed(as_sse([start(), error]))
    assert writer.failure is not None
    assert not writer.has_content
    assert (writer.failure.status, writer.failure.retryable) == (529, True)
    assert json.loads(writer.failure.body) == error
    assert start()["message"]["id"] not in got.decode()


def test_json_over_several_lines_is_set_in_one() -> None:
    pretty = json.dumps(start(), indent=1).encode().replace(b"\n", b"\ndata: ")
    got, _ = relayed(b"event: message_start\ndata: " + pretty + b"\n\n" + as_sse([*TEXT, *END]))
    events = parse_events(got)
    check_events(events)
    assert fold(events)["model"] == ASKED


@pytest.mark.proof
@given(
    st.lists(
        st.binary(max_size=40) | st.sampled_from([as_sse([one]) for one in [start(), *TEXT, *END]])
    )
)
def test_garbage_raises_nothing_but_protocol_errors(pieces: list[bytes]) -> None:
    with contextlib.suppress(ProtocolError):
        relayed(b"".join(pieces))


@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b"{}", b'{"type":"message"', b'{"type":"message","x":"\xff"}']
)
def test_a_whole_answer_that_is_none(body: bytes) -> None:
    for writer, _ in (message_writer(), event_writer()):
        with pytest.raises(ProtocolError):
            Acme().proxy_translate_response(upstream(), body, writer, Ledger())


# -- seals -------------------------------------------------------------------------------------


def signatures(events: list[Json]) -> list[str]:
    return [
        event["delta"]["signature"]
        for event in events
        if event.get("delta", {}).get("type") == "signature_delta"
    ]


def test_a_vendors_signature_is_sealed_and_nothing_else_changes() -> None:
    thinking = {"type": "thinking", "thinking": "", "signature": ""}
    hm = {"type": "thinking_delta", "thinking": "hm"}
    signed = {"type": "signature_delta", "signature": "the vendor's"}
    data = as_sse([start(), *block(0, thinking, hm, signed), *END])
    got, _ = relayed(data, SEALING)
    [sealed] = signatures(parse_events(got))
    envelope = unseal(sealed)
    assert envelope is not None
    assert envelope.is_from(SEALING)
    assert envelope.state == b"the vendor's"
    assert got.replace(sealed.encode(), b"the vendor's") == renamed(data)


def test_unsigned_thinking_is_signed_so_that_it_comes_home() -> None:
    thinking = {"type": "thinking", "thinking": "", "signature": ""}
    got, _ = relayed(as_sse([start(), *block(0, thinking), *END]), SEALING)
    events = parse_events(got)
    check_events(events)
    envelope = unseal(fold(events)["content"][0]["signature"])
    assert envelope is not None
    assert envelope.state == b""


@pytest.mark.parametrize("signed", [{}, {"signature": ""}, {"signature": None}])
def test_unsigned_thinking_of_a_whole_answer_is_signed_too(signed: Json) -> None:
    thinking = {"type": "thinking", "thinking": "hm", **signed}
    whole = {**start()["message"], "content": [thinking], "stop_reason": "end_turn"}
    writer, sink = message_writer()
    Acme().proxy_translate_response(upstream(SEALING), json.dumps(whole).encode(), writer, Ledger())
    [block] = json.loads(sink.json())["content"]
    assert block["thinking"] == "hm"
    envelope = unseal(block["signature"])
    assert envelope is not None
    assert envelope.is_from(SEALING)


def test_what_comes_signed_or_hidden_from_the_start_is_sealed() -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "early"}
    hidden = {"type": "redacted_thinking", "data": "opaque"}
    got, _ = relayed(as_sse([start(), *block(0, thinking), *block(1, hidden), *END]), SEALING)
    sealed = fold(parse_events(got))["content"]
    whole = {**start()["message"], "content": [thinking, hidden], "stop_reason": "end_turn"}
    writer, sink = message_writer()
    Acme().proxy_translate_response(upstream(SEALING), json.dumps(whole).encode(), writer, Ledger())
    assert json.loads(sink.json())["content"] == sealed
    states = [unseal(one) for one in (sealed[0]["signature"], sealed[1]["data"])]
    assert [one.state if one else None for one in states] == [b"early", b"opaque"]
