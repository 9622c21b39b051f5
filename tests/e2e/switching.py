"""A client that holds one conversation with several vendors.

It keeps the history as Claude Code does: each block as it was received.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import anthropic

from tests.e2e.cast import Cast
from tests.e2e.claude_code import CLIENT_KEY
from tests.e2e.parties import Party, home
from tests.e2e.scripted_upstream import Exchange
from tests.e2e.upstream_script import Json, text_of
from tests.e2e.vendors import GEMINI, PASSTHROUGH, RESPONSES

PIXEL = "iVBORw0KGgo="
ANTHROPIC_ID = re.compile(r"[a-zA-Z0-9_-]+")
LIMIT = 30.0
TOOLS: list[Json] = [
    {
        "name": "Run",
        "description": "Runs something.",
        "input_schema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {"what": {"type": "string"}, "limit": {"exclusiveMinimum": 0}},
            "required": ["what"],
            "additionalProperties": False,
        },
    }
]
Thought = tuple[str, str]
"""A thinking block as the client has it: its words and its signature."""


@dataclass
class Client:
    """Holds one conversation, whoever is at the other end."""

    cast: Cast
    messages: list[Json] = field(default_factory=list)
    given: dict[Party, dict[Thought, Any]] = field(default_factory=dict)
    """The state that each vendor takes back, by the block that came with it."""
    thinking: Json | None = field(
        default_factory=lambda: {"type": "adaptive", "display": "updates"}
    )
    exact: bool = True
    """The state comes home as it was given, which takes a history that is as it was told."""

    def with_history(self, messages: list[Json], *, exact: bool = True) -> "Client":
        """A client that knows the same vendors' states, but has this history."""
        given = {party: dict(states) for party, states in self.given.items()}
        return replace(self, messages=messages, given=given, exact=exact)

    def ask(self, party: Party, url: str, *, stream: bool, model: str = "") -> Exchange:
        """Go on with this vendor; what it was asked."""
        self._go_on()
        secrets = self.cast.secrets[party]
        signed, items = len(secrets.signatures), len(secrets.items)
        message = self._answer(url, model or party.address, stream=stream)
        exchange = secrets.upstream.chats[-1]
        self._check(exchange, party)
        self.messages.append({"role": "assistant", "content": message["content"]})
        given = self._given(party, secrets.signatures[signed:], secrets.items[items:])
        for thought, state in zip(thoughts(self.messages[-1:]), given, strict=False):
            self.given.setdefault(party, {})[thought] = state
        return exchange

    def _go_on(self) -> None:
        """Run what was called, or say something; at times the client's system says something."""
        last = self.messages[-1]["content"] if self.messages else []
        calls = [block for block in last if block["type"] == "tool_use"]
        if not calls:
            self._say("user", f"Question {len(self.messages)}.")
            return
        self.messages.append({"role": "user", "content": [_result(one) for one in calls]})
        if len(calls) > 1:
            self._say("system", f"Reminder {len(self.messages)}.")

    def _say(self, role: str, text: str) -> None:
        block = {"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}
        self.messages.append({"role": role, "content": [block]})

    def _answer(self, url: str, model: str, *, stream: bool) -> Json:
        asked: Json = {
            "model": model,
            "max_tokens": 8000,
            "messages": self.messages,
            "tools": TOOLS,
            "system": "You are being tested.",
            "extra_body": {"thinking": self.thinking} if self.thinking else None,
        }
        with anthropic.Anthropic(
            base_url=url, api_key=CLIENT_KEY, max_retries=0, timeout=LIMIT
        ) as client:
            if not stream:
                return client.messages.create(**asked).to_dict()
            with client.messages.stream(**asked) as told:
                return told.get_final_message().to_dict()

    def _check(self, exchange: Exchange, party: Party) -> None:
        """The whole history is there, in order and in pairs, with the vendor's own state."""
        talk = exchange.talk
        said = "\n".join(text_of(message) for message in talk.messages)
        place = 0
        for text in _texts(self.messages):
            place = said.find(text, place)
            assert place >= 0, (party, text, said)
        for message in talk.messages:
            for one in message.get("tool_calls", ()):
                what = json.loads(one["function"]["arguments"])["what"]
                assert f"Result of {what}." in talk.results[one["id"]], party
        if party.vendor is PASSTHROUGH:
            assert all(ANTHROPIC_ID.fullmatch(id_) for id_ in talk.results)
        known = self.given.get(party, {})
        expected = [known[one] for one in thoughts(self.messages) if one in known]
        assert not self.exact or home(party, json.loads(exchange.raw)) == expected, party

    def _given(self, party: Party, signatures: list[str], items: list[Json]) -> list[Any]:
        """The state that the latest answer holds for its vendor."""
        number = self.cast.upstream(party)._answered
        words = f"{party.words} {number}."
        if party.vendor is RESPONSES:
            return items
        if party.vendor is GEMINI:
            return list(signatures)
        if party.speaks_messages:
            return [(words, signature) for signature in signatures]
        return [words] if party.reasoning_field else []


def _result(one: Json) -> Json:
    """Words, and now and then a picture."""
    shown: list[Json] = [{"type": "text", "text": f"Result of {one['input']['what']}."}]
    if one["input"]["what"].endswith("1"):
        source = {"type": "base64", "media_type": "image/png", "data": PIXEL}
        shown.append({"type": "image", "source": source})
    return {"type": "tool_result", "tool_use_id": one["id"], "content": shown}


def thoughts(messages: list[Json]) -> Iterator[Thought]:
    """The thinking in a history, as far as it is signed."""
    for message in messages:
        for block in message["content"]:
            if block["type"] == "thinking" and block["signature"]:
                yield block["thinking"], block["signature"]


def _texts(messages: list[Json]) -> Iterator[str]:
    """Everything that was said, in order."""
    for message in messages:
        for block in message["content"]:
            inner = block["content"] if block["type"] == "tool_result" else [block]
            yield from (part["text"] for part in inner if part["type"] == "text")
