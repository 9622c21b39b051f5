"""What an upstream says, as data, and how OpenAI would put it on the wire.

A script looks at the conversation and answers with a turn; the same turn is told in chunks or as
one body, whichever the client asked for. Waiting is for a gate that the test opens, never for
the clock.
"""

import asyncio
import concurrent.futures
import itertools
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Json = dict[str, Any]

CREATED = 1_795_000_000
FINGERPRINT = "fp_scripted"


class Gate:
    """Holds an answer back until the test opens it, from whatever thread."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self._open: concurrent.futures.Future[None] = concurrent.futures.Future()

    def open(self) -> None:
        if not self._open.done():
            self._open.set_result(None)

    async def passed(self) -> None:
        self.reached.set()
        # Shielded: a client that leaves must not close the gate for the next one.
        await asyncio.shield(asyncio.wrap_future(self._open))


@dataclass(frozen=True)
class Say:
    """Visible text, piece by piece."""

    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Think:
    """Reasoning, in the field that reasoning vendors added to the format."""

    pieces: tuple[str, ...]


@dataclass(frozen=True)
class Call:
    """A tool call whose arguments arrive in these fragments."""

    id: str
    name: str
    fragments: tuple[str, ...]


@dataclass(frozen=True)
class Together:
    """Calls opened one after the other, their fragments then dealt out in turn."""

    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Search:
    """A search of the web that the server makes by itself, and the addresses it finds."""

    query: str
    urls: tuple[str, ...]


@dataclass(frozen=True)
class Hold:
    """Nothing more until the gate opens."""

    gate: Gate


@dataclass(frozen=True)
class Fail:
    """An error object where a chunk was due; a status when the answer is not streamed."""

    body: Json


@dataclass(frozen=True)
class Cut:
    """The connection ends: closed, reset, or the body ended in order but without its end mark."""

    how: Literal["close", "reset", "end"] = "close"


@dataclass(frozen=True)
class Usage:
    prompt: int
    completion: int
    cached: int = 0
    reasoning: int = 0

    def body(self) -> Json:
        return {
            "prompt_tokens": self.prompt,
            "completion_tokens": self.completion,
            "total_tokens": self.prompt + self.completion,
            "prompt_tokens_details": {"cached_tokens": self.cached, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": self.reasoning, "audio_tokens": 0},
        }


Step = Say | Think | Call | Together | Search | Hold | Fail | Cut


@dataclass(frozen=True)
class Answer:
    """An answer with status 200; `finish` follows from the steps unless it is given."""

    steps: tuple[Step, ...]
    finish: str | None = None
    usage: Usage | None = None

    def finish_reason(self) -> str:
        called = any(isinstance(step, Call | Together) for step in self.steps)
        return self.finish or ("tool_calls" if called else "stop")


@dataclass(frozen=True)
class Refuse:
    """A status other than 200, before the first byte of an answer."""

    status: int
    body: Json | str
    headers: Mapping[str, str] = field(default_factory=dict)


Turn = Answer | Refuse


@dataclass(frozen=True)
class Conversation:
    """A request as a script wants to see it."""

    body: Json
    number: int
    """Of this request among those that reached the script, from 1."""

    @property
    def streaming(self) -> bool:
        return self.body.get("stream") is True

    @property
    def messages(self) -> list[Json]:
        messages: list[Json] = self.body["messages"]
        return messages

    @property
    def answers(self) -> int:
        """How often the model has spoken already."""
        return sum(message["role"] == "assistant" for message in self.messages)

    @property
    def tools(self) -> list[str]:
        return [tool["function"]["name"] for tool in self.body.get("tools", ())]

    @property
    def system(self) -> str:
        roles = ("system", "developer")
        return "\n".join(text_of(m) for m in self.messages if m["role"] in roles)

    @property
    def user(self) -> str:
        return "\n".join(text_of(m) for m in self.messages if m["role"] == "user")

    @property
    def results(self) -> dict[str, str]:
        """What each call came to, by the call's id."""
        return {m["tool_call_id"]: text_of(m) for m in self.messages if m["role"] == "tool"}

    def result(self, name: str) -> str:
        """What the latest call of this tool came to; the proxy may have renamed the ids."""
        ids = [
            call["id"]
            for message in self.messages
            for call in message.get("tool_calls", ())
            if call["function"]["name"] == name
        ]
        return self.results[ids[-1]]

    @property
    def images(self) -> list[str]:
        """The URLs of all pictures shown, in order."""
        return [
            part["image_url"]["url"]
            for message in self.messages
            if isinstance(message.get("content"), list)
            for part in message["content"]
            if part["type"] == "image_url"
        ]


Script = Callable[[Conversation], Turn]


class ScriptError(Exception):
    """The conversation went where the script has no answer."""


