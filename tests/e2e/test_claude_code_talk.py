"""The real Claude Code through the proxy: what it says and shows, however it is started.

Each scenario is a script for the model's side. The client really runs the tools it is told to.
"""

import pytest

from tests.e2e.scenarios import VENDORS, bash, calls_of, played_through
from tests.e2e.stage import CANARY, Perform, said_of
from tests.e2e.upstream_script import (
    Usage,
    answer,
    by_answer,
    call,
    say,
    text_of,
    think,
)

pytestmark = played_through(*VENDORS)


def test_plain_text(perform: Perform) -> None:
    usage = Usage(1000, 7, cached=400)
    stage = perform(by_answer(answer(say("Hello, ", "wörld ", "🙂."), usage=usage)))
    run = stage.play("Say hello")
    assert run.text == "Hello, wörld 🙂."
    assert run.status == 0
    told = run.result["usage"]
    assert (told["input_tokens"], told["cache_read_input_tokens"]) == (600, 400)
    assert told["output_tokens"] == 7

    (request,) = stage.requests
    assert request["model"] == stage.vendor.big
    told_unasked = stage.vendor.manners.usage_unasked
    assert request.get("stream_options") == (None if told_unasked else {"include_usage": True})
    talk = stage.upstream.chats[0].talk
    assert "You are a Claude agent" in talk.system
    assert "# Environment" in talk.system
    assert f"Say hello ({CANARY})" in talk.user
    assert "Bash" in talk.tools
    # Stands for deferred tools, which Anthropic alone knows.
    assert ("DeferredToolPlaceholder" in talk.tools) == stage.vendor.is_anthropic


@pytest.mark.parametrize(
    ("alias", "tier"), [("opus", "big"), ("sonnet", "middle"), ("haiku", "small")]
)
def test_each_family_has_its_model(perform: Perform, alias: str, tier: str) -> None:
    stage = perform(by_answer(answer(say("Here."))))
    assert stage.play("Who is there", arguments=["--model", alias]).text == "Here."
    assert [request["model"] for request in stage.requests] == [getattr(stage.vendor, tier)]


def test_thinking_is_shown_and_does_not_disturb_the_next_turn(perform: Perform) -> None:
    script = by_answer(
        answer(think("Let me ", "look."), say("Looking."), bash("call_1", "echo found")),
        answer(think("Found ", "it."), say("Found.")),
    )
    stage = perform(script)
    run = stage.play("Think first")
    assert run.text == "Found."
    # A block without words carries what the vendor wants to see again.
    shown = [block["thinking"] for block in run.blocks("thinking") if block["thinking"]]
    assert shown == ["Let me look.", "Found it."]

    (spoken,) = said_of(stage.requests[1], "assistant")
    assert text_of(spoken) == "Looking."
    assert calls_of(stage.requests[1])[0][0] == "Bash"


def test_an_answer_cut_off_by_its_length_is_resumed(perform: Perform) -> None:
    script = by_answer(answer(say("The first half"), finish="length"), answer(say("The rest.")))
    stage = perform(script)
    assert stage.play("Say much").text == "The rest."
    assert "Output token limit hit" in stage.upstream.chats[1].talk.user


def test_sizes_of_the_context_are_counted_without_the_upstream(perform: Perform) -> None:
    stage = perform(by_answer())
    run = stage.play("/context")
    assert "Context Usage" in run.text
    assert stage.requests == []


SCHEMA = '{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}'
WAYS: dict[str, tuple[list[str], dict[str, str]]] = {
    "an older haiku": (["--model", "claude-haiku-4-5-20251001"], {}),
    "an older sonnet": (["--model", "claude-sonnet-4-5"], {}),
    "a family of its own": (["--model", "fable"], {}),
    "a million tokens": (["--model", "opus[1m]"], {}),
    "plan mode": (["--permission-mode", "plan"], {}),
    "the highest effort": (["--effort", "max"], {}),
    "all tools up front": ([], {"ENABLE_TOOL_SEARCH": "false"}),
    "few tools": ([], {"CLAUDE_CODE_SIMPLE": "1"}),
    "no thinking": ([], {"CLAUDE_CODE_DISABLE_THINKING": "1"}),
    "no betas": ([], {"CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS": "1"}),
    "caching for an hour": ([], {"ENABLE_PROMPT_CACHING_1H": "1"}),
    "fields nobody knows": ([], {"CLAUDE_CODE_EXTRA_BODY": '{"novelty": {"a": [1, null]}}'}),
}


@pytest.mark.parametrize(("arguments", "environment"), WAYS.values(), ids=WAYS)
def test_however_it_is_started(
    perform: Perform, arguments: list[str], environment: dict[str, str]
) -> None:
    stage = perform(by_answer(answer(bash("call_1", "echo ready")), answer(say("Ready."))))
    run = stage.play("Get ready", arguments=arguments, environment=environment)
    assert run.text == "Ready."
    assert [block["content"] for block in run.blocks("tool_result")] == ["ready"]
    assert stage.upstream.chats[1].talk.result("Bash").startswith("ready")


def test_an_answer_in_the_shape_of_a_schema(perform: Perform) -> None:
    shaped = call("call_1", "StructuredOutput", {"a": "b"})
    stage = perform(by_answer(answer(say("Words.")), answer(shaped), answer(say("Done."))))
    run = stage.play("Answer in shape", arguments=["--json-schema", SCHEMA])
    assert run.result["structured_output"] == {"a": "b"}
    assert "StructuredOutput" in stage.upstream.chats[0].talk.tools
