"""The real Claude Code and faults that it, or the proxy, gets over."""

import json
from pathlib import Path

import pytest

from tests.e2e.scenarios import VENDORS, bash, played_through
from tests.e2e.stage import Perform
from tests.e2e.upstream_script import (
    Conversation,
    Cut,
    Fail,
    Refuse,
    Turn,
    answer,
    by_answer,
    call,
    in_order,
    say,
)

pytestmark = played_through(*VENDORS)

SUMMARIZER = "CRITICAL: Respond with TEXT ONLY"
NO_RETRIES = {"MAX_RETRIES": "0"}
"""For the proxy: leave it to the client to try again."""

BUSY = Refuse(
    429,
    {"error": {"message": "Rate limit reached", "type": "tokens", "code": "rate_limit_exceeded"}},
    {"retry-after": "1"},
)
BROKEN = Refuse(
    500,
    {"error": {"message": "The server had an error", "type": "server_error", "code": None}},
)
BROKEN_GATEWAY = Refuse(502, "<html>Bad gateway</html>", {"content-type": "text/html"})


@pytest.mark.parametrize("environment", [{}, NO_RETRIES], ids=["whoever", "the client"])
@pytest.mark.parametrize("fault", [BUSY, BROKEN, BROKEN_GATEWAY], ids=["429", "500", "502 HTML"])
def test_a_fault_before_the_first_byte_is_got_over(
    perform: Perform, fault: Refuse, environment: dict[str, str]
) -> None:
    stage = perform(in_order(fault, answer(say("At last."))), environment=environment)
    run = stage.play("Try")
    assert run.text == "At last."
    assert len(stage.requests) == 2
    if environment:
        (retry,) = run.of_system("api_retry")
        assert retry["attempt"] == 1


def test_an_error_in_mid_stream_is_followed_by_a_whole_answer(perform: Perform) -> None:
    failure = {"error": {"message": "The server had an error", "type": "server_error"}}
    stage = perform(in_order(answer(say("Half "), Fail(failure)), answer(say("The whole."))))
    run = stage.play("Try")
    assert run.text == "The whole."
    assert "Half" not in json.dumps(run.blocks("text"))
    assert len(stage.requests) == 2


@pytest.mark.parametrize(
    "cut", [Cut("close"), Cut("reset"), Cut("end")], ids=["closed", "reset", "no end mark"]
)
def test_a_cut_stream_is_never_taken_for_an_answer(perform: Perform, cut: Cut) -> None:
    stage = perform(in_order(answer(say("Half "), cut), answer(say("The whole."))))
    run = stage.play("Try")
    assert run.text == "The whole."
    assert "Half" not in json.dumps(run.blocks("text"))


def test_a_call_cut_in_its_arguments_is_never_run(perform: Perform, tmp_path: Path) -> None:
    fragments = ('{"command": "touch half.txt', '"')
    cut = answer(call("call_1", "Bash", None, *fragments), Cut())
    stage = perform(in_order(cut, answer(say("Not done."))))
    run = stage.play("Try")
    assert run.text == "Not done."
    assert run.blocks("tool_use") == []
    assert not (tmp_path / "work" / "half.txt").exists()


def test_a_wrong_key_is_told_at_once(perform: Perform) -> None:
    stage = perform(by_answer(answer(say("?"))), upstream_key="sk-wrong", may_refuse=True)
    run = stage.play("Try")
    assert run.result["is_error"] is True
    assert "401" in run.text
    assert f"{stage.vendor.variables}_API_KEY" in run.text
    assert "sk-wrong" not in run.text
    assert len(stage.upstream.chats) == 1


def test_a_conversation_that_outgrew_the_model_is_compacted(perform: Perform) -> None:
    def script(talk: Conversation) -> Turn:
        if SUMMARIZER in talk.user:
            return answer(
                say("<analysis>Short.</analysis>\n<summary>Counting went well.</summary>")
            )
        if "Counting went well." in talk.user:
            return answer(say("Went on."))
        return answer(bash(f"call_{talk.answers}", "seq 100000 104000"))

    # The client's own part is some 13,000 tokens, each count another 7,000.
    stage = perform(script, context_window=36_000)
    run = stage.play("Count, and count again")
    assert run.text == "Went on."
    (boundary,) = run.of_system("compact_boundary")
    assert boundary["compact_metadata"]["trigger"] == "auto"

    statuses = [exchange.status for exchange in stage.upstream.chats]
    assert {400, 413} & set(statuses)
    assert statuses[-1] == 200
    assert "Counting went well." in stage.upstream.chats[-1].talk.user
