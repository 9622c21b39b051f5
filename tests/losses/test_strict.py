"""`--strict`: what would change the meaning is refused, by its place and in words."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy_core import Translator, load_plugins
from proxy_core.contract import Unsupported
from proxy_core.ledger import EXPLANATIONS
from proxy_core.testing.strategies.surface import whole_requests
from tests.support.loss_fields import FIELDS, Field

Json = dict[str, Any]

PLUGINS = load_plugins(["openai", "groq", "gemini", "moonshot", "passthrough"])
LAX, STRICT = Translator(PLUGINS), Translator(PLUGINS, strict=True)
MODELS = (
    "anthropic/claude-opus-5-5",
    "openai/gpt-6.1-sol",
    "openrouter/some-model",
    "groq/openai/gpt-oss-120b",
    "gemini/gemini-4-carbon",
    "moonshot/kimi-k3",
    "deepseek-anthropic/deepseek-v4-pro",
)


@pytest.mark.proof
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(whole_requests(), st.sampled_from(MODELS))
def test_what_changes_the_meaning_is_refused_and_nothing_else(asked: Json, model: str) -> None:
    asked = asked | {"model": model}
    try:
        lax = LAX.request(asked)
    except Unsupported:
        return  # refused in any case
    meaningful = {loss.path: loss for loss in lax.losses.meaningful()}
    if not meaningful:
        assert STRICT.request(asked).upstream.body == lax.upstream.body
        return
    with pytest.raises(Unsupported) as refused:
        STRICT.request(asked)
    loss = meaningful[refused.value.path]
    assert EXPLANATIONS[loss.reason] in refused.value.why


HARMLESS = (
    "`system`, with `cache_control`",
    "`stop_sequences`, further ones",
    "`thinking`: enabled, with a budget",
    "`output_config.effort`: max",
    "`metadata.user_id`",
    "`context_management`: clear_thinking",
    "assistant: thinking, signed elsewhere",
    "tool result: `is_error`",
    "tool of type `bash_20250124`",
)
MEANINGFUL = (
    '`inference_geo`: "eu"',
    "a field of tomorrow",
    "`context_management`: compact",
    "user: document: `citations`",
    "tool: `strict`",
    "tool of type `web_search_20260318`",
)


def _field(name: str) -> Field:
    (found,) = (field for field in FIELDS if field.name == name)
    return found


@pytest.mark.parametrize("name", HARMLESS)
def test_what_only_says_how_passes(name: str) -> None:
    asked = _field(name).request | {"model": "groq/openai/gpt-oss-120b"}
    assert len(LAX.request(asked).losses)
    assert STRICT.request(asked).upstream.body == LAX.request(asked).upstream.body


@pytest.mark.parametrize("name", MEANINGFUL)
def test_what_says_what_is_refused_by_its_place(name: str) -> None:
    field = _field(name)
    with pytest.raises(Unsupported) as refused:
        STRICT.request(field.request | {"model": "groq/openai/gpt-oss-120b"})
    assert field.path.startswith(refused.value.path)
    assert "groq/openai/gpt-oss-120b" in refused.value.why
