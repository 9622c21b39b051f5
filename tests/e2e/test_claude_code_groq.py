"""The real Claude Code through Groq, where Groq does what only Groq does."""

import json
from pathlib import Path

import pytest

from tests.e2e.groq_upstream import ORGANISATION
from tests.e2e.scenarios import played_through
from tests.e2e.stage import Perform, said_of
from tests.e2e.upstream_script import (
    Fail,
    Json,
    Refuse,
    answer,
    by_answer,
    call,
    in_order,
    say,
    text_of,
    think,
)
from tests.e2e.vendors import GROQ

pytestmark = played_through(GROQ)


def failed(generation: str) -> Json:
    """Groq's error for calls that it could not read."""
    error = {
        "message": "Failed to call a function. Please adjust your prompt. See 'failed_generation' "
        "for more details.",
        "type": "invalid_request_error",
        "code": "tool_use_failed",
        "failed_generation": generation,
        "status_code": 400,
    }
    return {"error": error}


def bash(command: str) -> Json:
    return {"command": command, "description": "Run it"}


BASH = json.dumps(bash("echo rescued"))
GENERATIONS = {
    "function tag": f"<function=Bash>{BASH}</function>",
    "gpt-oss": f"<|channel|>commentary to=functions.Bash json<|message|>{BASH}<|call|>",
    "list": f'[{{"name": "Bash", "parameters": {BASH}}}]',
}


@pytest.mark.parametrize("generation", GENERATIONS.values(), ids=GENERATIONS)
def test_a_call_that_groq_could_not_read_is_run(perform: Perform, generation: str) -> None:
    stage = perform(in_order(Refuse(400, failed(generation)), answer(say("Done."))))
    run = stage.play("Run it")
    assert run.text == "Done."
    assert [block["content"] for block in run.blocks("tool_result")] == ["rescued"]
    assert run.of_system("api_retry") == []
    (told,) = said_of(stage.requests[1], "tool")
    assert text_of(told).startswith("rescued")


def test_a_call_that_fails_after_words_is_run(perform: Perform) -> None:
    broken = f"<function=Bash>{BASH}</function>"
    script = by_answer(
        answer(think("Hm."), say("Checking."), Fail(failed(broken))), answer(say("Done."))
    )
    stage = perform(script)
    run = stage.play("Run it")
    assert run.text == "Done."
    assert [block["content"] for block in run.blocks("tool_result")] == ["rescued"]
    (spoken,) = said_of(stage.requests[1], "assistant")
    assert (spoken["reasoning"], text_of(spoken)) == ("Hm.", "Checking.")


def test_a_call_that_cannot_be_read_is_asked_for_once_more(
    perform: Perform, tmp_path: Path
) -> None:
    cut = f"<function=Bash>{json.dumps(bash('touch half.txt'))[:-9]}"
    stage = perform(in_order(Refuse(400, failed(cut)), answer(say("Instead."))))
    run = stage.play("Run it")
    assert run.text == "Instead."
    assert run.of_system("api_retry") == []
    assert len(stage.requests) == 2
    assert not (tmp_path / "work" / "half.txt").exists()


def test_reasoning_comes_home(perform: Perform) -> None:
    script = by_answer(
        answer(think("Let me ", "look."), call("call_1", "Bash", bash("echo found"))),
        answer(say("Found.")),
    )
    stage = perform(script)
    assert stage.play("Think first").text == "Found."
    (spoken,) = said_of(stage.requests[1], "assistant")
    assert spoken["reasoning"] == "Let me look."
    assert stage.requests[0]["include_reasoning"] is True
    assert stage.requests[0]["disable_tool_validation"] is True


def test_a_request_above_the_free_plan_says_so_and_names_nobody(perform: Perform) -> None:
    stage = perform(by_answer(answer(say("?"))), context_window=8000)
    run = stage.play("Anything")
    assert run.result["is_error"] is True
    assert "too long" in run.text
    assert ORGANISATION not in json.dumps(run.events) + stage.proxy.output
