"""The providers that the scenarios are played through, each before an upstream with its manners."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.e2e import gemini_upstream, groq_upstream, responses_upstream
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

    def __str__(self) -> str:
        return f"{self.plugin}-{self.wire}" if self.wire else self.plugin

    def upstream(self, script: Script, context_window: int | None) -> ScriptedUpstream:
        return ScriptedUpstream(
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
