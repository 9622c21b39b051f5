"""The writer, rule by rule."""

from __future__ import annotations

import pytest

from proxy_core.anthropic import blocks, writer
from proxy_core.anthropic.writer import CUT_SHORT, EMPTY, ThinkingDisplay, broken_answer
from proxy_core.contract import ErrorVerdict, ProtocolError, Usage
from tests.support.told import Told, as_json, whole


def finished(told: Told, reason: str = "end_turn") -> Told:
    told.writer.finish(reason)
    told.writer.end()
    return told


# -- text ----------------------------------------------------------------------------------


def test_text_is_sent_as_it_comes_and_makes_one_block() -> None:
    told = Told()
    told.writer.text("Hel")
    assert told.types == ["message_start", "start 0 text", "text_delta"]
    told.writer.text("lo")
    assert finished(told).content() == [{"type": "text", "text": "Hello"}]
    assert told.types[-4:] == ["text_delta", "stop 0", "message_delta", "message_stop"]


def test_leading_white_space_waits_for_a_word_and_is_kept() -> None:
    told = Told()
    told.writer.text(" \n")
    assert told.events == []
    told.writer.text(" ")
    told.writer.text("word")
    assert [event["delta"]["text"] for event in told.events[2:]] == [" \n word"]


@pytest.mark.parametrize("space", ["\n", " ", "\t\r\n ", "\u00a0", "\u3000"])
def test_white_space_alone_makes_no_block(space: str) -> None:
    told = Told()
    told.writer.text(space)
    told.writer.tool("t", "f")
    told.writer.text(space)
    told.writer.text(space)
    assert [block["type"] for block in finished(told).content()] == ["tool_use"]


def test_an_answer_of_white_space_has_no_content() -> None:
    told = Told()
    told.writer.text(" \n")
    assert finished(told).content() == []
    assert not told.writer.has_content


def test_empty_pieces_change_nothing() -> None:
    told = Told()
    told.writer.text("")
    told.writer.thinking("")
    told.writer.signature("")
    assert told.events == []
    number = told.writer.tool("t", "f")
    told.writer.tool_json(number, "")
    assert told.types == ["message_start", "start 0 tool_use"]


def test_text_after_a_call_is_a_block_of_its_own() -> None:
    told = Told()
    told.writer.text("before")
    told.writer.tool_json(told.writer.tool("t", "f"), "{}")
    told.writer.text("after")
    assert [block["type"] for block in finished(told).content()] == ["text", "tool_use", "text"]


def test_half_a_surrogate_pair_waits_for_the_other() -> None:
    told = Told()
    told.writer.text("a\ud83d")
    assert told.events[-1]["delta"]["text"] == "a"
    told.writer.text("\ude00b")
    assert told.events[-1]["delta"]["text"] == "😀b"


def test_a_lone_surrogate_at_the_end_is_replaced() -> None:
    told = Told()
    told.writer.text("a\ud83d")
    assert finished(told).content() == [{"type": "text", "text": "a\ufffd"}]


# -- tool calls ----------------------------------------------------------------------------


def test_arguments_are_sent_as_they_come() -> None:
    told = Told()
    number = told.writer.tool("call_1", "f")
    for piece in (' {"a', '":', "1}"):
        told.writer.tool_json(number, piece)
    assert [event["delta"]["partial_json"] for event in told.events[2:]] == [' {"a', '":', "1}"]
    assert finished(told).content() == [
        {"type": "tool_use", "id": "call_1", "name": "f", "input": {"a": 1}}
    ]


@pytest.mark.parametrize("pieces", [[], ["null"], ["nu", "ll"], [" ", "\n"], [" null "], ["{}"]])
def test_no_arguments_are_an_empty_object(pieces: list[str]) -> None:
    told = Told()
    number = told.writer.tool("t", "f")
    for piece in pieces:
        told.writer.tool_json(number, piece)
    assert finished(told).content()[0]["input"] == {}


