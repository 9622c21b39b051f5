"""Groq's card: its models, their limits, its page."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy_core.bound import BoundProvider
from proxy_core.contract import Target
from proxy_core.ledger import Ledger, Loss, LossKind, Reason
from proxy_core.routing.directory import at, listed
from tests.e2e.groq_rules import EFFORTS, LONGEST_ANSWER
from tests.plugins.groq.models import BIG, SMALL, sent
from tests.support.chat_requests import request, user

PACKAGE = Path(__file__).parents[3] / "plugins" / "groq"


def test_the_card(groq: BoundProvider) -> None:
    card = groq.provider
    assert (card.name, card.base_url) == ("groq", "https://api.groq.com/openai/v1")
    assert card.base_url.endswith(card.base_path)
    assert (card.key_env, card.base_url_env) == (("GROQ_API_KEY",), ("GROQ_BASE_URL",))
    assert (card.big, card.middle, card.small) == (BIG, "", SMALL)
    assert all(facts.source for facts in card.models)


def test_the_models_of_today_are_listed_and_those_of_yesterday_are_not(
    groq: BoundProvider,
) -> None:
    assert set(listed(groq.provider)) == set(LONGEST_ANSWER)


@pytest.mark.parametrize(("model", "most"), LONGEST_ANSWER.items())
def test_limits(groq: BoundProvider, model: str, most: int) -> None:
    facts = at(groq.provider, model).facts
    assert (facts.context_window, facts.max_output_tokens) == (131_072, most)
    assert facts.vision is model.startswith("qwen/")
    ledger = Ledger()
    body = sent(groq, request(user("hi"), max_tokens=10**6), model, ledger)
    assert body["max_completion_tokens"] == most
    assert list(ledger) == [Loss("/max_tokens", LossKind.CLAMPED, Reason.DECLARED_LIMIT)]


def test_the_plugins_page_names_its_models(groq: BoundProvider) -> None:
    page = (PACKAGE / "README.md").read_text(encoding="utf-8")
    assert f"`opus` and `sonnet` are {groq.provider.big}, `haiku` is {groq.provider.small}" in page


def test_a_target_of_the_plugin_is_its_own(groq: BoundProvider) -> None:
    target: Target = at(groq.provider, SMALL)
    assert target.name == "groq/openai/gpt-oss-20b"
    assert EFFORTS[target.model] == target.facts.efforts
