"""Names and where they go with the plugins that are shipped, loaded together as users load them.

B27 to B30 are rows of the cases the project grew from. That answers name the model that was asked
for (B30) is shown over HTTP in `tests/plugins/groq`.
"""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import pytest

from proxy_core.assembly import make_router
from proxy_core.plugins import load_plugins
from proxy_core.routing import Router, UnknownModel
from proxy_core.settings import Settings

KIMI = "moonshotai/kimi-k2-instruct"
OSS = "openai/gpt-oss-120b"
KEYS = {
    "gemini": "GEMINI_API_KEY",
    "groq": "GROQ_API_KEY",
    "moonshot": "MOONSHOT_API_KEY",
    "openai": "OPENAI_API_KEY",
    "passthrough": "PASSTHROUGH_API_KEY",
}
ALL = "openai,groq,gemini,moonshot,passthrough"


@functools.cache
def router(plugins: str, variables: str = "", keys: str | None = None) -> Router:
    """With these plugins and `NAME=value` variables; each has its key, unless `keys` says whose."""
    names = plugins.split(",")
    keyed = names if keys is None else keys.split(",")
    environ = dict.fromkeys((KEYS[name] for name in keyed if name), "made-up")
    environ |= dict(variable.split("=", 1) for variable in variables.split())
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load({"plugins": names}, environ=environ, cwd=Path(folder))
    return make_router(load_plugins(names), settings)


def went(found: Router, name: str) -> str:
    (target,) = found.route(name).targets
    return target.name


# -- what the user set for the families ----------------------------------------------------

BIG = [
    # An id with a slash, whose part before it is no provider.
    ("groq", KIMI, "", f"groq/{KIMI}"),
    ("groq,openai", KIMI, "", f"groq/{KIMI}"),
    ("openai,groq", KIMI, "", f"groq/{KIMI}"),
    ("openai,groq", KIMI, "groq", f"groq/{KIMI}"),
    ("groq,openai", KIMI, "openai", f"openai/{KIMI}"),
    ("openai", KIMI, "", f"openai/{KIMI}"),
    ("moonshot,groq", KIMI, "", f"groq/{KIMI}"),
    # One whose part before the slash is a provider as well.
    ("groq", OSS, "", f"groq/{OSS}"),
    ("groq,openai", OSS, "", f"groq/{OSS}"),
    ("openai,groq", OSS, "groq", f"groq/{OSS}"),
    ("openai,groq", OSS, "", OSS),
    ("groq,openai", OSS, "openai", OSS),
    ("groq,passthrough", "qwen/qwen3.8-27b", "", "groq/qwen/qwen3.8-27b"),
    ("passthrough,groq", "qwen/qwen3.8-27b", "", "groq/qwen/qwen3.8-27b"),
    ("groq", "groq/compound", "", "groq/groq/compound"),
    # The provider is said.
    ("openai,groq", f"groq/{OSS}", "", f"groq/{OSS}"),
    ("openai,groq", f"groq/{OSS}", "openai", f"groq/{OSS}"),
    ("openai,groq", f"groq/{KIMI}", "openai", f"groq/{KIMI}"),
    ("groq,openai", "OpenAI/gpt-5.4", "groq", "openai/gpt-5.4"),
    ("groq,gemini", "google/gemini-2.5-pro", "", "gemini/gemini-2.5-pro"),
    ("groq,moonshot", "kimi/kimi-k2.6", "", "moonshot/kimi-k2.6"),
    ("groq,passthrough", "anthropic/claude-opus-5", "", "anthropic/claude-opus-5"),
    (
        "groq,passthrough",
        "openrouter-anthropic/anthropic/claude-opus-5",
        "",
        "openrouter-anthropic/anthropic/claude-opus-5",
    ),
    # Bare ids.
    ("groq,openai", "gpt-5.4", "", "openai/gpt-5.4"),
    ("groq,openai", "gpt-5.4", "groq", "groq/gpt-5.4"),
    ("groq,gemini", "gemini-2.5-pro", "google", "gemini/gemini-2.5-pro"),
    ("openai,passthrough", "qwen3:32b", "", "openai/qwen3:32b"),
    ("openai,passthrough", "claude-opus-4-6", "", "anthropic/claude-opus-4-6"),
    ("groq", "never-heard-of", "", "groq/never-heard-of"),
]


@pytest.mark.parametrize(("plugins", "model", "preferred", "target"), BIG)
def test_b29_what_the_user_set_goes_where_it_is_served_unchanged(
    plugins: str, model: str, preferred: str, target: str
) -> None:
    variables = f"BIG_MODEL={model}" + (f" PREFERRED_PROVIDER={preferred}" if preferred else "")
    found = router(plugins, variables)
    for asked in ("claude-opus-5-5", "opus[1m]", "claude-fable-5-2", "mythos", "claude-sonnet-5"):
        assert went(found, asked) == target


@pytest.mark.parametrize("model", [KIMI, OSS, "qwen/qwen3.8-27b"])
def test_ids_stay_with_a_server_of_the_users(model: str) -> None:
    """What a local server calls its models is not for Groq to take."""
    here = "OPENAI_BASE_URL=http://127.0.0.1:1234/v1"
    found = router("openai,groq", f"BIG_MODEL={model} {here}")
    assert went(found, "opus").startswith("openai/")


