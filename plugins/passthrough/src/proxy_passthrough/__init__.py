"""Anthropic, and the vendors that speak its API themselves: passed through, not translated."""

from __future__ import annotations

from proxy_core.contract import About, ErrorVerdict, ModelFacts, Provider, Target, UpstreamFailure
from proxy_core.dialects.anthropic_native import AnthropicNative
from proxy_core.dialects.openai_chat.failures.verdict import classify_error as classify_elsewhere
from proxy_core.dialects.openai_chat.quirks import Quirks as ChatQuirks
from proxy_passthrough.vendors import VENDORS, VERSION

_SOURCE = "platform.claude.com, each model's overview, 2026-11"

ANTHROPIC = Provider(
    name="anthropic",
    base_url="https://api.anthropic.com",
    base_url_env=("PASSTHROUGH_BASE_URL",),
    key_env=("PASSTHROUGH_API_KEY", "ANTHROPIC_API_KEY"),
    key_header="x-api-key",
    key_scheme="",
    headers=VERSION,
    quirks={"headers": ("anthropic-*", "x-claude-code-*", "x-stainless-*", "x-app", "user-agent")},
    # To be listed: nothing of a request to Anthropic itself is bent. No field here tells which
    # forms of thinking a model takes, so that no more is said of what it can do.
    models=(
        ModelFacts(
            pattern="claude-*-4-5*",
            context_window=200_000,
            max_output_tokens=64_000,
            source=_SOURCE,
        ),
        ModelFacts(
            pattern="claude-*-5*",
            context_window=1_000_000,
            max_output_tokens=128_000,
            source=_SOURCE,
        ),
        ModelFacts(pattern="claude-*", context_window=1_000_000, source=_SOURCE),
    ),
    big="claude-opus-5-5",
    middle="claude-sonnet-5-5",
    small="claude-haiku-5-5",
    docs="https://docs.claude.com/en/api/messages",
)


class Passthrough(AnthropicNative):
    providers = (ANTHROPIC, *VENDORS)

    def classify(self, failure: UpstreamFailure, target: Target) -> ErrorVerdict | None:
        """Errors in Anthropic's shape as they are; but a vendor says in words of its own that a
        prompt is too long or that the money is spent, and clients know only Anthropic's."""
        native = super().classify(failure, target)
        if not self.quirks(target).seal_signatures:
            return native  # Anthropic itself, or what stands in its place
        meant = classify_elsewhere(failure, target, ChatQuirks(), mends=False)
        if native is None or (meant and meant.about in _WORDED_ANEW):
            return meant
        return native


_WORDED_ANEW = frozenset({About.CONTEXT_OVERFLOW, About.MAX_TOKENS, About.QUOTA})

plugin = Passthrough()
