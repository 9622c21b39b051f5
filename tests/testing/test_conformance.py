"""The class that authors of plugins derive their tests from."""

import pytest

from proxy_core.testing import ProviderConformance
from proxy_core.testing.checks import CHECKS
from tests.support.mutants import Acme, with_card


class TestAcme(ProviderConformance):
    plugin = Acme()


class TestAnInstalledOne(ProviderConformance):
    provider = "groq"
    examples = 1


class TestWithAnExpectedFailure(ProviderConformance):
    plugin = with_card(docs="")
    examples = 1
    expected_failures = {"cards_are_complete": "its API is not documented"}  # noqa: RUF012


def test_an_expected_failure_is_of_a_check_that_there_is() -> None:
    with pytest.raises(TypeError, match="there is no check 'x'"):
        type("TestX", (ProviderConformance,), {"expected_failures": {"x": "because"}})


def test_an_expected_failure_has_a_reason() -> None:
    with pytest.raises(TypeError, match="say why"):
        type("TestX", (ProviderConformance,), {"expected_failures": {CHECKS[0].name: " "}})


def test_the_checks_cannot_be_overridden() -> None:
    with pytest.raises(TypeError, match="stays as it is"):
        type("TestX", (ProviderConformance,), {"test_conformance": None})


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.name))
def test_each_check_says_what_a_breach_means(check: object) -> None:
    explanation = check.explanation  # type: ignore[attr-defined]
    rule, *_, advice = explanation.split("\n\n")
    assert rule.endswith(".")
    assert advice != rule
