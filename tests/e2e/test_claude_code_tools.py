"""The real Claude Code and its tools: calls that it runs, and results that reach the upstream."""

import base64
import json
import struct
import zlib
from pathlib import Path

from tests.e2e.scenarios import VENDORS, bash, calls_of, played_through
from tests.e2e.stage import CANARY, Perform, said_of
from tests.e2e.upstream_script import (
    answer,
    by_answer,
    call,
    say,
    text_of,
    together,
)

pytestmark = played_through(*VENDORS)


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
