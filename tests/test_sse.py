"""Server-sent events from bytes: any cut, any line end, within bounds."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from proxy_core.contract import ProtocolError, SseEvent
from proxy_core.sse import ByteKeepingDecoder, SseDecoder, decoder

LINE_ENDS = (b"\n", b"\r\n", b"\r")
line_ends = st.sampled_from(LINE_ENDS)
values = st.text(
    st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), min_size=1
).filter(lambda text: not text.startswith(" "))
names = st.sampled_from(["", "message", "error", "content_block_delta"])
events = st.lists(st.tuples(names, st.lists(values, min_size=1, max_size=3)), max_size=5)


def decode(*chunks: bytes, limit: int = 1 << 20) -> list[SseEvent]:
    decoder = SseDecoder(limit)
    return [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.flush()


def write(told: list[tuple[str, list[str]]], end: bytes, noise: bytes) -> bytes:
    """The events on the wire, with a comment and fields that say nothing between them."""
    lines = []
    for name, data in told:
        lines += [b": keep-alive " + noise, b"id: 7", b"retry: 3000"]
        lines += [b"event:" + name.encode()] if name else []
        lines += [b"data: " + value.encode() for value in data]
        lines += [b"", b""]
    return b"".join(line + end for line in lines)


@given(events, line_ends, st.binary(max_size=5), st.data())
def test_any_cut_gives_the_same_events(
    told: list[tuple[str, list[str]]], end: bytes, noise: bytes, data: st.DataObject
) -> None:
    wire = write(told, end, noise.replace(b"\r", b"").replace(b"\n", b""))
    cuts = data.draw(st.lists(st.integers(0, len(wire)), max_size=8).map(sorted))
    chunks = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    expected = [SseEvent(name, "\n".join(value).encode()) for name, value in told]
    assert decode(*chunks) == expected
    assert decode(*(wire[i : i + 1] for i in range(len(wire)))) == expected


@pytest.mark.parametrize(
    ("wire", "data"),
    [
        (b"data: a\n\n", [b"a"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data\n\ndata: a\n\n", [b"a"]),
        (b"data:\n\n", []),
        (b"\n\n\r\r\n", []),
        (b": only a comment\n\n", []),
        (b"data: [DONE]", [b"[DONE]"]),
        (b"data: [DONE]\r", [b"[DONE]"]),
        ("data: a\u2028b\u0085c\x0b\x0cd\n\n".encode(), ["a\u2028b\u0085c\x0b\x0cd".encode()]),
        (b"event: x\n\ndata: a\n\n", [b"a"]),
        (b"\0data: a\ndata: b\n\n", [b"b"]),
        (b"data: a\n{b}\n\n", [b"a"]),
        (b"[DONE]\n\n", []),
    ],
)
def test_lines_mean_what_the_standard_says(wire: bytes, data: list[bytes]) -> None:
    assert [event.data for event in decode(wire)] == data


@pytest.mark.parametrize("end", LINE_ENDS)
@pytest.mark.parametrize(
    "body", [b'{"error": {}}', b'{\n  "error": {\n    "code": 503\n  }\n}', b"{"]
)
def test_a_body_that_stands_bare_in_a_stream_is_data(body: bytes, end: bytes) -> None:
    wire = b"data: a\n\n" + body
    told = [SseEvent("", b"a"), SseEvent("", body)]
    for rest in (b"", b"\n", b"\n\n"):
        assert decode((wire + rest).replace(b"\n", end)) == told
    pieces = (wire.replace(b"\n", end), end, end, b"data: b")
    assert decode(*pieces) == [*told, SseEvent("", b"b")]


def test_the_name_of_an_event_without_data_is_forgotten() -> None:
    assert decode(b"event: x\n\ndata: a\n\n") == [SseEvent("", b"a")]


@pytest.mark.parametrize(
    "piece",
    [b"data: " + b"x" * 100, b"x" * 100, b"data: x\n" * 20, b"data\n" * 20, b": comment " * 20],
    ids=["one long line", "no field", "many data lines", "no data", "a comment without an end"],
)
def test_an_event_is_bounded(piece: bytes) -> None:
    with pytest.raises(ProtocolError, match="larger than 1000 bytes"):
        decode(*[piece] * 1000, limit=1000)


def test_the_bound_is_for_one_event_and_not_for_the_stream() -> None:
    event = b": a comment\ndata: " + b"x" * 900 + b"\n\n"
    wire = event * 50
    assert len(decode(wire, limit=1000)) == 50
    assert len(decode(*(wire[i : i + 7] for i in range(0, len(wire), 7)), limit=1000)) == 50


@given(st.binary(max_size=200))
def test_any_bytes_are_events_or_a_protocol_error(wire: bytes) -> None:
    decode(wire, limit=50) if len(wire) < 50 else decode(wire)


fields = st.sampled_from([b"data: a", b"data", b"event: x", b": c", b"", b""])


@given(st.lists(st.tuples(fields, line_ends)))
@example([(b"data: a", b"\r\n"), (b"", b"\n"), (b"data: b", b"\r\n"), (b"", b"\n")])
def test_line_ends_may_change_from_line_to_line(lines: list[tuple[bytes, bytes]]) -> None:
    wire = b"".join(line + end for line, end in lines)
    expected = decode(re.sub(b"\r\n|\r", b"\n", wire))
    assert decode(*(wire[i : i + 1] for i in range(len(wire)))) == expected


# -- for answers that are passed on --------------------------------------------------------------


def keep(*chunks: bytes, limit: int = 1 << 20) -> list[SseEvent]:
    decoder = ByteKeepingDecoder(limit)
    return [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.flush()


@given(events, line_ends, st.binary(max_size=5), st.data())
def test_kept_bytes_are_all_bytes_and_the_events_the_same(
    told: list[tuple[str, list[str]]], end: bytes, noise: bytes, data: st.DataObject
) -> None:
    wire = write(told, end, noise)
    places = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    cuts = zip([0, *places], [*places, len(wire)], strict=True)
    kept = keep(*(wire[start:stop] for start, stop in cuts))
    assert b"".join(event.raw for event in kept) in (wire, wire + b"\n\n")
    assert [event._replace(raw=b"") for event in kept if event.data] == decode(wire)


def test_an_event_without_data_is_told_at_once() -> None:
    assert ByteKeepingDecoder().feed(b": waiting\n\n") == [SseEvent("", b"", b": waiting\n\n")]


def test_the_last_event_gets_the_blank_line_it_lacks() -> None:
    assert [event.raw for event in keep(b"data: x")] == [b"data: x\n\n"]
    assert [event.raw for event in keep(b"data: x\r\r")] == [b"data: x\r\r"]


def test_kept_bytes_are_bounded_too() -> None:
    with pytest.raises(ProtocolError):
        keep(b"data: " + b"x" * 100, limit=50)


def test_which_decoder_is_asked_for() -> None:
    assert isinstance(decoder(keep_bytes=True), ByteKeepingDecoder)
    assert isinstance(decoder(keep_bytes=False), SseDecoder)
