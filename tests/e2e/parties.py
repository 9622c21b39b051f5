"""The vendors of one conversation: their names in the proxy, and what each says and is told."""

from dataclasses import dataclass
from typing import Any

from tests.e2e import groq_upstream
from tests.e2e.gemini_rules import DUMMIES
from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import (
    Answer,
    Call,
    Conversation,
    Json,
    Script,
    answer,
    call,
    say,
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
