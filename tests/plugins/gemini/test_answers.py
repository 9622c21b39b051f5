"""What an answer becomes, case by case; the fixtures have the usual ones."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.message import EventSink
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.contract import ProtocolError, Repair, SseEvent
from proxy_core.ledger import Ledger
from proxy_gemini import plugin
from proxy_gemini.answers.finish import FAILURES, STOP_REASONS
from proxy_gemini.carried import unpacked
from proxy_gemini.quirks import REPAIR_OF_SIGNATURES
from tests.support.gemini import Json, Told, asked, chunk, cut, sse, target, tell_stream, tell_whole

USAGE = {"promptTokenCount": 10, "candidatesTokenCount": 5}


def text(words: str) -> Json:
    return {"text": words}


def thought(words: str, signature: str = "") -> Json:
    part: Json = {"text": words, "thought": True}
    return {**part, "thoughtSignature": signature} if signature else part


def call(name: str, signature: str = "", **args: Any) -> Json:
    part: Json = {"functionCall": {"name": name, "args": args}}
    return {**part, "thoughtSignature": signature} if signature else part


def both(*parts: Json, finish: str = "STOP", usage: Json | None = None, **options: Any) -> Told:
    """The same answer whole and streamed; both tell the same."""
    body = chunk(*parts, finish=finish, usage=usage or USAGE)
    whole, streamed = (
        tell_whole(json.dumps(body).encode(), **options),
        tell_stream([sse([body])], **options),
    )
    assert whole.failure == streamed.failure
    if whole.failure is None:
        assert (whole.blocks, whole.stop, whole.usage) == (
            streamed.blocks,
            streamed.stop,
            streamed.usage,
        )
    return streamed


# -- why it stopped ------------------------------------------------------------------------


@pytest.mark.parametrize(("reason", "stop"), STOP_REASONS.items())
def test_stop_reasons(reason: str, stop: str) -> None:
    told = both(text("So."), finish=reason)
    assert (told.stop, told.failure) == (stop, None)
    said = f"So.\n\n[gemini refused to answer: {reason}]" if stop == "refusal" else "So."
    assert told.blocks == [["text", said]]


@pytest.mark.parametrize("reason", ["LANGUAGE", "OTHER", "PUP_LIMITED_DISABLED", "OF_TOMORROW"])
def test_other_reasons_end_an_answer_that_there_is(reason: str) -> None:
    assert both(text("So."), finish=reason).stop == "end_turn"


@pytest.mark.parametrize(
    ("reason", "status"), [("OTHER", 502), ("PUP_LIMITED_DISABLED", 403), ("OF_TOMORROW", 502)]
)
def test_and_are_a_failure_without_one(reason: str, status: int) -> None:
    failure = both(finish=reason).failure
    assert failure is not None
    assert failure.status == status
    assert reason in failure.message


@pytest.mark.parametrize("reason", FAILURES)
def test_a_broken_call_is_a_failure_whatever_stands_beside_it(reason: str) -> None:
    failure = both(text("So."), call("Bash"), finish=reason).failure
    assert failure is not None
    assert failure.status == FAILURES[reason][0]
    missing = reason == "MISSING_THOUGHT_SIGNATURE"
    assert failure.repair == (REPAIR_OF_SIGNATURES if missing else Repair())
    assert failure.may_be_billed


@pytest.mark.parametrize(
    ("counts", "billed"),
    [
        (None, False),
        ({"promptTokenCount": 9}, False),
        ({"promptTokenCount": 9, "thoughtsTokenCount": 5}, True),
    ],
)
def test_a_missing_signature_is_billed_once_the_model_has_written(
    counts: Any, billed: bool
) -> None:
    body = chunk(finish="MISSING_THOUGHT_SIGNATURE") | {"usageMetadata": counts}
    failure = tell_stream([sse([body])]).failure
    assert failure is not None
    assert failure.may_be_billed is billed


@pytest.mark.parametrize("reason", [None, "", "BLOCKED_REASON_UNSPECIFIED"])
def test_a_prompt_that_was_not_blocked(reason: str | None) -> None:
    told = tell_stream(
        [sse([{"promptFeedback": {"blockReason": reason}}, chunk(text("So."), finish="STOP")])]
    )
    assert (told.blocks, told.stop) == ([["text", "So."]], "end_turn")


def test_the_first_reason_counts() -> None:
    told = tell_stream([sse([chunk(text("So."), finish="STOP"), chunk(finish="SAFETY")])])
    assert told.stop == "end_turn"


def test_only_the_first_candidate_is_told() -> None:
    body = chunk(text("one"), finish="STOP")
    body["candidates"].insert(0, {"index": 1, "content": {"parts": [text("two")]}})
    assert tell_stream([sse([body])]).blocks == [["text", "one"]]


def test_a_stop_sequence_that_was_not_sent() -> None:
    upstream = asked(stop_sequences=["a", "b", "c", "d", "e", "END"])
    told = tell_stream(
        [sse([chunk(text("one E")), chunk(text("ND two"), finish="STOP")])], upstream
    )
    assert (told.blocks, told.stop, told.stop_sequence) == (
        [["text", "one "]],
        "stop_sequence",
        "END",
    )


# -- calls ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Bash", "Bash"),
        ("bash", "Bash"),
        ("default_api:Bash", "Bash"),
        ("default_api.bash", "Bash"),
        ("default_api:nothing", "default_api:nothing"),
        ("unknown", "unknown"),
    ],
)
def test_names_are_the_clients(told: str, name: str) -> None:
    assert both(call(told)).blocks[-1] == ["tool", name, {}]


def test_a_renamed_tool_gets_its_name_back() -> None:
    upstream = asked()
    (sent,) = [sent for sent, client in upstream.context.tool_names.items() if client == "mcp.x/y"]
    assert sent != "mcp.x/y"
    assert both(call(sent), upstream=upstream).blocks[-1] == ["tool", "mcp.x/y", {}]


def test_arguments_keep_their_values() -> None:
    args: Json = {"a": [1, 2.5, None, True, {"é": '"\\\n'}], "empty": "", "big": 2**60}
    assert both(call("Bash", **args)).blocks[-1][2] == args


def test_ids_that_repeat_are_made_unique() -> None:
    twice = {"functionCall": {"name": "Bash", "id": "same"}}
    ids = [block["id"] for block in both(twice, twice).content]
    assert len(set(ids)) == 2
    assert ids[0] == "same"


@pytest.mark.parametrize(
    "broken",
    [{}, {"args": {"a": 1}}, {"name": ""}, {"name": "Bash", "willContinue": True}],
)
def test_pieces_of_calls_are_never_run(broken: Json) -> None:
    failure = both({"functionCall": broken}).failure
    assert failure is not None
    assert "cannot be read" in failure.message


@pytest.mark.parametrize("args", [[], "x", 3])
def test_arguments_that_are_no_object(args: Any) -> None:
    assert both({"functionCall": {"name": "Bash", "args": args}}).failure is not None


# -- thoughts ------------------------------------------------------------------------------


def carried(block: Json) -> tuple[str, str, str]:
    """Hidden text, signature of the thought and of the call, of a thinking block."""
    found = unpacked(block["signature"], target(), "3")
    assert found is not None
    signatures = found.signatures
    return (found.hidden, *((signatures.thought, signatures.call) if signatures else ("", "")))


def test_a_thought_and_the_signed_call_after_it_share_a_block() -> None:
    told = both(thought("Hm."), call("Bash", "c2ln"))
    assert [block["type"] for block in told.content] == ["thinking", "tool_use"]
    assert carried(told.content[0]) == ("", "", "c2ln")


def test_a_signed_thought_keeps_its_signature() -> None:
    told = both(thought("Hm.", "b3du"), call("Bash", "c2ln"))
    assert [carried(block) for block in told.content[:2]] == [("", "b3du", ""), ("", "", "c2ln")]


def test_text_between_a_thought_and_a_call() -> None:
    told = both(thought("Hm."), text("So."), call("Bash", "c2ln"))
    kinds = [block["type"] for block in told.content]
    assert kinds == ["thinking", "text", "thinking", "tool_use"]
    assert carried(told.content[2]) == ("", "", "c2ln")


def test_a_thought_that_is_not_to_be_seen_travels_hidden() -> None:
    display = {"type": "adaptive", "display": "omitted"}
    told = both(
        thought("Hm."),
        thought(" Yes."),
        call("Bash", "c2ln"),
        upstream=asked(thinking=display),
        thinking=display,
    )
    assert told.blocks[0] == ["thinking", ""]
    assert carried(told.content[0]) == ("Hm. Yes.", "", "c2ln")


def test_no_thoughts_where_none_are_wanted() -> None:
    off = {"type": "disabled"}
    told = both(
        thought("Hm."),
        text("So."),
        call("Bash", "c2ln"),
        upstream=asked(thinking=off),
        thinking=off,
    )
    assert [block[0] for block in told.blocks] == ["text", "tool"]


@pytest.mark.parametrize("signature", ["not base64!", "\ud800", 3, "", None])
def test_what_is_no_signature_is_not_carried(signature: Any) -> None:
    part = {"functionCall": {"name": "Bash"}, "thoughtSignature": signature}
    assert [block[0] for block in both(part).blocks] == ["tool"]


def test_what_no_client_asked_for_is_noted() -> None:
    told = both(text("So."), {"inlineData": {"mimeType": "image/png", "data": "QQ=="}})
    assert told.blocks == [["text", "So."]]
    assert [loss.reason for loss in told.ledger] == ["unknown_block"]


# -- usage ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "usage"),
    [
        ({"promptTokenCount": 10, "candidatesTokenCount": 5}, [10, 0, 5]),
        ({"promptTokenCount": 10, "thoughtsTokenCount": 7}, [10, 0, 7]),
        (
            {
                "promptTokenCount": 100,
                "cachedContentTokenCount": 60,
                "candidatesTokenCount": 5,
                "thoughtsTokenCount": 7,
                "toolUsePromptTokenCount": 9,
            },
            [49, 60, 12],
        ),
        (
            {"promptTokenCount": 5, "cachedContentTokenCount": 9, "candidatesTokenCount": 1},
            [1, 5, 1],
        ),
        ({"promptTokenCount": True, "candidatesTokenCount": 3}, [1, 0, 3]),
    ],
)
def test_usage(metadata: Json, usage: list[int]) -> None:
    """Input of 0 is told as 1, which is the writer's own rule."""
    told = both(text("So."), usage=metadata)
    assert told.usage == usage


