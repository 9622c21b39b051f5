"""The writer under every order of its verbs: what leaves it is always legal and always the same.

A state machine tells one answer twice, to an event stream and to a whole message, with
anything an upstream may come up with.
"""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import event, note
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
)

from proxy_core.anthropic.message import EventSink, MessageSink
from proxy_core.anthropic.verdicts import EMPTY, broken_answer
from proxy_core.anthropic.writer import MessageWriter, ThinkingDisplay, WriterOptions
from proxy_core.contract import ErrorVerdict, ProtocolError, Usage
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.support.anthropic_streams import Event, sdk_message, without_nulls

SCRAPS = st.sampled_from(
    ["", " ", "\n\t", "\u00a0", "\ud83d", "\ude00", "\u2028", "\x85", "\x00", "a", "é", "😀", '"']
)
WORDS = SCRAPS | st.text(max_size=8)
JUNK = WORDS | st.sampled_from(["{", "}", "{}", "null", "[", '{"a":', '"b', "1}", "\\"])
ARGUMENTS = st.sampled_from(["", "null", " {} ", '{"a":"😀\u2028"}', '{"a":"\ud83d\ude00"}']) | (
    st.dictionaries(st.text(max_size=4), st.text(max_size=4) | st.lists(st.floats(0, 1))).map(
        lambda value: json.dumps(value, ensure_ascii=False)
    )
)
"""What a sound upstream tells of a call, whole."""
IDS = st.sampled_from(["", "call_0", "call_0", "functions.Bash:0", "pxid0_eA", "x" * 70]) | WORDS
REASONS = st.sampled_from(
    ["end_turn", "tool_use", "max_tokens", "stop_sequence", "refusal", "pause_turn"]
)
COUNTS = st.integers(0, 1 << 40)
USAGE = st.builds(
    Usage,
    input_tokens=COUNTS,
    output_tokens=COUNTS,
    cache_read_input_tokens=COUNTS,
    cache_creation_input_tokens=COUNTS,
    thinking_tokens=st.none() | COUNTS,
)