@pytest.mark.parametrize("bad", ["[]", '"x"', "1", "true", "nul", '{"a":', "{a:1}", "{}{}", "x{}"])
def test_arguments_that_are_no_object_end_in_an_error(bad: str) -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("t", "lookup"), bad)
    assert "the arguments of the call to 'lookup' are no JSON object" in finished(told).error()
    assert told.writer.failure == broken_answer(
        "the arguments of the call to 'lookup' are no JSON object"
    )


def test_deeply_nested_arguments_are_an_error() -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("t", "f"), '{"a":' + "[" * 99_999 + "]" * 99_999 + "}")
    assert "no JSON object" in finished(told).error()


def test_a_list_of_arguments_sends_nothing() -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("t", "f"), "[1, 2]")
    assert told.types == ["message_start", "start 0 tool_use"]


def test_parallel_calls_wait_their_turn() -> None:
    told = Told()
    first, second = told.writer.tool("a", "f"), told.writer.tool("b", "g")
    told.writer.tool_json(first, '{"x":')
    told.writer.tool_json(second, '{"y":')
    told.writer.tool_json(second, "2}")
    assert told.types == ["message_start", "start 0 tool_use", "input_json_delta"]
    told.writer.tool_json(first, "1}")
    assert told.types[3:] == [
        "input_json_delta",
        "stop 0",
        "start 1 tool_use",
        "input_json_delta",
    ]
    assert [block["input"] for block in finished(told).content()] == [{"x": 1}, {"y": 2}]


def test_blocks_that_waited_follow_in_order() -> None:
    told = Told()
    first = told.writer.tool("a", "f")
    told.writer.text("between")
    second = told.writer.tool("b", "f")
    told.writer.thinking("hm")
    told.writer.tool_json(second, "{}")
    assert told.types == ["message_start", "start 0 tool_use"]
    told.writer.tool_json(first, "{}")
    assert told.types[2:] == [
        "input_json_delta", "stop 0",
        "start 1 text", "text_delta", "stop 1",
        "start 2 tool_use", "input_json_delta", "stop 2",
        "start 3 thinking", "thinking_delta",
    ]  # fmt: skip


def test_text_after_an_incomplete_call_waits_until_the_end() -> None:
    told = Told()
    told.writer.tool("a", "f")  # a call without arguments is not known to be complete
    told.writer.text("one ")
    told.writer.text("two")
    assert told.types == ["message_start", "start 0 tool_use"]
    assert finished(told).content()[1] == {"type": "text", "text": "one two"}


def test_arguments_may_not_go_on_after_their_end() -> None:
    told = Told()
    number = told.writer.tool("a", "lookup")
    told.writer.tool_json(number, "{}")
    told.writer.text("next")
    told.writer.tool_json(number, " \n")
    with pytest.raises(ProtocolError, match="'lookup' went on after their end"):
        told.writer.tool_json(number, "}")


def test_the_limit_keeps_what_was_written_of_a_call() -> None:
    told = Told()
    number = told.writer.tool("a", "f")
    told.writer.tool_json(number, '{"a":"b')
    finished(told, "max_tokens")
    assert told.message()["stop_reason"] == "max_tokens"
    assert told.events[2]["delta"]["partial_json"] == '{"a":"b'


@pytest.mark.parametrize("start", ["", " ", "n", "nul"])
def test_the_limit_may_come_before_the_object_begins(start: str) -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("a", "f"), start)
    assert finished(told, "max_tokens").content()[0]["input"] == {}


@pytest.mark.parametrize("bad", ["[1", "x", "nullx"])
def test_the_limit_excuses_no_other_arguments(bad: str) -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("a", "f"), bad)
    assert "no JSON object" in finished(told, "max_tokens").error()


def test_a_limit_told_after_the_calls_counts_too() -> None:
    told = Told()
    told.writer.tool_json(told.writer.tool("a", "f"), '{"a')
    told.writer.text("said nothing")
    finished(told, "max_tokens")
    assert [block["type"] for block in told.content()] == ["tool_use", "text"]


