"""Answers in another form than the client asked for: told to the writer, with the same content."""

import json

import pytest

from proxy_core.anthropic.answering import writer_options
from proxy_core.anthropic.carrier import unseal
from proxy_core.anthropic.message import EventSink
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import Target
from proxy_core.ledger import Ledger, Reason
from proxy_core.sse import decoder
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.support.anthropic_streams import STREAMS, as_sse, expected_message, stream_fixture
from tests.support.native import (
    ASKED,
    Acme,
    Json,
    event_writer,
    message_writer,
    request,
    target,
    translated,
    upstream,
)
from tests.support.relayed import END, SEALING, TEXT, block, relayed, start

THINKING = {"type": "thinking", "thinking": "hm", "signature": "sig"}
HIDDEN = {"type": "redacted_thinking", "data": "opaque"}
CALL = {"type": "tool_use", "id": "t1", "name": "Read", "input": {"path": "/a"}}
CONTENT: list[Json] = [THINKING, HIDDEN, {"type": "text", "text": "Hi."}, CALL]
WHOLE = {**start()["message"], "content": CONTENT, "stop_reason": "tool_use"}


def streamed(whole: Json, to: Target, ledger: Ledger) -> Json:
    """A whole answer, for a client that wants a stream."""
    writer, sink = event_writer()
    Acme().proxy_translate_response(upstream(to), json.dumps(whole).encode(), writer, ledger)
    writer.end()
    events = parse_events(sink.take())
    check_events(events)
    return fold(events)


def gathered(events: list[Json], to: Target, ledger: Ledger) -> Json:
    """A streamed answer, for a client that wants it whole."""
    writer, sink = message_writer()
    reader = Acme().proxy_open_stream(upstream(to), writer, ledger)
    for event in decoder(keep_bytes=True).feed(as_sse(events)):
        reader.feed(event)
    reader.close(complete=True)
    writer.end()
    assert writer.failure is None
    message: Json = json.loads(sink.json())
    return message


def test_a_whole_answer_as_a_stream() -> None:
    ledger = Ledger()
    told = streamed(WHOLE, target(), ledger)
    assert told["content"] == CONTENT
    assert (told["model"], told["stop_reason"]) == (ASKED, "tool_use")
    assert told["usage"]["input_tokens"] == 7
    assert not list(ledger)


def test_a_stream_as_a_whole_answer() -> None:
    call = {**CALL, "input": {}}
    pieces = [{"type": "input_json_delta", "partial_json": one} for one in ('{"path"', ':"/a"}')]
    hm = {"type": "thinking_delta", "thinking": "hm"}
    signed = {"type": "signature_delta", "signature": "sig"}
    events = [
        start(),
        *block(0, {"type": "thinking", "thinking": "", "signature": ""}, hm, signed),
        *block(1, HIDDEN),
        *block(2, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Hi."}),
        *block(3, call, *pieces),
        *END,
    ]
    told = gathered(events, target(), Ledger())
    assert told["content"] == CONTENT
    assert told["stop_reason"] == "tool_use"
    assert told["usage"]["output_tokens"] == 5


def test_a_stop_sequence_that_is_no_text_names_none() -> None:
    odd = {**WHOLE, "stop_sequence": False}
    assert streamed(odd, target(), Ledger())["stop_sequence"] is None
    end = [{**END[0], "delta": {"stop_reason": "end_turn", "stop_sequence": False}}, END[1]]
    assert gathered([start(), *TEXT, *end], target(), Ledger())["stop_sequence"] is None


def test_a_stop_sequence_that_the_server_does_not_take() -> None:
    asked = translated(request(stop_sequences=["a", "END"], stream=True), target(stop_limit=1))
    sink = EventSink()
    writer = MessageWriter(sink, writer_options(request(), asked, "msg_1"))
    reader = Acme().proxy_open_stream(asked, writer, Ledger())
    words = [{"type": "text_delta", "text": text} for text in ("one E", "ND two")]
    for event in decoder(keep_bytes=False).feed(
        as_sse([start(), *block(0, TEXT[0]["content_block"], *words)])
    ):
        reader.feed(event)
    message = fold(parse_events(sink.take()))
    assert message["content"] == [{"type": "text", "text": "one "}]
    assert (message["stop_reason"], message["stop_sequence"]) == ("stop_sequence", "END")


def test_what_the_writer_has_no_word_for_is_noted() -> None:
    search = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    ledger = Ledger()
    told = gathered(
        [start(), *block(0, search), *block(1, TEXT[0]["content_block"]), *END], target(), ledger
    )
    assert told["content"] == []
    assert [(loss.path, loss.reason) for loss in ledger] == [("/content/0", Reason.UNKNOWN_BLOCK)]


def test_a_vendors_signatures_are_sealed_here_too() -> None:
    for told in (
        streamed(WHOLE, SEALING, Ledger()),
        gathered([start(), *block(0, THINKING), *block(1, HIDDEN), *TEXT, *END], SEALING, Ledger()),
    ):
        states = [unseal(told["content"][0]["signature"]), unseal(told["content"][1]["data"])]
        assert [one.state if one else None for one in states] == [b"sig", b"opaque"]


@pytest.mark.parametrize("signed", [{}, {"signature": ""}, {"signature": None}])
def test_thinking_that_its_server_does_not_sign_is_signed_here(signed: Json) -> None:
    thinking: Json = {"type": "thinking", "thinking": "", **signed}
    words = [{"type": "thinking_delta", "thinking": word} for word in ("one ", "two")]
    whole = {**WHOLE, "content": [thinking | {"thinking": "one two"}, CALL]}
    events = [start(), *block(0, thinking, *words), *block(1, {"type": "text", "text": "x"}), *END]
    for told in (streamed(whole, SEALING, Ledger()), gathered(events, SEALING, Ledger())):
        first, second = told["content"]
        assert (first["thinking"], second["type"] != "thinking") == ("one two", True)
        envelope = unseal(first["signature"])
        assert envelope is not None
        assert envelope.is_from(SEALING)


@pytest.mark.parametrize("name", STREAMS)
def test_relayed_or_told_the_failure_is_the_same(name: str) -> None:
    events = stream_fixture(name)
    _, relay = relayed(as_sse(events))
    writer, _ = message_writer()
    reader = Acme().proxy_open_stream(upstream(), writer, Ledger())
    for event in decoder(keep_bytes=True).feed(as_sse(events)):
        reader.feed(event)
    reader.close(complete=True)
    writer.end()
    assert (
        (writer.failure is None) == (relay.failure is None) == (expected_message(name) is not None)
    )


def test_an_error_in_place_of_an_answer() -> None:
    error = b'{"type":"error","error":{"type":"overloaded_error","message":"busy"}}'
    for writer, _ in (event_writer(), message_writer()):
        Acme().proxy_translate_response(upstream(), error, writer, Ledger())
        assert writer.failure is not None
        assert (writer.failure.status, writer.failure.message) == (529, "busy")
