"""Every plugin of this repository passes the kit, over each language that it speaks."""

import os

import pytest
from hypothesis import settings

import proxy_gemini
import proxy_gemini.testing
import proxy_groq
import proxy_moonshot
import proxy_openai
import proxy_openai.testing
import proxy_passthrough
from proxy_core.testing import ProviderConformance

pytestmark = pytest.mark.proof

EXAMPLES = max(500, settings().max_examples) if os.environ.get("CI") else None
"""More than other properties get: what ships is held against what strangers' plugins are."""


class Shipped(ProviderConformance):
    examples = EXAMPLES


class TestGroq(Shipped):
    plugin = proxy_groq.plugin


class TestGemini(Shipped):
    plugin = proxy_gemini.plugin
    wires = proxy_gemini.testing.WIRES


class TestMoonshot(Shipped):
    plugin = proxy_moonshot.plugin


class TestMoonshotOverChat(Shipped):
    plugin = proxy_moonshot.plugin
    quirks = {"wire": "chat"}  # noqa: RUF012


class TestOpenAI(Shipped):
    plugin = proxy_openai.plugin
    card = "openai"
    wires = proxy_openai.testing.WIRES


class TestOpenAIOverChat(Shipped):
    """All its vendors, whose ways of Chat differ."""

    plugin = proxy_openai.plugin
    quirks = {"wire": "chat"}  # noqa: RUF012


class TestPassthrough(Shipped):
    plugin = proxy_passthrough.plugin
    expected_failures = {  # noqa: RUF012
        "cards_are_complete": "six of its vendors' cards do not name their documentation yet"
    }