def test_tool_ids_are_made_unique_and_fit() -> None:
    told = Told(taken_ids={"call_0"}, new_tool_id=iter(["toolu_1", "toolu_2"]).__next__)
    for vendor_id in ("call_0", "call_1", "call_1", "functions.f:0", "", "x" * 99):
        told.writer.tool(vendor_id, "f")
    ids = [block["id"] for block in finished(told).content()]
    assert ids == [
        "pxid0_Y2FsbF8w",
        "call_1",
        "pxid0_Y2FsbF8x",
        "pxid0_ZnVuY3Rpb25zLmY6MA",
        "toolu_1",
        "toolu_2",
    ]
    assert all(tool_id in told.writer for tool_id in ids)
    assert "call_0" in told.writer
    assert "call_2" not in told.writer


def test_surrogates_in_names_are_mended() -> None:
    told = Told()
    told.writer.redacted("\ud83d")
    told.writer.tool("t", "f\ud83d\ude00\u2028")
    assert [block.get("name", block.get("data")) for block in finished(told).content()] == [
        "\ufffd",
        "f😀\u2028",
    ]


# -- thinking ------------------------------------------------------------------------------


def sealed(hidden: str) -> str:
    return f"<{hidden}>"


def test_shown_thinking_is_signed_last() -> None:
    told = Told(seal=sealed)
    told.writer.thinking("hm, ")
    told.writer.thinking("so")
    told.writer.text("42")
    assert told.types == [
        "message_start",
        "start 0 thinking", "thinking_delta", "thinking_delta", "signature_delta", "stop 0",
        "start 1 text", "text_delta",
    ]  # fmt: skip
    assert finished(told).content()[0] == {
        "type": "thinking",
        "thinking": "hm, so",
        "signature": "<>",
    }


def test_omitted_thinking_goes_to_the_seal() -> None:
    told = Told(seal=sealed, display=ThinkingDisplay.OMITTED)
    told.writer.thinking("hm, \ud83d")
    told.writer.thinking("\ude00so")
    assert told.types == ["message_start", "start 0 thinking"]
    assert finished(told).content() == [
        {"type": "thinking", "thinking": "", "signature": "<hm, 😀so>"}
    ]


def test_the_seal_never_receives_a_lone_surrogate() -> None:
    told = Told(seal=sealed, display=ThinkingDisplay.OMITTED)
    told.writer.thinking("a\ud83d")
    assert finished(told).content()[0]["signature"] == "<a\ufffd>"


def test_dropped_thinking_leaves_no_trace() -> None:
    told = Told(seal=sealed, display=ThinkingDisplay.DROPPED)
    told.writer.thinking("hm")
    told.writer.signature("s")
    told.writer.redacted("r")
    assert told.events == []
    told.writer.text("42")
    assert finished(told).content() == [{"type": "text", "text": "42"}]


def test_without_seal_or_signature_none_is_sent() -> None:
    told = Told()
    told.writer.thinking("hm")
    assert "signature_delta" not in finished(told).types


def test_the_vendors_signature_is_sent_in_place_of_a_seal() -> None:
    told = Told(seal=sealed)
    told.writer.thinking("hm")
    told.writer.thinking(" still")
    told.writer.signature("vendor")
    assert finished(told).types[2:6] == [
        "thinking_delta",
        "thinking_delta",
        "signature_delta",
        "stop 0",
    ]
    assert told.content()[0]["signature"] == "vendor"


def test_a_signature_alone_opens_a_block() -> None:
    told = Told()
    told.writer.signature("vendor")
    assert told.types == ["message_start", "start 0 thinking"]
    assert finished(told).content() == [{"type": "thinking", "thinking": "", "signature": "vendor"}]