def test_each_tier_may_be_another_providers() -> None:
    tiers = f"BIG_MODEL=kimi-k3 MIDDLE_MODEL=gemini/gemini-4-hydrogen SMALL_MODEL=groq/{OSS}"
    found = router(ALL, tiers)
    assert went(found, "claude-opus-5-5") == "moonshot/kimi-k3"
    assert went(found, "claude-sonnet-5-5") == "gemini/gemini-4-hydrogen"
    assert went(found, "claude-haiku-5-5") == f"groq/{OSS}"


# -- what clients ask for ------------------------------------------------------------------

ASKED = {
    # Nobody set a model: the card of the first provider has one for each family.
    "claude-opus-5-5": "gemini/gemini-4-carbon",
    "claude-opus-4-6": "gemini/gemini-4-carbon",
    "claude-fable-5": "gemini/gemini-4-carbon",
    "claude-mythos-1": "gemini/gemini-4-carbon",
    "claude-opus-5-5[1m]": "gemini/gemini-4-carbon",
    "Claude-Opus-5": "gemini/gemini-4-carbon",
    "claude-3-opus-latest": "gemini/gemini-4-carbon",
    "claude-saga-7": "gemini/gemini-4-carbon",
    "anthropic/claude-opus-4.6": "gemini/gemini-4-carbon",
    "gateway/anthropic/claude-opus-4": "gemini/gemini-4-carbon",
    "opus": "gemini/gemini-4-carbon",
    "SONNET": "gemini/gemini-4-hydrogen",
    "claude-sonnet-4-5-20250929": "gemini/gemini-4-hydrogen",
    "haiku[1m]": "gemini/gemini-3.5-flash-lite",
    "claude-haiku-4-5-20251001": "gemini/gemini-3.5-flash-lite",
    # Models by their own names.
    "gpt-5.4": "openai/gpt-5.4",
    "gpt-5.4-2026-03-05": "openai/gpt-5.4-2026-03-05",
    "gpt-5.4[1m]": "openai/gpt-5.4",
    "gemini-2.5-flash": "gemini/gemini-2.5-flash",
    "kimi-k3": "moonshot/kimi-k3",
    "kimi-k2-0905-preview": "moonshot/kimi-k2-0905-preview",
    KIMI: f"groq/{KIMI}",
    "qwen/qwen3.8-27b": "groq/qwen/qwen3.8-27b",
    # Providers by their names and aliases.
    OSS: OSS,
    f"groq/{OSS}": f"groq/{OSS}",
    f"groq/{OSS}[1m]": f"groq/{OSS}",
    f"GROQ/{KIMI}": f"groq/{KIMI}",
    "groq/compound": "groq/groq/compound",
    "openrouter/anthropic/claude-opus-4": "openrouter/anthropic/claude-opus-4",
    "grok/grok-4.7": "xai/grok-4.7",
    "google/gemini-3-flash-preview": "gemini/gemini-3-flash-preview",
    "kimi/kimi-k2.6": "moonshot/kimi-k2.6",
    "openai/Gpt-Spelt-Otherwise": "openai/Gpt-Spelt-Otherwise",
}


@pytest.mark.parametrize(("name", "target"), ASKED.items())
def test_without_any_variable(name: str, target: str) -> None:
    assert went(router("gemini,openai,groq,moonshot"), name) == target


@pytest.mark.parametrize("name", ["GPT-5.4", "Kimi-K3", "gpt", "unknown/model", "models/x"])
def test_ids_are_spelt_as_the_vendors_spell_them(name: str) -> None:
    with pytest.raises(UnknownModel):
        router("gemini,openai,groq,moonshot").route(name)


@pytest.mark.parametrize(
    ("plugins", "variables", "keys", "target"),
    [
        ("openai,passthrough", "", None, "anthropic/claude-opus-5-5"),
        ("passthrough,openai", "", None, "anthropic/claude-opus-5-5"),
        ("openai,passthrough", "PREFERRED_PROVIDER=anthropic", None, "anthropic/claude-opus-5-5"),
        ("passthrough,openai", "PREFERRED_PROVIDER=openai", None, "openai/gpt-6.1-sol"),
        ("openai,passthrough", "", "openai", "openai/gpt-6.1-sol"),
        ("passthrough,openai", "PREFERRED_PROVIDER=kimi-code", None, "kimi-code/k3"),
        ("openai,passthrough", "BIG_MODEL=o3", None, "openai/o3"),
        ("openai,passthrough", "", "", "anthropic/claude-opus-5-5"),  # offline, no key at all
        (ALL, "PREFERRED_PROVIDER=kimi", None, "moonshot/kimi-k3"),
        (ALL, "PREFERRED_PROVIDER=google", None, "gemini/gemini-4-carbon"),
        (ALL, "PREFERRED_PROVIDER=Groq", None, f"groq/{OSS}"),
    ],
)
def test_claude_beside_anthropic_itself(
    plugins: str, variables: str, keys: str | None, target: str
) -> None:
    assert went(router(plugins, variables, keys), "claude-opus-5-5") == target


def test_a_provider_without_a_key_is_named_where_nobody_else_serves_the_model() -> None:
    found = router("groq,openai", keys="groq")
    assert went(found, "gpt-5.4") == "openai/gpt-5.4"
    assert went(found, OSS) == f"groq/{OSS}"
    assert went(router("openai,groq", keys="groq"), OSS) == f"groq/{OSS}"
    assert went(router("openai,groq", keys="groq"), "openai/gpt-5.4") == "openai/gpt-5.4"


def test_a_name_that_nobody_serves_is_answered_with_the_closest_ones_first() -> None:
    with pytest.raises(UnknownModel, match=r"ask for one of: groq/openai/gpt-oss-120b, "):
        router("groq,gemini").route("gpt-oss-12b")
