"""One conversation with several vendors: the tour, its client, and what may be seen of it where.

Every vendor of the cast has its own strict upstream and stands before one proxy with the rest of
them. The client keeps the history as Claude Code does: each block as it was received.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anthropic

from tests.e2e import groq_upstream
from tests.e2e.claude_code import CLIENT_KEY
from tests.e2e.gemini_rules import DUMMIES
from tests.e2e.gemini_upstream import GeminiUpstream
from tests.e2e.messages_upstream import MessagesUpstream
from tests.e2e.proxy_process import ProxyProcess
from tests.e2e.scripted_upstream import Exchange, Manners, ScriptedUpstream
from tests.e2e.upstream_script import (
    Answer,
    Call,
    Conversation,
    Json,
    Script,
    answer,
    call,
    say,
    text_of,
    think,
    together,
)
from tests.e2e.vendors import (
    CHAT,
    GEMINI,
    GROQ,
    MOONSHOT,
    MOONSHOT_CHAT,
    PASSTHROUGH,
    RESPONSES,
    Vendor,
)

ENVELOPE = b"pxc1."
PIXEL = "iVBORw0KGgo="
ANTHROPIC_ID = re.compile(r"[a-zA-Z0-9_-]+")
LIMIT = 30.0
TIERS = ("BIG_MODEL", "MIDDLE_MODEL", "SMALL_MODEL")


@dataclass(frozen=True, eq=False)
class Party:
    """A vendor under the name that its provider has in this proxy."""

    provider: str
    vendor: Vendor
    model: str
    like: str = ""
    """The card it is made from, where the user made it: two wires of one card side by side."""

    def __str__(self) -> str:
        return self.provider

    @property
    def address(self) -> str:
        return f"{self.provider}/{self.model}"

    @property
    def words(self) -> str:
        """How everything begins that it thinks."""
        return f"Secretly {self.provider} thinks"

    @property
    def speaks_messages(self) -> bool:
        """Whether its API is Anthropic's."""
        return self.vendor in (MOONSHOT, PASSTHROUGH)

    @property
    def reasoning_field(self) -> str:
        """Where a message of Chat Completions brings reasoning back to this vendor."""
        return {"groq": "reasoning", "kimi-chat": "reasoning_content"}.get(self.provider, "")

    @property
    def key_variable(self) -> str:
        return f"{self.provider.upper().replace('-', '_')}_API_KEY"

    def call_id(self, number: int, place: int) -> str:
        """An id as this vendor gives them out. Kimi counts anew in every answer."""
        if self.vendor.plugin == "moonshot":
            return f"functions.Run:{place}"
        form = {"openai": "call_{}x{}", "anthropic": "toolu_01{}A{}"}
        return form.get(self.provider, "fc_{}-{}").format(number, place)

    def table(self, upstream: ScriptedUpstream) -> str:
        """The lines of `proxy.toml` that make the provider."""
        wire = f'quirks = {{ wire = "{self.vendor.wire}" }}'
        address = f'base_url = "{self.vendor.address(upstream)}"'
        keys = f'api_key_env = ["{self.key_variable}"]'
        return f'[providers.{self.provider}]\nlike = "{self.like}"\n{address}\n{keys}\n{wire}\n'


OPENAI = Party("openai", RESPONSES, RESPONSES.big)
OPENAI_CHAT = Party("openai-chat", CHAT, CHAT.big, like="openai")
GOOGLE = Party("gemini", GEMINI, GEMINI.big)
GROQ_OSS = Party("groq", GROQ, groq_upstream.BIG)
KIMI = Party("moonshot", MOONSHOT, MOONSHOT.big)
KIMI_CHAT = Party("kimi-chat", MOONSHOT_CHAT, MOONSHOT_CHAT.big, like="moonshot")
ANTHROPIC = Party("anthropic", PASSTHROUGH, PASSTHROUGH.big)

PARTIES = (OPENAI, OPENAI_CHAT, GOOGLE, GROQ_OSS, KIMI, KIMI_CHAT, ANTHROPIC)
PLUGINS = ("openai", "gemini", "groq", "moonshot", "passthrough")


# -- what the vendors say and know -----------------------------------------------------------------


def script(party: Party) -> Script:
    """One call, then two at once, then words alone; and again. Each thought is there once."""

    def turn(talk: Conversation) -> Answer:
        n = talk.number
        one, two = (_run(party, n, place) for place in (0, 1))
        words = say(f"{party} says ", f"{n}.")
        reasoned = think(f"{party.words} ", f"{n}.")
        match talk.answers % 3:
            case 0:
                return answer(reasoned, words, one)
            case 1:
                return answer(reasoned, together(one, two))
            case _:
                return answer(reasoned, words)

    return turn


def _run(party: Party, number: int, place: int) -> Call:
    return call(party.call_id(number, place), "Run", {"what": f"{party} {number} {place}"})