def say(*pieces: str) -> Say:
    return Say(pieces)


def think(*pieces: str) -> Think:
    return Think(pieces)


def search(query: str, *urls: str) -> Search:
    return Search(query, urls)


def call(id_: str, name: str, arguments: Json | None = None, *fragments: str) -> Call:
    """A call with these arguments, cut into three fragments; or with exactly those given."""
    if arguments is None:
        return Call(id_, name, fragments)
    text = json.dumps(arguments)
    third = max(1, len(text) // 3)
    return Call(id_, name, (text[:third], text[third : 2 * third], text[2 * third :]))


def together(*calls: Call) -> Together:
    return Together(calls)


def answer(*steps: Step, finish: str | None = None, usage: Usage | None = None) -> Answer:
    return Answer(steps, finish, usage)


def by_answer(*turns: Turn) -> Script:
    """The turn after as many answers as the conversation holds: a repeat gets the same again."""

    def script(talk: Conversation) -> Turn:
        if talk.answers >= len(turns):
            raise ScriptError(f"no turn after {talk.answers} answers")
        return turns[talk.answers]

    return script


def in_order(*turns: Turn) -> Script:
    """One turn per request, whatever it asks."""

    def script(talk: Conversation) -> Turn:
        if talk.number > len(turns):
            raise ScriptError(f"no turn for request {talk.number}")
        return turns[talk.number - 1]

    return script


def text_of(message: Json) -> str:
    """The text of a message, whether it is a string or a list of parts."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part["type"] == "text")


def chunks(turn: Answer, model: str, id_: str, usage: Usage | None) -> Iterator[Json | Step]:
    """The chunks of a streamed answer, with the holds and faults between them."""
    head = {
        "id": id_,
        "object": "chat.completion.chunk",
        "created": CREATED,
        "model": model,
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }
    usage_key: Json = {} if usage is None else {"usage": None}

    def chunk(delta: Json, finish: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**head, "choices": [choice], **usage_key, "obfuscation": "xJ4"}

    opening: Json = {"role": "assistant", "content": "", "refusal": None}
    numbers = itertools.count()
    for step in turn.steps:
        if isinstance(step, Hold | Fail | Cut):
            yield step
            continue
        for delta in _deltas(step, numbers):
            yield chunk({**opening, **delta})
            opening = {}
    yield chunk(opening, turn.finish_reason())
    if usage is not None:
        yield {**head, "choices": [], "usage": usage.body()}


def _deltas(step: Say | Think | Call | Together | Search, numbers: Iterator[int]) -> Iterator[Json]:
    match step:
        case Say(pieces):
            yield from ({"content": piece} for piece in pieces)
        case Think(pieces):
            yield from ({"reasoning_content": piece} for piece in pieces)
        case Call():
            yield from _call_deltas((step,), numbers)
        case Together(calls):
            yield from _call_deltas(calls, numbers)


def _call_deltas(calls: tuple[Call, ...], numbers: Iterator[int]) -> Iterator[Json]:
    indexes = [next(numbers) for _ in calls]
    for index, one in zip(indexes, calls, strict=True):
        function = {"name": one.name, "arguments": ""}
        opened = {"index": index, "id": one.id, "type": "function", "function": function}
        yield {"tool_calls": [opened]}
    for row in itertools.zip_longest(*(one.fragments for one in calls)):
        for index, fragment in zip(indexes, row, strict=True):
            if fragment is not None:
                yield {"tool_calls": [{"index": index, "function": {"arguments": fragment}}]}


def whole(turn: Answer, model: str, id_: str, usage: Usage) -> Json:
    """The same answer as one body."""
    says = [piece for step in turn.steps if isinstance(step, Say) for piece in step.pieces]
    thoughts = [piece for step in turn.steps if isinstance(step, Think) for piece in step.pieces]
    message: Json = {"role": "assistant", "content": "".join(says) or None, "refusal": None}
    if thoughts:
        message["reasoning_content"] = "".join(thoughts)
    calls = [one for step in turn.steps for one in _calls(step)]
    if calls:
        message["tool_calls"] = [
            {
                "id": one.id,
                "type": "function",
                "function": {"name": one.name, "arguments": "".join(one.fragments)},
            }
            for one in calls
        ]
    choice = {
        "index": 0,
        "message": message,
        "logprobs": None,
        "finish_reason": turn.finish_reason(),
    }
    return {
        "id": id_,
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [choice],
        "usage": usage.body(),
        "service_tier": "default",
        "system_fingerprint": FINGERPRINT,
    }


def _calls(step: Step) -> tuple[Call, ...]:
    if isinstance(step, Together):
        return step.calls
    return (step,) if isinstance(step, Call) else ()
