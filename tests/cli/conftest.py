"""A user's folder with two plugins installed: one to use, and one that must not be imported."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.distributions import install, install_acme

CHAT_PLUGIN = '''
"""A third party's plugin for a vendor that speaks Chat Completions."""

from proxy_core.contract import ModelFacts, Provider
from proxy_core.dialects.openai_chat import OpenAIChat


class Chatty(OpenAIChat):
    providers = (
        Provider(
            name="chatty",
            base_url="https://chatty.example/v1",
            base_url_env=("CHATTY_BASE_URL",),
            key_env=("CHATTY_API_KEY",),
            models=(
                ModelFacts(pattern="chatty-large", context_window=123_456),
                ModelFacts(pattern="*", context_window=654_321),
            ),
            big="chatty-large",
            middle="chatty-medium",
            small="chatty-small",
        ),
    )


plugin = Chatty()
'''


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """The folder; at the end the trap must not have been imported."""
    site = tmp_path / "site"
    entry = {"chatty": "chatty_plugin:plugin"}
    install(site, "proxy-chatty", entry, {"chatty_plugin": CHAT_PLUGIN}, version="1.2.3")
    imported = install_acme(site, "trap")
    yield tmp_path
    assert not imported.exists(), "a plugin that nobody allowed was imported"