def test_a_signature_after_text_belongs_to_a_new_block() -> None:
    told = Told()
    told.writer.thinking("hm")
    told.writer.text("x")
    told.writer.signature("late")
    assert [block["type"] for block in finished(told).content()] == [
        "thinking",
        "text",
        "thinking",
    ]
    assert [block.get("signature") for block in told.content()] == ["", None, "late"]


def test_what_follows_a_signature_is_another_block() -> None:
    told = Told(seal=lambda _hidden: "seal")
    told.writer.thinking("one")
    told.writer.signature("first")
    told.writer.thinking("two")
    told.writer.signature("second")
    told.writer.signature("third")
    told.writer.finish("end_turn")
    blocks = [(block["thinking"], block["signature"]) for block in finished(told).content()]
    assert blocks == [("one", "first"), ("two", "second"), ("", "third")]


def test_a_signature_waits_with_its_block() -> None:
    told = Told()
    number = told.writer.tool("t", "f")
    told.writer.signature("s")
    assert told.types == ["message_start", "start 0 tool_use"]
    told.writer.tool_json(number, "{}")
    assert told.types[3:] == ["stop 0", "start 1 thinking"]


def test_redacted_thinking_is_whole_in_its_start() -> None:
    told = Told()
    told.writer.redacted("opaque")
    assert finished(told).types[1:3] == ["start 0 redacted_thinking", "stop 0"]
    assert told.content() == [{"type": "redacted_thinking", "data": "opaque"}]


def test_thinking_and_text_by_turns() -> None:
    told = Told()
    for words in ("a", "b"):
        told.writer.thinking(words)
        told.writer.text(words)
    assert [block["type"] for block in finished(told).content()] == ["thinking", "text"] * 2


# -- usage ---------------------------------------------------------------------------------


def test_the_start_tells_the_estimate_and_the_end_the_truth() -> None:
    told = Told(input_estimate=9)
    told.writer.begin()
    assert told.events[0]["message"]["usage"]["input_tokens"] == 9
    told.writer.usage(Usage(input_tokens=3, output_tokens=1))
    told.writer.text("x")
    told.writer.finish("end_turn")
    told.writer.usage(
        Usage(
            input_tokens=4, output_tokens=2, cache_read_input_tokens=5,
            cache_creation_input_tokens=6, thinking_tokens=1,
        )
    )  # fmt: skip
    told.writer.end()
    assert told.message()["usage"] == {
        "input_tokens": 4,
        "output_tokens": 2,
        "cache_read_input_tokens": 5,
        "cache_creation_input_tokens": 6,
        "output_tokens_details": {"thinking_tokens": 1},
    }
    assert not told.writer.usage_estimated


def test_thinking_tokens_that_are_not_known_are_not_told() -> None:
    told = Told()
    told.writer.usage(Usage(output_tokens=2))
    told.writer.text("x")
    assert "output_tokens_details" not in finished(told).message()["usage"]


@pytest.mark.parametrize(("characters", "tokens"), [(1, 1), (4, 1), (5, 2), (400, 100)])
def test_usage_that_nobody_tells_is_estimated(characters: int, tokens: int) -> None:
    told = Told(input_estimate=9)
    told.writer.text("x" * characters)
    usage = finished(told).message()["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (9, tokens)
    assert told.writer.usage_estimated
    assert told.writer.final_usage.output_tokens == tokens


@pytest.mark.parametrize(
    ("estimate", "told_input", "shown"), [(9, 0, 1), (0, 0, 0), (9, 3, 3), (0, 3, 3)]
)
def test_a_wholly_cached_prompt_shows_one_token(estimate: int, told_input: int, shown: int) -> None:
    told = Told(input_estimate=estimate)
    told.writer.usage(Usage(input_tokens=told_input, output_tokens=1, cache_read_input_tokens=50))
    usage = finished(told).message()["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"]) == (shown, 50)


