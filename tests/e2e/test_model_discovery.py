"""The real Claude Code finds the models of its gateway, and asks for what it found."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anthropic
import pytest

from tests.e2e.claude_code import CLIENT_KEY
from tests.e2e.stage import Perform, Stage
from tests.e2e.upstream_script import Gate, Hold, answer, by_answer, say
from tests.e2e.vendors import CHAT

# Slashes, dots, colons and capitals, as ids at gateways and local servers have them.
SPELLED = replace(CHAT, big="Vendor/Big.Model:27B", middle="vendor/middle_model@2026")
NAME = f"claude-via-openai/{SPELLED.big}"
DISCOVERY = {"CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY": "1"}

pytestmark = [
    pytest.mark.claude_code,
    pytest.mark.parametrize("vendor", [SPELLED], ids=["openai"]),
]


def kept_by(stage: Stage) -> Path:
    """Where the client keeps what it found."""
    return stage.folder("home") / ".claude/cache/gateway-models.json"


@contextmanager
def held_until_kept(stage: Stage, gate: Gate) -> Iterator[None]:
    """A client that is done leaves, whether it has heard of all models or not."""
    over = threading.Event()

    def watch() -> None:
        while not kept_by(stage).is_file() and not over.wait(0.05):
            pass
        gate.open()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def offered(stage: Stage) -> dict[str, str]:
    """What the client keeps for its picker: ids, and how they are shown."""
    kept: Any = json.loads(kept_by(stage).read_text())
    assert kept["baseUrl"] == stage.proxy.url
    return {model["id"]: model["display_name"] for model in kept["models"]}


def test_every_model_is_offered_and_the_one_that_is_chosen_is_asked(perform: Perform) -> None:
    gate = Gate()
    stage = perform(by_answer(answer(Hold(gate), say("Done."))))
    with held_until_kept(stage, gate):
        run = stage.play("Say it", arguments=["--model", NAME], environment=DISCOVERY)
    assert run.text == "Done."
    assert [request["model"] for request in stage.requests] == [SPELLED.big]

    shown = offered(stage)
    with anthropic.Anthropic(base_url=stage.proxy.url, api_key=CLIENT_KEY) as client:
        listed = {model.id: model.display_name for model in client.models.list(limit=1000)}
    assert shown == {name: told for name, told in listed.items() if "claude" in name}
    assert shown[NAME] == f"openai/{SPELLED.big}"
    # Nothing that could be asked for is missing in the picker.
    assert {name for name in listed if name not in shown} == {
        name.removeprefix("claude-via-") for name in shown if name.startswith("claude-via-")
    }
