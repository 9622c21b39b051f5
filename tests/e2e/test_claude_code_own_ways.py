"""What the real Claude Code does by itself: sub-agents, tools searched for, auto mode."""

import json
from pathlib import Path

import pytest

from tests.e2e.scenarios import SEARCHER, VENDORS, bash, played_through
from tests.e2e.stage import Perform
from tests.e2e.upstream_script import (
    Conversation,
    Script,
    Turn,
    answer,
    by_answer,
    call,
    say,
)

pytestmark = played_through(*VENDORS)

SUB_AGENT = "You are an agent for Claude Code"


def delegating(background: bool) -> Script:
    """The main talk hands a task over; the other, with its own system prompt, does it."""
    task = {
        "description": "Count files",
        "prompt": "Count the files here and answer with the number only.",
        "run_in_background": background,
    }
    helper = by_answer(answer(bash("call_b", "ls | wc -l")), answer(say("SEVENTEEN files")))

    def script(talk: Conversation) -> Turn:
        if SUB_AGENT in talk.system:
            return helper(talk)
        if talk.answers == 0:
            return answer(say("Delegating."), call("call_a", "Agent", task))
        if "SEVENTEEN" in json.dumps(talk.messages):
            return answer(say("The other said SEVENTEEN."))
        return answer(say("Waiting."))

    return script


@pytest.mark.parametrize("background", [False, True])
def test_a_sub_agent(perform: Perform, background: bool) -> None:
    stage = perform(delegating(background))
    run = stage.play("Use a sub-agent")
    assert run.text == "The other said SEVENTEEN."
    (result,) = run.blocks("tool_result", in_sub_agent=True)
    assert result["tool_use_id"] == run.blocks("tool_use", in_sub_agent=True)[0]["id"]

    talks = [exchange.talk for exchange in stage.upstream.chats]
    helpers = [talk for talk in talks if SUB_AGENT in talk.system]
    assert [talk.answers for talk in helpers] == [0, 1]
    assert "Count the files here" in helpers[0].user
    assert "Use a sub-agent" not in helpers[0].user
    assert "Agent" not in helpers[0].results


NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": "c1",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": ["print(1)"],
        }
    ],
    "metadata": {"language_info": {"name": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def test_a_tool_is_searched_loaded_and_used(perform: Perform, tmp_path: Path) -> None:
    path = tmp_path / "work" / "a.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps(NOTEBOOK))
    edit = {"notebook_path": str(path), "new_source": "print(2)", "cell_id": "c1"}
    script = by_answer(
        answer(call("call_1", "ToolSearch", {"query": "select:NotebookEdit", "max_results": 3})),
        answer(call("call_2", "Read", {"file_path": str(path)})),
        answer(call("call_3", "NotebookEdit", edit)),
        answer(say("Edited.")),
    )
    stage = perform(script)
    assert stage.play("Edit the notebook").text == "Edited."
    assert "print(2)" in path.read_text()

    talks = [exchange.talk for exchange in stage.upstream.chats]
    assert "NotebookEdit" not in talks[0].tools
    assert "NotebookEdit" in talks[0].system + talks[0].user  # as a system message or a reminder
    assert "NotebookEdit" in talks[1].tools
    assert "NotebookEdit" in talks[1].result("ToolSearch")
    assert "Updated cell c1" in talks[3].result("NotebookEdit")


def test_a_web_search_is_answered_though_nobody_can_search(perform: Perform) -> None:
    main = by_answer(
        answer(call("call_1", "ToolSearch", {"query": "select:WebSearch", "max_results": 3})),
        answer(call("call_2", "WebSearch", {"query": "tide tables Brest"})),
        answer(say("Searched.")),
    )

    def script(talk: Conversation) -> Turn:
        if SEARCHER in talk.user:
            return answer(say("I have no way to search."))
        return main(talk)

    stage = perform(script)
    run = stage.play("Search the web")
    assert run.text == "Searched."
    # The nested request ended in words and not in a failure of the tool.
    assert "Web search results" in stage.upstream.chats[-1].talk.result("WebSearch")
    assert not run.tool_result(run.blocks("tool_use")[1]["id"]).get("is_error")


def test_auto_mode_keeps_its_rules_to_itself(perform: Perform, tmp_path: Path) -> None:
    script = by_answer(answer(bash("call_1", "echo hello > auto.txt")), answer(say("Done.")))
    stage = perform(script)
    run = stage.play("Write a file", arguments=["--permission-mode", "auto"])
    assert run.text == "Done."
    assert (tmp_path / "work" / "auto.txt").read_text() == "hello\n"
    told = {"safeguards" in request for request in stage.requests}
    assert told == {stage.vendor.is_anthropic}
