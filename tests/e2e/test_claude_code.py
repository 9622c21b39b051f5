"""The real Claude Code through the proxy: what it ends with, and what reaches the upstream.

Each scenario is a script for the model's side. The client really runs the tools it is told to.
"""

import base64
import json
import struct
import zlib
from pathlib import Path

import pytest

from tests.e2e.stage import CANARY, Perform, said_of
from tests.e2e.upstream_script import (
    Call,
    Conversation,
    Cut,
    Fail,
    Json,
    Refuse,
    Script,
    Turn,
    Usage,
    answer,
    by_answer,
    call,
    in_order,
    say,
    text_of,
    think,
    together,
)
from tests.e2e.vendors import (
    CHAT,
    GEMINI,
    GROQ,
    MOONSHOT,
    MOONSHOT_CHAT,
    PASSTHROUGH,
    RESPONSES,
)

VENDORS = [CHAT, RESPONSES, GROQ, GEMINI, MOONSHOT, MOONSHOT_CHAT, PASSTHROUGH]

pytestmark = [
    pytest.mark.claude_code,
    pytest.mark.parametrize("vendor", VENDORS, ids=str),
]

SUB_AGENT = "You are an agent for Claude Code"
SEARCHER = "Perform a web search for the query"
SUMMARIZER = "CRITICAL: Respond with TEXT ONLY"
NO_RETRIES = {"MAX_RETRIES": "0"}
"""For the proxy: leave it to the client to try again."""


def bash(id_: str, command: str) -> Call:
    return call(id_, "Bash", {"command": command, "description": "Run it"})


def calls_of(body: Json) -> list[tuple[str, Json]]:
    """Names and arguments of all calls in a request's history."""
    return [
        (one["function"]["name"], json.loads(one["function"]["arguments"]))
        for message in said_of(body, "assistant")
        for one in message.get("tool_calls", ())
    ]


def png(path: Path) -> bytes:
    """A red square, made by hand."""
    rows = b"".join(b"\0" + bytes([200, 30, 30] * 16) for _ in range(16))
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    )
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    path.write_bytes(data)
    return data


# Talking ------------------------------------------------------------------------------------------


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


# Tools --------------------------------------------------------------------------------------------


def test_write_read_and_bash_in_turn(perform: Perform, tmp_path: Path) -> None:
    path = tmp_path / "work" / "out.txt"
    text = f'first "line"\nsecond \\ line — {CANARY}\n'
    script = by_answer(
        answer(say("Writing."), call("call_1", "Write", {"file_path": str(path), "content": text})),
        answer(call("call_2", "Read", {"file_path": str(path)})),
        answer(bash("call_3", "wc -l < out.txt")),
        answer(say("All done.")),
    )
    stage = perform(script)
    run = stage.play("Write a file, read it, count its lines")
    assert run.text == "All done."
    assert path.read_text() == text

    last = stage.upstream.chats[-1].talk
    assert "created successfully" in last.result("Write")
    assert 'first "line"' in last.result("Read")
    assert last.result("Bash").strip() == "2"
    assert calls_of(last.body)[0] == ("Write", {"file_path": str(path), "content": text})
    assert len(stage.requests) == 4


def test_two_calls_in_one_answer_with_interleaved_arguments(perform: Perform) -> None:
    script = by_answer(
        answer(say("Both."), together(bash("call_1", "echo one"), bash("call_2", "echo two"))),
        answer(say("one two")),
    )
    stage = perform(script)
    run = stage.play("Run two commands")
    assert run.text == "one two"
    assert sorted(block["content"] for block in run.blocks("tool_result")) == ["one", "two"]

    messages = stage.requests[1]["messages"]
    (spoken,) = (n for n, message in enumerate(messages) if message["role"] == "assistant")
    assert [arguments["command"] for _, arguments in calls_of(stage.requests[1])] == [
        "echo one",
        "echo two",
    ]
    assert [message["role"] for message in messages[spoken + 1 : spoken + 3]] == ["tool", "tool"]
    results = stage.upstream.chats[1].talk.results
    ids = [one["id"] for one in messages[spoken]["tool_calls"]]
    assert [results[id_] for id_ in ids] == ["one", "two"]


def test_a_tool_without_arguments(perform: Perform) -> None:
    script = by_answer(answer(call("call_1", "ListAgents", None, "")), answer(say("Nobody there.")))
    stage = perform(script)
    assert stage.play("Who else is there").text == "Nobody there."
    assert calls_of(stage.requests[1]) == [("ListAgents", {})]