class WriterMachine(RuleBasedStateMachine):
    """Tells one answer to two writers with the same options."""

    numbers: Bundle[int] = Bundle("numbers")

    @initialize(
        display=st.sampled_from(ThinkingDisplay),
        estimate=st.sampled_from([0, 7]),
        signature=st.sampled_from(["", "sealed"]),
        taken=st.sets(IDS),
        model=st.sampled_from(["m", "é\u2028"]),
        sound=st.booleans(),
    )
    def start(
        self,
        display: ThinkingDisplay,
        estimate: int,
        signature: str,
        taken: set[str],
        model: str,
        sound: bool,
    ) -> None:
        def options() -> WriterOptions:
            return WriterOptions(
                message_id="msg_1",
                model=model,
                input_estimate=estimate,
                taken_ids=taken,
                display=display,
                seal=lambda hidden: signature + hidden.encode().hex(),
                new_tool_id=map("toolu_{}".format, count()).__next__,
            )

        self.events = EventSink("req_1")
        self.message = MessageSink()
        self.writers = [
            MessageWriter(self.events, options()),
            MessageWriter(self.message, options()),
        ]
        self.data = b""
        self.sound = sound
        self.untold: dict[int, str] = {}
        """What sound calls have still to tell, by their number."""

    def tell(self, verb: str, *arguments: Any) -> Any:
        """One verb to both; a protocol error ends the answer, as the server does it."""
        results = [self._tell(writer, verb, *arguments) for writer in self.writers]
        assert repr(results[0]) == repr(results[1])
        self.data += self.events.take()
        return results[0]

    def _tell(self, writer: MessageWriter, verb: str, *arguments: Any) -> Any:
        done = writer.done
        try:
            return getattr(writer, verb)(*arguments)
        except ProtocolError as error:
            assert not done
            writer.fail(broken_answer(str(error)))
            return str(error)

    @rule()
    def begin(self) -> None:
        self.tell("begin")

    @rule(text=WORDS)
    def text(self, text: str) -> None:
        self.tell("text", text)

    @rule(text=WORDS)
    def thinking(self, text: str) -> None:
        self.tell("thinking", text)

    @rule(signature=WORDS)
    def signature(self, signature: str) -> None:
        self.tell("signature", signature)

    @rule(data=WORDS)
    def redacted(self, data: str) -> None:
        self.tell("redacted", data)

    @rule(target=numbers, vendor_id=IDS, name=WORDS, arguments=ARGUMENTS)
    def tool(self, vendor_id: str, name: str, arguments: str) -> Any:
        number = self.tell("tool", vendor_id, name)
        if not isinstance(number, int) or number < 0:
            return multiple()
        self.untold[number] = arguments
        return number

    @rule(number=numbers, length=st.integers(1, 12))
    def tool_json(self, number: int, length: int) -> None:
        told, self.untold[number] = self.untold[number][:length], self.untold[number][length:]
        self.tell("tool_json", number, told)

    @precondition(lambda self: not self.sound)
    @rule(number=numbers, fragment=JUNK)
    def broken_json(self, number: int, fragment: str) -> None:
        self.tell("tool_json", number, fragment)

    @rule(usage=USAGE)
    def usage(self, usage: Usage) -> None:
        self.tell("usage", usage)

    @rule(reason=REASONS, sequence=st.none() | WORDS)
    def finish(self, reason: str, sequence: str | None) -> None:
        self.tell("finish", reason, sequence)

    @precondition(lambda self: not self.sound)
    @rule(seldom=st.integers(0, 9))
    def end(self, seldom: int) -> None:
        if seldom == 9:
            self.tell("end")

    @precondition(lambda self: not self.sound)
    @rule(seldom=st.integers(0, 9), words=st.sampled_from(["m", "\ud83d", "\u2028"]))
    def fail(self, seldom: int, words: str) -> None:
        if seldom == 9:
            self.tell("fail", ErrorVerdict(status=500, type="api_error", message=words))

    @invariant()
    def both_agree(self) -> None:
        if not hasattr(self, "writers"):
            return
        streamed, whole = self.writers
        for name in ("done", "begun", "has_content", "stop_reason", "usage_estimated"):
            assert getattr(streamed, name) == getattr(whole, name)
        assert repr(streamed.failure) == repr(whole.failure)
        assert streamed.final_usage == whole.final_usage

    def teardown(self) -> None:
        if not hasattr(self, "writers"):
            return
        if self.sound:
            if self.writers[0].stop_reason is None:
                self.tell("finish", "end_turn")
            if self.writers[0].stop_reason != "max_tokens":
                for number, rest in self.untold.items():
                    self.tell("tool_json", number, rest)
        self.tell("end")
        self.judge()

    def judge(self) -> None:
        sent = len(self.data)
        for verb, *arguments in AFTER_THE_END:
            self.tell(verb, *arguments)
        assert len(self.data) == sent, "something left after the end"
        note(self.data.decode())
        events = parse_events(self.data)
        check_events(events)
        failure = self.writers[0].failure
        assert failure is None or not self.sound or failure is EMPTY
        event(f"ends with {events[-1]['type']}, {len(events) // 8 * 8} events or more")
        if failure is None:
            self.same_message_everywhere(events)
        else:
            assert events[-1]["type"] == "error"

    def same_message_everywhere(self, events: list[Event]) -> None:
        whole = json.loads(self.message.json())
        assert fold(events) == whole
        cut = whole["stop_reason"] == "max_tokens"
        if cut and not self.sound:
            return  # the SDK raises on arguments that are broken rather than cut
        accumulated = sdk_message(self.data)
        if cut:
            # Of a call that was cut off the SDK keeps what parsed so far.
            for theirs, ours in zip(accumulated["content"], whole["content"], strict=True):
                if ours["type"] == "tool_use" and ours["input"] == {}:
                    theirs["input"] = {}
        assert without_nulls(accumulated) == without_nulls(whole)


AFTER_THE_END: list[tuple[Any, ...]] = [
    ("begin",),
    ("text", "late"),
    ("thinking", "late"),
    ("signature", "late"),
    ("redacted", "late"),
    ("tool", "late", "f"),
    ("tool_json", -1, "late"),
    ("finish", "refusal"),
    ("end",),
    ("fail", broken_answer("late")),
]


TestWriterMachine = pytest.mark.proof(WriterMachine.TestCase)
