"""The requests of the fixtures, made of what a client would send for them."""

from __future__ import annotations

import json

import pytest

from proxy_core.anthropic.request import parse
from proxy_gemini import plugin
from tests.e2e.gemini_rules import check_body
from tests.support.chat_requests import assistant, call, image, request, result, text, user
from tests.support.gemini import Json, asked, fixture, send, target, tell_whole

READ: Json = {
    "name": "Read",
    "description": "Read a file from disk.",
    "input_schema": {
        "type": "object",
        "properties": {
            "file_path": {"type": "string", "description": "Absolute path"},
            "limit": {"type": "integer", "minimum": 1},
        },
        "required": ["file_path"],
        "additionalProperties": False,
    },
}
BASH: Json = {
    "name": "Bash",
    "description": "Run a shell command.",
    "input_schema": {
        "type": "object",
        "properties": {"command": {"type": "string"}},
        "required": ["command"],
    },
}
SYSTEM = [text("You are a coding agent."), text("Working directory: /repo")]
SIGNED_A = "EjIKMGZpeHR1cmUtQS1maXh0dXJlLUEtZml4dHVyZS1BLWZpeHR1cmUtQS1maXh0dXJlLQ=="
SIGNED_B = "EjIKMGZpeHR1cmUtQi1maXh0dXJlLUItZml4dHVyZS1CLWZpeHR1cmUtQi1maXh0dXJlLQ=="
SIGNED_C = "EjIKMGZpeHR1cmUtQy1maXh0dXJlLUMtZml4dHVyZS1DLWZpeHR1cmUtQy1maXh0dXJlLQ=="


def expected(name: str, **fields: object) -> Json:
    """The fixture with what this plugin always says."""
    return {**with_one_text(fixture(name)), "store": False, **fields}


def with_one_text(body: Json) -> Json:
    """The instructions as one part: the client's blocks are paragraphs of one text."""
    if "systemInstruction" in body:
        texts = [part["text"] for part in body["systemInstruction"]["parts"]]
        body["systemInstruction"] = {"parts": [{"text": "\n\n".join(texts)}]}
    return body


def limited(most: int) -> Json:
    return {"generationConfig": {"maxOutputTokens": most}}


def said(*parts: Json) -> list[Json]:
    """The blocks in which an answer with these parts reached the client."""
    answer = {"candidates": [{"content": {"parts": list(parts)}, "finishReason": "STOP"}]}
    return tell_whole(json.dumps(answer).encode(), asked(tools=[READ, BASH])).content


def function_call(name: str, id_: str, signature: str = "", **args: str) -> Json:
    part: Json = {"functionCall": {"name": name, "args": args, "id": id_}}
    return {**part, "thoughtSignature": signature} if signature else part


def test_01_text() -> None:
    asks = request(user("Say hi."), system=SYSTEM, max_tokens=1024, stop_sequences=["\n\nHuman:"])
    assert send(asks).body == expected("req-01-text.json")


def test_02_tools_and_thinking() -> None:
    asks = request(
        user("What is in a.txt?"),
        system=SYSTEM,
        tools=[READ, BASH],
        tool_choice={"type": "auto"},
        max_tokens=32000,
        thinking={"type": "adaptive"},
        output_config={"effort": "high"},
    )
    assert send(asks).body == expected("req-02-tools-auto-thinking.json")


def test_03_a_loop_of_its_own_signed_calls() -> None:
    asks = request(
        user("Compare a.txt and b.txt"),
        assistant(
            *said(
                {"text": "**Plan** read both", "thought": True},
                {"text": "Reading both files."},
                function_call("Read", "q1w2e3r4", SIGNED_A, file_path="/repo/a.txt"),
                function_call("Read", "t5y6u7i8", file_path="/repo/b.txt"),
            )
        ),
        # Given back in another order than they were asked for.
        user(
            result("t5y6u7i8", "File does not exist.", is_error=True), result("q1w2e3r4", "alpha\n")
        ),
        assistant(*said(function_call("Bash", "z9x8c7v6", SIGNED_B, command="ls /repo"))),
        user(
            "<system-reminder>todo list is empty</system-reminder>", result("z9x8c7v6", "a.txt\n")
        ),
        tools=[READ, BASH],
        max_tokens=8192,
    )
    body = send(asks).body
    assert body == expected("req-03-tool-loop-signed-parallel.json")
    check_body(body)


