"""The real Claude Code through Gemini, where that does what only it does."""

import json

from tests.e2e.gemini_rules import DUMMIES
from tests.e2e.scenarios import bash, played_through
from tests.e2e.stage import Perform, Stage, said_of
from tests.e2e.upstream_script import Script, answer, by_answer, say, think, together
from tests.e2e.vendors import GEMINI

pytestmark = played_through(GEMINI)


def signatures(stage: Stage) -> list[list[str]]:
    """Those that the last request brought home, turn by turn."""
    return [message["signatures"] for message in said_of(stage.requests[-1], "assistant")]


LOOP: Script = by_answer(
    answer(think("Look ", "first."), say("Looking."), bash("call_1", "echo one")),
    answer(together(bash("call_2", "echo two"), bash("call_3", "echo three"))),
    answer(think("Nearly."), bash("call_4", "echo four")),
    answer(say("Done.")),
)


def test_every_signature_comes_home_with_its_call(perform: Perform) -> None:
    """The upstream itself refuses one that does not belong to the call it stands on."""
    stage = perform(LOOP)
    assert stage.play("Run some commands").text == "Done."
    home = signatures(stage)
    assert [len(told) for told in home] == [1, 1, 1]
    assert not {told for turn in home for told in turn} & set(DUMMIES)
    thoughts = [message["reasoning"] for message in said_of(stage.requests[-1], "assistant")]
    assert thoughts == [["Look first."], [], ["Nearly."]]


def test_without_thinking_the_stand_in_serves(perform: Perform) -> None:
    stage = perform(LOOP)
    run = stage.play("Run some commands", environment={"CLAUDE_CODE_DISABLE_THINKING": "1"})
    assert run.text == "Done."
    assert len(signatures(stage)) == 3


def test_a_resumed_conversation_goes_on_with_another_proxy(perform: Perform) -> None:
    """Nothing is kept in memory: what a first proxy got, a second one brings home."""
    script = by_answer(
        answer(think("One."), bash("call_1", "echo one")),
        answer(say("First part.")),
        answer(say("Second part.")),
    )
    stage = perform(script)
    run = stage.play("Do the first part")
    assert run.text == "First part."
    stage.change_proxy()
    resumed = stage.play("And the second", arguments=["--resume", run.result["session_id"]])
    assert resumed.text == "Second part."
    assert not set(signatures(stage)[0]) & set(DUMMIES)


def test_nothing_is_left_at_google(perform: Perform) -> None:
    stage = perform(by_answer(answer(say("Thought hard."))))
    assert stage.play("Think", arguments=["--effort", "high"]).text == "Thought hard."
    (request,) = stage.requests
    assert request["store"] is False
    assert request["generationConfig"]["thinkingConfig"]["thinkingLevel"] == "HIGH"
    assert "exclusiveMinimum" not in json.dumps(request["tools"])
