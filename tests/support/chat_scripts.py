"""What a model says, as data, and how a server of OpenAI's Chat dialect puts it on the wire."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A tool call; `fragments` are its arguments as they arrive."""

    id: str
    name: str
    fragments: tuple[str, ...]

    @property
    def arguments(self) -> str:
        return "".join(self.fragments)


@dataclass(frozen=True)
class Script:
    """One answer: reasoning, then text, then calls, as a whole answer has to order them."""

    reasoning: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    order: tuple[int, ...] = ()
    """Which call each fragment after the openings belongs to; what is missing comes at the end."""
    finish: str = "stop"
    prompt_tokens: int = 1
    completion_tokens: int = 1
    cached_tokens: int = 0

    def usage(self) -> Json:
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens},
        }


def render_stream(script: Script) -> list[Json]:
    """The chunks of a streamed answer, as OpenAI sends them with `include_usage`."""
    deltas: list[Json] = [{"role": "assistant", "content": ""}]
    deltas += [{"reasoning_content": piece} for piece in script.reasoning]
    deltas += [{"content": piece} for piece in script.text]
    deltas += _call_deltas(script)
    chunks = [_chunk([_choice(delta)]) for delta in deltas]
    chunks.append(_chunk([_choice({}, script.finish)]))
    chunks.append({**_chunk([]), "usage": script.usage()})
    return chunks


def render_whole(script: Script) -> Json:
    """The same answer in one piece."""
    message: Json = {"role": "assistant", "content": "".join(script.text) or None, "refusal": None}
    if script.reasoning:
        message["reasoning_content"] = "".join(script.reasoning)
    if script.calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in script.calls
        ]
    choice = {"index": 0, "message": message, "finish_reason": script.finish, "logprobs": None}
    head = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "acme-1"}
    return {**head, "choices": [choice], "usage": script.usage()}


def _chunk(choices: list[Json]) -> Json:
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "acme-1"}
    return {**head, "choices": choices}


def _choice(delta: Json, finish: str | None = None) -> Json:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _call_deltas(script: Script) -> list[Json]:
    """Openings in order, each before its first fragment, fragments in the script's order."""
    waiting = [list(call.fragments) for call in script.calls]
    rest = [number for number, call in enumerate(script.calls) for _ in call.fragments]
    deltas: list[Json] = []
    opened = 0
    for number in [*script.order, *rest]:
        while opened <= number < len(script.calls):
            deltas.append(_opening(opened, script.calls[opened]))
            opened += 1
        if number < len(waiting) and waiting[number]:
            fragment = {"arguments": waiting[number].pop(0)}
            deltas.append({"tool_calls": [{"index": number, "function": fragment}]})
    return deltas + [_opening(n, script.calls[n]) for n in range(opened, len(script.calls))]


def _opening(index: int, call: Call) -> Json:
    function = {"name": call.name, "arguments": ""}
    return {
        "tool_calls": [{"index": index, "id": call.id, "type": "function", "function": function}]
    }


# -- chance --------------------------------------------------------------------------------

TEXTS = st.text(max_size=10)
_LEAVES = st.none() | st.booleans() | st.integers() | TEXTS
ARGUMENTS = st.dictionaries(
    TEXTS,
    _LEAVES
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.lists(_LEAVES, max_size=3)
    | st.dictionaries(TEXTS, st.lists(_LEAVES, max_size=2), max_size=2),
    max_size=3,
)


@st.composite
def cuts(draw: st.DrawFn, text: str) -> tuple[str, ...]:
    """A text in pieces; none of them is empty."""
    places = draw(st.lists(st.integers(0, len(text)), max_size=6).map(sorted))
    return pieces_of(text, places)


def pieces_of(text: str, places: Sequence[int]) -> tuple[str, ...]:
    edges = [0, *places, len(text)]
    pieces = (text[start:end] for start, end in itertools.pairwise(edges))
    return tuple(piece for piece in pieces if piece)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    arguments = draw(ARGUMENTS)
    text = json.dumps(arguments, ensure_ascii=draw(st.booleans()))
    return Call(
        id=draw(TEXTS),
        name=draw(st.sampled_from(["Read", "Bash", "mcp__a__b"])),
        fragments=draw(cuts(text)),
    )


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """Answers that any server may give: nothing in them is wrong."""
    told = draw(st.lists(calls(), max_size=4, unique_by=lambda call: call.id))
    prompt = draw(st.integers(1, 10**6))
    return Script(
        reasoning=draw(cuts(draw(TEXTS))),
        text=draw(cuts(draw(TEXTS))),
        calls=tuple(told),
        order=tuple(draw(st.lists(st.integers(0, 3), max_size=12))) if told else (),
        finish="tool_calls" if told else draw(st.sampled_from(["stop", "length"])),
        prompt_tokens=prompt,
        completion_tokens=draw(st.integers(1, 10**6)),
        cached_tokens=draw(st.integers(0, prompt)),
    )
