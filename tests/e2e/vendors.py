"""The providers that the scenarios are played through, each before an upstream with its manners."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.e2e import gemini_upstream, groq_upstream, messages_upstream, responses_upstream
from tests.e2e.kimi_chat import KIMI, KimiChatUpstream
from tests.e2e.scripted_upstream import KEY, OPENAI, Manners, ScriptedUpstream
from tests.e2e.upstream_script import Script


def _its_url(upstream: ScriptedUpstream) -> str:
    return upstream.base_url


@dataclass(frozen=True)
class Vendor:
    """A provider as its user meets it: a plugin, its variables, its models."""

    plugin: str
    variables: str
    """How the names of its variables begin."""
    big: str
    middle: str
    """Sees pictures."""
    small: str
    key: str = KEY
    manners: Manners = OPENAI
    address: Callable[[ScriptedUpstream], str] = _its_url
    """What a user calls the upstream's address."""
    more: Mapping[str, str] = field(default_factory=dict)
    wire: str = ""
    """Which of its APIs is spoken, where there are several."""
    media_in_results: bool = False
    """Results of tools may hold pictures and files."""
    is_anthropic: bool = False
    """Gets what the client sends, as it is: deferred tools, system messages, headers and all."""
    kind: type[ScriptedUpstream] = ScriptedUpstream
    """What answers."""

    def __str__(self) -> str:
        return f"{self.plugin}-{self.wire}" if self.wire else self.plugin

    def upstream(self, script: Script, context_window: int | None) -> ScriptedUpstream:
        return self.kind(
            script,
            key=self.key,
            models=(self.big, self.middle, self.small),
            context_window=context_window,
            manners=self.manners,
        )

    def environment(self, upstream: ScriptedUpstream, key: str) -> dict[str, str]:
        """The variables that lead the proxy to the upstream."""
        return {
            f"{self.variables}_API_KEY": key,
            f"{self.variables}_BASE_URL": self.address(upstream),
            "BIG_MODEL": self.big,
            "MIDDLE_MODEL": self.middle,
            "SMALL_MODEL": self.small,
            **self.more,
        }


CHAT = Vendor(
    plugin="openai",
    variables="OPENAI",
    big="big-model",
    middle="middle-model",
    small="small-model",
    more={"OPENAI_API": "chat"},
    wire="chat",
)

RESPONSES = Vendor(
    plugin="openai",
    variables="OPENAI",
    big=responses_upstream.BIG,
    middle=responses_upstream.MIDDLE,
    small=responses_upstream.SMALL,
    manners=responses_upstream.RESPONSES,
    more={"OPENAI_API": "responses"},
    wire="responses",
    media_in_results=True,
)

GROQ = Vendor(
    plugin="groq",
    variables="GROQ",
    big=groq_upstream.BIG,
    middle=groq_upstream.MIDDLE,
    small=groq_upstream.SMALL,
    key=groq_upstream.KEY,
    manners=groq_upstream.GROQ,
    address=lambda upstream: f"http://127.0.0.1:{upstream.port}",
)


class _Gemini(Vendor):
    """Another wire altogether, with a server of its own."""

    def upstream(self, script: Script, context_window: int | None) -> ScriptedUpstream:
        models = (self.big, self.middle, self.small)
        return gemini_upstream.GeminiUpstream(
            script,
            key=self.key,
            models=models,
            context_window=context_window,
            manners=self.manners,
        )

    def environment(self, upstream: ScriptedUpstream, key: str) -> dict[str, str]:
        variables = super().environment(upstream, key)
        variables["GOOGLE_GEMINI_BASE_URL"] = variables.pop("GEMINI_BASE_URL")
        return variables


GEMINI = _Gemini(
    plugin="gemini",
    variables="GEMINI",
    big=gemini_upstream.BIG,
    middle=gemini_upstream.MIDDLE,
    small=gemini_upstream.SMALL,
    key=gemini_upstream.KEY,
    manners=gemini_upstream.MANNERS,
    media_in_results=True,
)

PASSTHROUGH = Vendor(
    plugin="passthrough",
    variables="PASSTHROUGH",
    big="claude-opus-5-5",
    middle="claude-sonnet-5-5",
    small="claude-haiku-5-5",
    manners=messages_upstream.MANNERS,
    kind=messages_upstream.MessagesUpstream,
    media_in_results=True,
    is_anthropic=True,
)

MOONSHOT = Vendor(
    plugin="moonshot",
    variables="MOONSHOT",
    big="kimi-k3",
    middle="kimi-k3.1-pro",
    small="kimi-k2.6",
    manners=messages_upstream.MANNERS,
    kind=messages_upstream.KimiUpstream,
    wire="anthropic",
    media_in_results=True,
)

MOONSHOT_CHAT = Vendor(
    plugin="moonshot",
    variables="MOONSHOT",
    big="kimi-k3",
    middle="kimi-k3.1-pro",
    small="kimi-k2.6",
    manners=KIMI,
    kind=KimiChatUpstream,
    more={"MOONSHOT_API": "chat"},
    wire="chat",
)