def test_ids_that_the_upstream_uses_again_in_each_answer(perform: Perform) -> None:
    script = by_answer(
        answer(bash("call_0", "echo one")),
        answer(bash("call_0", "echo two")),
        answer(say("one two")),
    )
    stage = perform(script)
    assert stage.play("Run one command, then another").text == "one two"
    results = [text_of(message) for message in said_of(stage.requests[-1], "tool")]
    assert results == ["one", "two"]


def test_a_failing_tool_is_marked(perform: Perform) -> None:
    script = by_answer(answer(bash("call_1", "echo broken >&2; exit 3")), answer(say("It failed.")))
    stage = perform(script)
    run = stage.play("Run a failing command")
    assert run.text == "It failed."
    (result,) = run.blocks("tool_result")
    assert result["is_error"] is True

    told = stage.upstream.chats[1].talk.result("Bash")
    assert told.lower().startswith("error")
    assert "Exit code 3\nbroken" in told


def test_an_unknown_tool_is_answered_as_an_error(perform: Perform) -> None:
    script = by_answer(answer(call("call_1", "Fly", {"to": "moon"})), answer(say("I cannot fly.")))
    stage = perform(script)
    assert stage.play("Fly to the moon").text == "I cannot fly."
    told = stage.upstream.chats[1].talk.result("Fly")
    assert "Error: No such tool available" in told


def test_an_image_read_back(perform: Perform, tmp_path: Path) -> None:
    path = tmp_path / "work" / "red.png"
    path.parent.mkdir()
    data = png(path)
    script = by_answer(
        answer(call("call_1", "Read", {"file_path": str(path)})), answer(say("It is red."))
    )
    stage = perform(script)
    run = stage.play("Look at red.png", arguments=["--model", "sonnet"])
    assert run.text == "It is red."

    talk = stage.upstream.chats[1].talk
    (url,) = talk.images
    assert url == f"data:image/png;base64,{base64.b64encode(data).decode()}"
    roles = [message["role"] for message in talk.messages]
    after = roles[roles.index("tool") :]
    if stage.vendor.media_in_results:
        assert after == ["tool"]
    else:
        assert talk.result("Read")
        assert after == ["tool", "user"]


def test_a_pdf_read_back(perform: Perform, tmp_path: Path) -> None:
    path = tmp_path / "work" / "doc.pdf"
    path.parent.mkdir()
    path.write_bytes(PDF)
    script = by_answer(
        answer(call("call_1", "Read", {"file_path": str(path)})), answer(say("It says hello."))
    )
    stage = perform(script)
    assert stage.play("Read doc.pdf").text == "It says hello."
    # As a file where the upstream takes one, or as words that say what is missing.
    talk = stage.upstream.chats[1].talk
    shown = json.dumps(talk.messages[-2:])
    assert "PDF file read" in talk.result("Read")
    assert base64.b64encode(PDF).decode() in shown or "Document" in shown


PDF = b"""%PDF-1.4
1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj
2 0 obj << /Type /Pages /Kids [3 0 R] /Count 1 >> endobj
3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 200 200] >> endobj
trailer << /Size 4 /Root 1 0 R >>
%%EOF
"""


# What Claude Code does by itself ------------------------------------------------------------------


def delegating(background: bool) -> Script:
    """The main talk hands a task over; the other, with its own system prompt, does it."""
    task = {
        "description": "Count files",
        "prompt": "Count the files here and answer with the number only.",
        "subagent_type": "general-purpose",
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


def test_sizes_of_the_context_are_counted_without_the_upstream(perform: Perform) -> None:
    stage = perform(by_answer())
    run = stage.play("/context")
    assert "Context Usage" in run.text
    assert stage.requests == []


def test_auto_mode_keeps_its_rules_to_itself(perform: Perform, tmp_path: Path) -> None:
    script = by_answer(answer(bash("call_1", "echo hello > auto.txt")), answer(say("Done.")))
    stage = perform(script)
    run = stage.play("Write a file", arguments=["--permission-mode", "auto"])
    assert run.text == "Done."
    assert (tmp_path / "work" / "auto.txt").read_text() == "hello\n"
    told = {"safeguards" in request for request in stage.requests}
    assert told == {stage.vendor.is_anthropic}


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


# Trouble ------------------------------------------------------------------------------------------

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