def test_usage_counts_after_a_failure_too() -> None:
    told = Told()
    told.writer.usage(Usage(input_tokens=5, output_tokens=2))
    told.writer.fail(CUT_SHORT)
    assert told.writer.final_usage == Usage(input_tokens=5, output_tokens=2)


# -- the end -------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["end_turn", "tool_use"])
def test_the_stop_reason_says_whether_calls_were_made(reason: str) -> None:
    with_call, without = Told(), Told()
    with_call.writer.tool("t", "f")
    without.writer.text("x")
    assert finished(with_call, reason).message()["stop_reason"] == "tool_use"
    assert finished(without, reason).message()["stop_reason"] == "end_turn"
    assert with_call.writer.stop_reason == "tool_use"


@pytest.mark.parametrize("reason", ["max_tokens", "refusal", "pause_turn", "stop_sequence"])
def test_other_stop_reasons_stand(reason: str) -> None:
    told = Told()
    told.writer.tool("t", "f")
    assert finished(told, reason).message()["stop_reason"] == reason


def test_the_stop_sequence_is_told() -> None:
    told = Told()
    told.writer.text("x")
    told.writer.finish("stop_sequence", "##\u2028\ud83d")
    told.writer.end()
    assert told.message()["stop_sequence"] == "##\u2028\ufffd"


def test_an_end_without_a_reason_is_a_cut() -> None:
    told = Told()
    told.writer.text("half")
    told.writer.end()
    assert told.writer.failure is CUT_SHORT
    assert told.types[-1] == "error"
    assert "stop 0" not in told.types


def test_an_answer_that_is_nothing_by_its_own_count_is_an_error() -> None:
    told = Told()
    told.writer.usage(Usage(input_tokens=5, output_tokens=0))
    assert finished(told).error() == EMPTY.message


@pytest.mark.parametrize("reason", ["max_tokens", "refusal"])
def test_an_empty_answer_with_a_cause_is_an_answer(reason: str) -> None:
    told = Told()
    told.writer.usage(Usage(input_tokens=5, output_tokens=0))
    assert finished(told, reason).content() == []


def test_an_empty_answer_of_some_tokens_is_an_answer() -> None:
    told = Told()
    told.writer.usage(Usage(input_tokens=5, output_tokens=1))
    assert finished(told).types == ["message_start", "message_delta", "message_stop"]


def test_after_a_failure_nothing_follows() -> None:
    told = Told()
    told.writer.text("x")
    told.writer.fail(ErrorVerdict(status=529, type="overloaded_error", message="full"))
    told.writer.fail(CUT_SHORT)
    sent = told.data
    told.writer.text("more")
    assert told.writer.tool("t", "f") == -1
    told.writer.tool_json(-1, "{}")
    finished(told)
    assert told.data == sent
    assert told.events[-1] == {
        "type": "error",
        "error": {"type": "overloaded_error", "message": "full"},
        "request_id": "req_1",
    }
    assert told.writer.done


def test_after_the_end_the_first_reason_stands() -> None:
    told = finished(Told())
    told.writer.finish("refusal")
    told.writer.fail(CUT_SHORT)
    assert told.writer.failure is None
    assert told.message()["stop_reason"] == "end_turn"


def test_a_failure_before_the_start_is_the_only_event() -> None:
    told = Told()
    told.writer.fail(CUT_SHORT)
    assert told.types == ["error"]


def test_begin_sends_the_start_once() -> None:
    told = Told()
    told.writer.begin()
    told.writer.begin()
    assert (told.writer.begun, told.writer.has_content) == (True, False)
    told.writer.text("x")
    assert (told.writer.begun, told.writer.has_content) == (True, True)
    assert finished(told).types.count("message_start") == 1


def test_a_second_attempt_goes_on_after_the_start() -> None:
    told = Told(begun=True)
    told.writer.text("x")
    assert finished(told).types[0] == "start 0 text"


# -- bounds --------------------------------------------------------------------------------