class Secrets:
    """What an upstream gave out that is for nobody else, in order."""

    def __init__(self, party: Party, script: Script) -> None:
        self.party = party
        self.items: list[Json] = []
        """Reasoning items of the Responses API."""
        self.more: list[str] = []
        """What somebody gave out before this conversation came to the proxy."""
        self.upstream = party.vendor.upstream(script, None)
        if party.vendor is RESPONSES:
            self.upstream.manners = self._recording(self.upstream.manners)

    def _recording(self, manners: Manners) -> Manners:
        def chunks(*asked: Any) -> Iterator[object]:
            for event in manners.chunks(*asked):
                if isinstance(event, dict) and event["type"] == "response.completed":
                    self._keep(event["response"])
                yield event

        def whole(*asked: Any) -> Json:
            response = manners.whole(*asked)
            self._keep(response)
            return response

        return replace(manners, chunks=chunks, whole=whole)

    def _keep(self, response: Json) -> None:
        self.items += [item for item in response["output"] if item["type"] == "reasoning"]

    @property
    def signatures(self) -> list[str]:
        """What is signed or encrypted."""
        if isinstance(self.upstream, GeminiUpstream | MessagesUpstream):
            return list(self.upstream._issued)
        return [item["encrypted_content"] for item in self.items]

    def seen_in(self, raw: bytes) -> list[str]:
        """Which of them these bytes show."""
        known = [*self.signatures, self.party.words, *self.more]
        return [one for one in known if one.encode() in raw]


def home(party: Party, sent: Json) -> list[Any]:
    """The vendor's own state in a request to it, at the place that its documentation names."""
    if party.vendor is RESPONSES:
        return [item for item in sent["input"] if item.get("type") == "reasoning"]
    if party.vendor is GEMINI:
        parts = [part for content in sent["contents"] for part in content["parts"]]
        signed = [part["thoughtSignature"] for part in parts if "thoughtSignature" in part]
        return [one for one in signed if one not in DUMMIES]
    if party.speaks_messages:
        blocks = [b for m in sent["messages"] if m["role"] == "assistant" for b in m["content"]]
        thoughts = [block for block in blocks if block["type"] == "thinking"]
        return [(b["thinking"], b["signature"]) for b in thoughts if b["thinking"] != " "]
    told = [message.get(party.reasoning_field) for message in sent["messages"]]
    return [text for text in told if text and text.strip()]


# -- the cast --------------------------------------------------------------------------------------


class Cast:
    """The upstreams of all parties. `proxy` starts one before them."""

    def __init__(
        self,
        root: Path,
        parties: Sequence[Party] = PARTIES,
        script: Callable[[Party], Script] = script,
    ) -> None:
        self.root = root
        self.secrets = {party: Secrets(party, script(party)) for party in parties}
        self._open = contextlib.ExitStack()
        self._checked = dict.fromkeys(parties, 0)

    def __enter__(self) -> Self:
        for secrets in self.secrets.values():
            self._open.enter_context(secrets.upstream)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, traceback)

    def folder(self, name: str) -> Path:
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def upstream(self, party: Party) -> ScriptedUpstream:
        return self.secrets[party].upstream

    def proxy(
        self, plugins: Sequence[str] = PLUGINS, settings: Mapping[str, str] | None = None
    ) -> ProxyProcess:
        """Another process, with these plugins and no memory."""
        made = [party for party in self.secrets if party.like and party.vendor.plugin in plugins]
        tables = "\n".join(party.table(self.upstream(party)) for party in made)
        self.folder("proxy").joinpath("proxy.toml").write_text(tables)
        return ProxyProcess(
            {"HOME": str(self.folder("home")), **self._variables(), **(settings or {})},
            self.folder("proxy"),
            not_its_port=0,
            arguments=f"serve --plugins {','.join(plugins)} --host 127.0.0.1 --port 0",
        )

    def _variables(self) -> dict[str, str]:
        variables = {}
        for party, secrets in self.secrets.items():
            upstream = secrets.upstream
            if party.like:
                variables[party.key_variable] = upstream.key
            else:
                variables |= party.vendor.environment(upstream, upstream.key)
        return {name: value for name, value in variables.items() if name not in TIERS}

    def forget(self) -> None:
        """Let all upstreams begin anew, for another conversation."""
        for secrets in self.secrets.values():
            secrets.items.clear()
            secrets.upstream.exchanges.clear()
            secrets.upstream._answered = 0
            if isinstance(secrets.upstream, GeminiUpstream | MessagesUpstream):
                secrets.upstream._issued.clear()
        self._checked = dict.fromkeys(self.secrets, 0)

    def check(self) -> None:
        """Since the last look no upstream refused anything, and none saw what was not for it."""
        for party, secrets in self.secrets.items():
            assert secrets.upstream.problems == [], party
            seen = secrets.upstream.exchanges
            unseen, self._checked[party] = seen[self._checked[party] :], len(seen)
            for exchange in unseen:
                assert exchange.refused is None, party
                assert ENVELOPE not in exchange.raw, party
                for other in self.secrets.values():
                    if other.party != party:
                        assert other.seen_in(exchange.raw) == [], (party, other.party)


# -- the client ------------------------------------------------------------------------------------

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
