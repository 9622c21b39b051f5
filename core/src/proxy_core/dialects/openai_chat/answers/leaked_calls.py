"""Tool calls that leaked into text: Kimi's own tokens, where a server did not read them.

    <|tool_calls_section_begin|><|tool_call_begin|>functions.NAME:INDEX
    <|tool_call_argument_begin|>{...}<|tool_call_end|>...<|tool_calls_section_end|>

Seen in content and in reasoning, at any cut, beside the same calls read properly, without the
section around them, and unfinished: vllm 24478, 31207 and 34955, MoonshotAI/Kimi-K2 26,
llama.cpp 17376, hermes-agent 24534 and 24536.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from proxy_core.dialects.openai_chat.answers.loose_json import object_text

SECTION_BEGIN = ("<|tool_calls_section_begin|>", "<|tool_call_section_begin|>")
SECTION_END = ("<|tool_calls_section_end|>", "<|tool_call_section_end|>")
CALL_BEGIN = "<|tool_call_begin|>"
ARGUMENTS = "<|tool_call_argument_begin|>"
CALL_END = "<|tool_call_end|>"
MARKERS = (*SECTION_BEGIN, *SECTION_END, CALL_BEGIN, ARGUMENTS, CALL_END)

_LONGEST = max(map(len, MARKERS))
_MARKER = re.compile("|".join(map(re.escape, MARKERS)))
_IN_CALL = re.compile("|".join(map(re.escape, ('"', *SECTION_END, CALL_BEGIN, CALL_END))))
_IN_STRING = re.compile(r'\\.|"', re.DOTALL)
_HEAD = re.compile(r"(?:functions\.)?(\S+?)(?::[0-9]{1,9})?")


class LeakedCall(NamedTuple):
    """A call as the model wrote it; `arguments` is JSON text of an object."""

    id: str
    name: str
    arguments: str


class LeakFilter:
    """Takes the calls out of one text that arrives in fragments.

    What may be part of a marker is held back. Markers inside a string of the arguments belong
    to the string: a model may well write a file about them.
    """

    def __init__(self) -> None:
        self.calls: list[LeakedCall] = []
        """The calls that were found so far."""
        self._held = ""
        self._call: list[str] | None = None
        """What has come of a call that is not complete; None outside of calls."""
        self._in_string = False
        self._aside: list[str] | None = None
        """What stood in a section beside its calls; None outside of sections."""
        self._calls_before = 0
        """How many calls there were when the section began."""

    def feed(self, text: str) -> str:
        """The text that may be shown by now."""
        if self._call is None and self._aside is None and not self._held and "<" not in text:
            return text
        text = self._held + text
        shown: list[str] = []
        position, more = 0, True
        while more:
            read = self._read_text if self._call is None else self._read_call
            position, more = read(text, position, shown)
        self._held = text[position:]
        return "".join(shown)

    def settle(self) -> str:
        """Something else follows: a mere `<` is text after all. More than that has begun a marker,
        which may go on after a call that came in between."""
        if self._call is not None or self._aside is not None or self._held != "<":
            return ""
        self._held = ""
        return "<"

    def flush(self) -> str:
        """Nothing more will come: the rest of the text, without its markers."""
        shown: list[str] = []
        held, self._held = self._held, ""
        if self._call is None:
            self._say(held, shown)
        else:
            rest, self._call, self._in_string = "".join((*self._call, held)), None, False
            for piece in rest.split(CALL_BEGIN):
                call, _, after = piece.partition(CALL_END)
                self._end_call(call, shown)
                self._say(_MARKER.sub("", after), shown)
        self._end_section(shown)
        return "".join(shown)

    def _read_text(self, text: str, position: int, shown: list[str]) -> tuple[int, bool]:
        """Read up to the next marker; where to go on, and whether there was one."""
        found = _MARKER.search(text, position)
        if found is None:
            end = len(text) - _begun_marker(text, position)
            self._say(text[position:end], shown)
            return end, False
        self._say(text[position : found.start()], shown)
        if found[0] == CALL_BEGIN:
            self._call = []
        elif found[0] in (*SECTION_BEGIN, *SECTION_END):
            self._end_section(shown)
            self._aside = [] if found[0] in SECTION_BEGIN else None
            self._calls_before = len(self.calls)
        return found.end(), True

    def _read_call(self, text: str, position: int, shown: list[str]) -> tuple[int, bool]:
        """Read up to the end of the call; where to go on, and whether it has ended."""
        call = self._call if self._call is not None else []
        start = position
        while found := (_IN_STRING if self._in_string else _IN_CALL).search(text, position):
            if found[0][0] == "<":
                call.append(text[start : found.start()])
                self._call = None
                self._end_call("".join(call), shown)
                return (found.end() if found[0] == CALL_END else found.start()), True
            self._in_string ^= found[0] == '"'
            position = found.end()
        if self._in_string:
            end = len(text) - text.endswith("\\", position)
        else:
            end = len(text) - _begun_marker(text, position)
        call.append(text[start:end])
        return end, False

    def _say(self, text: str, shown: list[str]) -> None:
        (shown if self._aside is None else self._aside).append(text)

    def _end_call(self, text: str, shown: list[str]) -> None:
        """Keep the call; what cannot be read as one is text after all."""
        head, marker, arguments = text.partition(ARGUMENTS)
        head = head.strip()
        found = _HEAD.fullmatch(head)
        written = object_text(arguments) if marker else None
        if found is None or written is None:
            shown.append(_MARKER.sub("", text))
        else:
            self.calls.append(LeakedCall(head if head != found[1] else "", found[1], written))

    def _end_section(self, shown: list[str]) -> None:
        """A section shows nothing, unless there was no call in it."""
        if self._aside is not None and len(self.calls) == self._calls_before:
            shown += self._aside
        self._aside = None


def _begun_marker(text: str, position: int) -> int:
    """How many characters at the end of the text may begin a marker."""
    start = text.rfind("<", max(position, len(text) - _LONGEST))
    begun = start >= 0 and any(marker.startswith(text[start:]) for marker in MARKERS)
    return len(text) - start if begun else 0