def test_counts_that_vanish_or_shrink_are_kept() -> None:
    first = chunk(text("So."), usage={"promptTokenCount": 9, "thoughtsTokenCount": 4})
    last = chunk(finish="STOP", usage={"promptTokenCount": 0, "candidatesTokenCount": 2})
    assert tell_stream([sse([first, last])]).usage == [9, 0, 6]


# -- whatever comes ------------------------------------------------------------------------


def test_half_a_character_at_the_end_of_a_chunk() -> None:
    lines = [json.dumps(chunk(text("\ud83d"))), json.dumps(chunk(text("\ude00"), finish="STOP"))]
    assert tell_stream([sse(lines)]).blocks == [["text", "😀"]]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b"null", b"x", b'{"candidates": 3}', b"[" * 9999]
)
def test_what_is_no_answer_is_told_as_such(body: bytes) -> None:
    assert tell_whole(body).failure is not None


PART = st.fixed_dictionaries(
    {},
    optional={
        "text": st.text(max_size=5) | st.none(),
        "thought": st.booleans() | st.none(),
        "thoughtSignature": st.sampled_from(["c2ln", "", "!", "\ud800"]) | st.none(),
        "functionCall": st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["Bash", "default_api:Read", ""]),
                "args": st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3)),
                "id": st.sampled_from(["a", "b", "", None, 3]),
                "willContinue": st.booleans(),
            },
        ),
        "inlineData": st.just({"mimeType": "image/png"}),
    },
)
CHUNKS = st.lists(
    st.builds(
        lambda parts, finish, counts: chunk(*parts, finish=finish, usage=counts),
        st.lists(PART, max_size=3),
        st.none() | st.sampled_from([*STOP_REASONS, *FAILURES, "OTHER", "NEW"]),
        st.none() | st.dictionaries(st.sampled_from(list(USAGE)), st.integers(-1, 99)),
    ),
    max_size=5,
)


