"""Legal requests of the Messages API, at random.

Every conversation keeps the API's rules: each call is answered once, in the user turn after
it, and the request ends where an answer may begin. Each text carries a marker `<n>` that is
unique in its conversation, so that a test can follow it.
"""

import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.ids import wrap_tool_id
from proxy_core.contract import ModelFacts, Provider, Target

Json = dict[str, Any]
Draw = Callable[[st.SearchStrategy[Any]], Any]

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAMES = st.sampled_from(
    ["Bash", "Read", "a", "mcp.server/tool", "mcp__x__y", "n" * 80, "outil-été", "Read.file"]
)
VENDOR_IDS = st.sampled_from(["functions.Bash:0", "functions.Bash:1", "call_1", "x" * 45, "é"])
OBJECTS = st.dictionaries(
    TEXTS, st.none() | st.booleans() | st.integers() | TEXTS | st.lists(TEXTS, max_size=2),
    max_size=3,
)  # fmt: skip
ACME = Target(
    provider=Provider(name="acme", base_url="https://api.acme.example/v1"),
    model="acme/large-1",
    facts=ModelFacts(pattern="*"),
)
"""Whose reasoning the conversations hold, beside that of Anthropic itself."""
PIXEL = "iVBORw0KGgo="
CACHE = {"type": "ephemeral"}


