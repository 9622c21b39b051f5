"""The settings among the examples lead the real Claude Code to the proxy."""

import pytest

from tests.e2e.stage import Perform
from tests.e2e.upstream_script import answer, by_answer, say
from tests.support.examples import EXAMPLES

SETTINGS = EXAMPLES / "claude-code" / "settings.json"
NOWHERE = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "ANTHROPIC_API_KEY": ""}
"""Without the settings the client would ask here, in vain."""

pytestmark = pytest.mark.claude_code


def test_the_client_goes_where_they_say(perform: Perform) -> None:
    stage = perform(by_answer(answer(say("Done."))))
    written = SETTINGS.read_text(encoding="utf-8")
    assert "http://127.0.0.1:8082" in written
    settings = stage.folder("home") / "settings.json"
    settings.write_text(written.replace("http://127.0.0.1:8082", stage.proxy.url))
    run = stage.play("Say it", arguments=["--settings", str(settings)], environment=NOWHERE)
    assert run.text == "Done."
    assert len(stage.requests) == 1
