"""What Claude Code was recorded sending, explained for every provider: nothing is refused."""

import json
from functools import cache

import pytest

from proxy_core.assembly import make_router
from proxy_core.cli.explain.explanation import explain
from proxy_core.cli.explain.pairs import sections
from proxy_core.cli.explain.parts import NOTHING
from proxy_core.contract import Provider
from proxy_core.ledger import EXPLANATIONS, Reason
from proxy_core.plugins import load_plugins
from proxy_core.routing import Router
from proxy_core.settings import Settings
from tests.support.claude_code import FOLDER, TURNS

PLUGINS = ("gemini", "groq", "moonshot", "openai", "passthrough")
# Where these are each user says for himself.
ADDRESSES = {
    "AZURE_OPENAI_BASE_URL": "https://mine.openai.azure.com",
    "CUSTOM_BASE_URL": "https://mine.example/v1",
}
SETTINGS = Settings.load({"plugins": list(PLUGINS)}, environ=ADDRESSES, cwd=FOLDER)


@cache
def router() -> Router:
    return make_router(load_plugins(PLUGINS), SETTINGS)


def targets(card: Provider) -> list[str]:
    models = dict.fromkeys((card.big, card.middle, card.small))
    return [f"{card.name}/{model}" for model in models if model] or [f"{card.name}/some-model"]


TARGETS = [name for card in router().providers for name in targets(card)]


@pytest.mark.parametrize("target", TARGETS)
def test_each_turn_would_be_sent_and_what_is_lost_has_a_place_and_a_reason(target: str) -> None:
    for turn in TURNS:
        raw = (FOLDER / f"{turn}.json").read_bytes()
        told = explain(raw, f"claude-via-{target}", router(), SETTINGS)
        assert told.refused is None, (turn, told.refused)
        assert told.target == target
        assert told.body
        for loss in told.losses:
            assert loss.path == "" or loss.path.startswith("/")
            assert loss.explanation == EXPLANATIONS[Reason(loss.reason)]


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_is_left_out_of_the_two_columns(target: str) -> None:
    """Each part of both bodies stands in one line, whatever the provider's language."""
    for turn in TURNS:
        raw = (FOLDER / f"{turn}.json").read_bytes()
        body = explain(raw, f"claude-via-{target}", router(), SETTINGS).body
        request = json.loads(raw)
        pairs = [pair for section in sections(request, body) for pair in section.pairs]
        ours = [ours for ours, _ in pairs if ours is not NOTHING]
        assert len({line.path for line in ours}) == len(ours)
        assert {name for name in request if request[name]} <= {
            line.path.split("/")[1] for line in ours
        }
        theirs = {line.path.split("/")[1] for _, line in pairs if line is not NOTHING}
        assert theirs == {name for name in body if body[name] != []}
