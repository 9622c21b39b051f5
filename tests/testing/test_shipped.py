"""Every plugin of this repository passes the kit, over each language that it speaks."""

import pytest

import proxy_gemini
import proxy_gemini.testing
import proxy_groq
import proxy_moonshot
import proxy_openai
import proxy_openai.testing
import proxy_passthrough
from proxy_core.testing import ProviderConformance

pytestmark = pytest.mark.proof


class TestGroq(ProviderConformance):
    plugin = proxy_groq.plugin


class TestGemini(ProviderConformance):
    plugin = proxy_gemini.plugin
    wires = proxy_gemini.testing.WIRES


class TestMoonshot(ProviderConformance):
    plugin = proxy_moonshot.plugin


class TestMoonshotOverChat(ProviderConformance):
    plugin = proxy_moonshot.plugin
    quirks = {"wire": "chat"}  # noqa: RUF012


class TestOpenAI(ProviderConformance):
    plugin = proxy_openai.plugin
    card = "openai"
    wires = proxy_openai.testing.WIRES


class TestOpenAIOverChat(ProviderConformance):
    """All its vendors, whose ways of Chat differ."""

    plugin = proxy_openai.plugin
    quirks = {"wire": "chat"}  # noqa: RUF012


class TestPassthrough(ProviderConformance):
    plugin = proxy_passthrough.plugin