@pytest.mark.proof
@given(CHUNKS, st.data())
def test_any_stream_is_told_legally_and_the_same_however_it_is_cut(
    chunks: list[Json], data: st.DataObject
) -> None:
    whole = sse(chunks)
    places = data.draw(st.lists(st.integers(0, len(whole)), max_size=8))
    once, again = tell_stream([whole]), tell_stream(cut(whole, places))
    assert (once.blocks, once.stop, once.usage, once.failure) == (
        again.blocks,
        again.stop,
        again.usage,
        again.failure,
    )


@pytest.mark.proof
@given(st.lists(PART, max_size=4), st.sampled_from([*STOP_REASONS, *FAILURES, "OTHER"]))
def test_whole_is_as_streamed(parts: list[Json], finish: str) -> None:
    both(*parts, finish=finish)


KEYS = ["candidates", "content", "parts", "text", "functionCall", "name", "args", "finishReason",
        "usageMetadata", "error", "promptFeedback", "blockReason", "thoughtSignature"]  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
)


@pytest.mark.proof
@given(st.binary(max_size=60) | JSON.map(lambda value: json.dumps(value).encode()))
def test_garbage_raises_nothing_but_protocol_errors(body: bytes) -> None:
    tell_whole(body)
    writer = MessageWriter(EventSink(), WriterOptions(message_id="m", model="m"))
    stream = plugin.proxy_open_stream(asked(), writer, Ledger())
    try:
        stream.feed(SseEvent("", body))
        stream.close(True)
    except ProtocolError:
        pass