class _Writer:
    """Writes one conversation and remembers what must be unique in it."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.messages: list[Json] = []
        self._marker = 0
        self._ids: set[str] = set()

    def chance(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def words(self) -> str:
        self._marker += 1
        return f"<{self._marker}>{self.draw(TEXTS)}"

    def marked(self, block: Json) -> Json:
        return block | {"cache_control": CACHE} if self.chance(False, False, True) else block

    def text(self) -> Json:
        return self.marked({"type": "text", "text": self.words()})

    def new_id(self) -> str:
        made = f"toolu_{len(self._ids)}"
        if self.chance(False, True):
            made = wrap_tool_id(self.draw(VENDOR_IDS), self._ids)
        made = f"toolu_{len(self._ids)}" if made in self._ids else made
        self._ids.add(made)
        return made

    # -- what is said ----------------------------------------------------------------------

    def said(self) -> Json:
        """A block of a user message that is no tool result."""
        match self.chance("text", "text", "text", "image", "document", "search", "empty", "new"):
            case "image":
                return self.image()
            case "document":
                source = {"type": "text", "media_type": "text/plain", "data": self.words()}
                return self.marked({"type": "document", "source": source, "title": "T"})
            case "search":
                inner = [{"type": "text", "text": self.words()}]
                return {"type": "search_result", "source": "s", "title": "t", "content": inner}
            case "empty":
                return {"type": "text", "text": ""}
            case "new":
                return {"type": "block_of_tomorrow", "text": self.words()}
            case _:
                return self.text()

    def image(self) -> Json:
        source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
        if self.chance(False, True):
            source = {"type": "url", "url": "https://example.org/a.png"}
        return self.marked({"type": "image", "source": source})

    def result(self, call: Json) -> Json:
        block: Json = {"type": "tool_result", "tool_use_id": call["id"]}
        match self.chance("string", "string", "blocks", "absent", "reference"):
            case "string":
                block["content"] = self.words()
            case "blocks":
                inner = [self.chance(self.text, self.image)() for _ in range(self.chance(0, 1, 2))]
                block["content"] = inner
            case "reference":
                block["content"] = [{"type": "tool_reference", "tool_name": self.draw(NAMES)}]
        if self.chance(False, False, True):
            block["is_error"] = True
        return self.marked(block)

    # -- turns -----------------------------------------------------------------------------

    def say(self, role: str, blocks: list[Json]) -> None:
        """A message, written as a string where that is possible and by chance."""
        content: Any = blocks
        plain = len(blocks) == 1 and set(blocks[0]) == {"type", "text"}
        if plain and blocks[0]["type"] == "text" and self.chance(False, True):
            content = blocks[0]["text"]
        self.messages.append({"role": role, "content": content})

    def user(self) -> None:
        for _ in range(self.chance(1, 1, 1, 2)):
            self.say("user", [self.said() for _ in range(self.chance(1, 1, 2, 3))])

    def answer(self) -> list[Json]:
        """A turn of the assistant that says something; what it calls."""
        self.say("assistant", [self.text()])
        return self.assistant()

    def systems(self) -> None:
        for _ in range(self.chance(0, 0, 1, 2)):
            self.say("system", [self.text()])

    def assistant(self) -> list[Json]:
        """A turn of the assistant; what it calls."""
        calls: list[Json] = []
        for _ in range(self.chance(1, 1, 1, 2)):
            blocks = [self.block_of_assistant() for _ in range(self.chance(0, 1, 2, 3))]
            blocks += [self.call() for _ in range(self.chance(0, 0, 2, 3))]
            calls += [block for block in blocks if block["type"] == "tool_use"]
            self.say("assistant", blocks)
            if self.chance(False, False, False, True):
                self.systems()
        return calls

    def block_of_assistant(self) -> Json:
        match self.chance("text", "call", "call", "foreign", "own", "redacted", "search"):
            case "call":
                return self.call()
            case "foreign":
                return {"type": "thinking", "thinking": self.words(), "signature": "c2ln"}
            case "own":
                signature = seal(Envelope.of(ACME, reasoning="hidden"))
                shown = self.chance("", self.words())
                return {"type": "thinking", "thinking": shown, "signature": signature}
            case "redacted":
                return {"type": "redacted_thinking", "data": "b3BhcXVl"}
            case "search":
                item = {"type": "web_search_result", "title": self.words(), "url": "u"}
                return {"type": "web_search_tool_result", "tool_use_id": "s", "content": [item]}
            case _:
                return self.text()

    def call(self) -> Json:
        use = {"type": "tool_use", "id": self.new_id(), "name": self.draw(NAMES)}
        return self.marked(use | {"input": self.draw(OBJECTS)})

    def results(self, calls: list[Json]) -> None:
        """The turn that answers them: in any order, over one or two messages, text anywhere."""
        blocks = [self.result(call) for call in self.draw(st.permutations(calls))]
        for _ in range(self.chance(0, 0, 1, 2)):
            place = self.draw(st.integers(0, len(blocks)))
            blocks.insert(place, self.text())
        cut = self.draw(st.integers(0, len(blocks))) if self.chance(False, False, True) else 0
        for part in (blocks[:cut], blocks[cut:]):
            if part:
                self.say("user", part)


@st.composite
def conversations(draw: Draw, max_turns: int = 4) -> list[Json]:
    """The `messages` of a legal request."""
    writer = _Writer(draw)
    writer.user()
    writer.systems()
    for _ in range(draw(st.integers(0, max_turns))):
        calls = writer.assistant()
        if calls:
            writer.results(calls)
        else:
            writer.user()
        writer.systems()
    return writer.messages


@st.composite
def requests(draw: Draw, max_turns: int = 4) -> Json:
    """A legal request around a conversation: tools, settings, and fields of tomorrow."""
    names = draw(st.lists(NAMES, max_size=3))
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    tools = [{"name": name, "input_schema": schema} for name in names]
    optional: Json = {
        "system": draw(TEXTS) or [{"type": "text", "text": "S", "cache_control": CACHE}],
        "stream": draw(st.booleans()),
        "thinking": draw(st.sampled_from([{"type": "adaptive"}, {"type": "disabled"}])),
        "output_config": {"effort": draw(st.sampled_from(["low", "medium", "high", "max"]))},
        "stop_sequences": draw(st.lists(TEXTS, max_size=6)),
        "temperature": 0.5,
        "metadata": {"user_id": json.dumps({"session_id": "s", "device_id": "d"})},
        "field_of_tomorrow": {"a": 1},
    }
    chosen = draw(st.sets(st.sampled_from(sorted(optional))))
    request: Json = {"model": "claude-opus-5-5", "max_tokens": draw(st.integers(1, 128_000))}
    request |= {name: optional[name] for name in sorted(chosen)}
    if tools:
        request["tools"] = tools
        request["tool_choice"] = draw(
            st.sampled_from([{"type": "auto"}, {"type": "any"}, {"type": "none"}])
            | st.just({"type": "tool", "name": names[0], "disable_parallel_tool_use": True})
        )
    return request | {"messages": draw(conversations(max_turns))}


@st.composite
def growing(draw: Draw, max_turns: int = 4) -> list[list[Json]]:
    """The `messages` of one request after the other, each with what was said since the last."""
    writer = _Writer(draw)
    told = []
    writer.say("user", [writer.text()])
    writer.user()
    writer.systems()
    told.append(list(writer.messages))
    for _ in range(draw(st.integers(1, max_turns))):
        calls = writer.answer()
        if calls:
            writer.results(calls)
        else:
            writer.user()
        writer.systems()
        told.append(list(writer.messages))
    return told


def may_end(messages: list[Json]) -> bool:
    """Whether a request may end here: every call answered, and it is not the assistant's turn."""
    waiting: set[str] = set()
    for message in messages:
        for block in message["content"] if isinstance(message["content"], list) else ():
            if block["type"] == "tool_use":
                waiting.add(block["id"])
            elif block["type"] == "tool_result":
                waiting.discard(block["tool_use_id"])
    return bool(messages) and not waiting and messages[-1]["role"] != "assistant"