def test_the_number_of_blocks_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_BLOCKS", 3)
    told = Told()
    for _ in range(3):
        told.writer.redacted("r")
    with pytest.raises(ProtocolError, match="more than 3 blocks"):
        told.writer.tool("t", "f")


def test_the_length_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "MAX_CHARACTERS", 10)
    told = Told()
    told.writer.text("12345")
    told.writer.thinking("678")
    number = told.writer.tool("t", "f")
    told.writer.tool_json(number, "{}")
    with pytest.raises(ProtocolError, match="more than 10 characters"):
        told.writer.tool_json(number, " ")


# -- whole messages ------------------------------------------------------------------------


def test_a_whole_message() -> None:
    writing, sink = whole(input_estimate=3, seal=sealed)
    writing.thinking("hm")
    number = writing.tool("call_1", "f")
    writing.tool_json(number, '{"n": 12345678901234567890123, "f": 1.50}')
    writing.finish("end_turn")
    writing.usage(Usage(input_tokens=1, output_tokens=2))
    writing.end()
    assert as_json(sink) == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "<>"},
            {
                "type": "tool_use",
                "id": "call_1",
                "name": "f",
                "input": {"n": 12345678901234567890123, "f": 1.5},
            },
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 1,
            "output_tokens": 2,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
        },
    }
    assert b'"input":{"n": 12345678901234567890123, "f": 1.50}' in sink.json()


@pytest.mark.parametrize("arguments", ['{"a', '{"a":' + "[" * 100_000, '{"a":"\ud83d'])
def test_a_cut_call_in_a_whole_message_has_no_input(arguments: str) -> None:
    writing, sink = whole()
    writing.tool_json(writing.tool("t", "f"), arguments)
    writing.finish("max_tokens")
    writing.end()
    assert as_json(sink)["content"][0]["input"] == {}


# -- linear time ---------------------------------------------------------------------------


class _CountedJson:
    """Stands before the JSON decoder and counts what it is given."""

    def __init__(self) -> None:
        self.characters = 0

    def __call__(self, text: str) -> str:
        self.characters += len(text)
        return text


@pytest.mark.parametrize("fragments", [1_000, 10_000])
def test_a_late_call_is_looked_at_in_proportion_to_its_length(
    fragments: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each failed look puts off the next, so all looks together stay a small multiple."""
    counted = _CountedJson()
    monkeypatch.setattr(blocks, "mend_surrogates", counted)
    told = Told()
    first, second = told.writer.tool("a", "f"), told.writer.tool("b", "f")
    told.writer.tool_json(first, '{"a":"')
    for _ in range(fragments):
        told.writer.tool_json(first, "xxxx")
        told.writer.tool_json(second, " ")
    told.writer.tool_json(first, '"}')
    assert len(finished(told).content()[0]["input"]["a"]) == 4 * fragments
    assert counted.characters < 8 * 4 * fragments


class _CountedText(str):
    """A fragment that counts how often it is looked into."""

    __slots__ = ()
    looks = 0

    def lstrip(self, chars: str | None = None, /) -> str:
        type(self).looks += len(self)
        return super().lstrip(chars)


@pytest.mark.parametrize("opening", ["[", '"', "{", ""])
def test_the_opening_is_looked_for_once(opening: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_CountedText, "looks", 0)
    told = Told()
    number = told.writer.tool("a", "f")
    for piece in (opening, *" " * 2_000):
        told.writer.tool_json(number, _CountedText(piece))
    assert _CountedText.looks <= 2_001


class _CountedSpace(str):
    """White space that counts how often it is asked whether it is."""

    __slots__ = ()
    looks = 0

    def isspace(self) -> bool:
        type(self).looks += 1
        return super().isspace()


def test_white_space_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some models go on with line ends until their limit."""
    monkeypatch.setattr(_CountedSpace, "looks", 0)
    told = Told()
    for _ in range(1_000):
        told.writer.text(_CountedSpace("\n"))
    assert told.types == []
    assert _CountedSpace.looks <= 1_000