def test_04_another_vendors_history() -> None:
    asks = request(
        user("List files"),
        assistant(
            {"type": "thinking", "thinking": "hm", "signature": "RXJvbS1hbm90aGVy"},
            "Sure.",
            call("toolu_01AAAA", command="ls"),
            call("toolu_01BBBB", command="pwd"),
        ),
        user(result("toolu_01AAAA", "a.txt"), result("toolu_01BBBB", "/repo")),
        assistant("One file."),
        user("Read it"),
        assistant(call("toolu_01CCCC", "Read", file_path="/repo/a.txt")),
        user(result("toolu_01CCCC", "alpha")),
        tools=[READ, BASH],
    )
    body = send(asks).body
    assert body == expected("req-04-foreign-history-sentinel.json", **limited(100))
    check_body(body)


def test_05_an_image_in_a_result() -> None:
    data = fixture("req-05-multimodal-function-response.json")["contents"][2]["parts"][0]
    data = data["functionResponse"]["parts"][0]["inlineData"]["data"]
    asks = request(
        user("Look at shot.png"),
        assistant(*said(function_call("Read", "img00001", SIGNED_C, file_path="/repo/shot.png"))),
        user(result("img00001", image(type="base64", media_type="image/png", data=data))),
        tools=[READ, BASH],
    )
    body = send(asks).body
    assert body == expected("req-05-multimodal-function-response.json", **limited(100))
    check_body(body)


def test_06_an_image_and_documents() -> None:
    url = "https://generativelanguage.googleapis.com/v1beta/files/abc123"
    shown = fixture("req-06-inline-image-pdf.json")["contents"][0]["parts"]
    png, pdf = (part["inlineData"]["data"] for part in shown[:2])
    inline = {"type": "base64", "media_type": "application/pdf", "data": pdf}
    asks = request(
        user(
            image(type="base64", media_type="image/png", data=png),
            {"type": "document", "source": inline},
            {"type": "document", "source": {"type": "url", "url": url}},
            "Describe.",
        )
    )
    assert send(asks).body == expected("req-06-inline-image-pdf.json", **limited(100))


def test_07_a_tool_that_must_be_called() -> None:
    chosen = {"type": "tool", "name": "Read"}
    asks = request(user("Go"), tools=[READ, BASH], tool_choice=chosen)
    assert send(asks).body == expected("req-07-tool-choice-any-named.json", **limited(100))


@pytest.mark.parametrize("place", ["output_config", "output_format"])
def test_08_structured_output(place: str) -> None:
    wanted = fixture("req-08-structured-output.json")["generationConfig"]["responseJsonSchema"]
    form = {"type": "json_schema", "schema": wanted}
    asks = request(user("Extract"), **{place: {"format": form} if "c" in place else form})
    body = send(asks).body
    del body["generationConfig"]["maxOutputTokens"]
    assert body == expected("req-08-structured-output.json")


def test_09_a_budget_of_the_second_generation() -> None:
    asks = request(
        user("Think"), max_tokens=16000, thinking={"type": "enabled", "budget_tokens": 8192}
    )
    body = send(asks, target("gemini-2.5-flash")).body
    assert body == expected("req-09-gemini25-budget.json")


def test_10_count_tokens() -> None:
    asks = request(user("Say hi."), system=SYSTEM, tools=[READ, BASH])
    del asks["max_tokens"]
    counted = plugin.proxy_count_tokens(parse(json.dumps(asks).encode()), target())
    assert counted.request.path == "/v1beta/models/gemini-4-carbon:countTokens"
    wrapped = fixture("req-10-count-tokens.json")
    prompt = with_one_text(wrapped["generateContentRequest"])
    assert json.loads(counted.request.body) == {"generateContentRequest": prompt}


def test_11_no_second_request_goes_on_with_an_answer() -> None:
    """A continuation is not asked for: the length is held to what one request brings."""
    body = send(request(user("Write a very long proof."), max_tokens=200_000, stream=True)).body
    assert body["generationConfig"]["maxOutputTokens"] == 65_536
    assert "continuationToken" not in body
