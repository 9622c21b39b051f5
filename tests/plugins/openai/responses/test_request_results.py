"""Results of calls, and media, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plugins.openai.responses.items import send
from tests.support.chat_requests import PIXEL, Json, assistant, call, image, request, result, user

SHOWN = {
    "type": "input_image",
    "detail": "auto",
    "image_url": f"data:image/png;base64,{PIXEL}",
}
PDF: Json = {
    "type": "document",
    "title": "a.pdf",
    "source": {"type": "base64", "media_type": "application/pdf", "data": PIXEL},
}
FILE = {
    "type": "input_file",
    "filename": "a.pdf",
    "file_data": f"data:application/pdf;base64,{PIXEL}",
}


def output(*content: Any, **fields: Any) -> Any:
    """What the result of one call becomes."""
    turns = user("go"), assistant(call("a")), user(result("a", *content, **fields))
    return send(request(*turns)).input[2]["output"]


def test_c32_images_and_files_stay_in_the_result() -> None:
    words = {"type": "input_text", "text": "a.png"}
    assert output("a.png", image()) == [words, SHOWN]
    heading = {"type": "input_text", "text": "Document: a.pdf"}
    assert output(PDF, image()) == [heading, FILE, SHOWN]


@pytest.mark.parametrize(
    ("content", "fields", "expected"),
    [
        (("out",), {}, "out"),
        (("one", "two"), {}, "one\ntwo"),
        ((), {}, "(no output)"),
        (("",), {}, "(no output)"),
        (("boom",), {"is_error": True}, "Error: boom"),
        ((), {"is_error": True}, "Error"),
        (("<tool_use_error>no</tool_use_error>",), {"is_error": True}, None),
    ],
)
def test_results_in_words(content: tuple[str, ...], fields: Json, expected: str | None) -> None:
    assert output(*content, **fields) == (content[0] if expected is None else expected)


def test_a_failure_with_an_image_says_so() -> None:
    failed = {"type": "input_text", "text": "Error: boom"}
    assert output("boom", image(), is_error=True) == [failed, SHOWN]
    assert output(image(), is_error=True) == [{"type": "input_text", "text": "Error"}, SHOWN]


def test_media_of_the_user() -> None:
    url = "https://example.org/a.pdf"
    linked: Json = {"type": "document", "source": {"type": "url", "url": url}}
    sent = send(request(user("see", image(), PDF, linked)))
    assert sent.input[0]["content"] == [
        {"type": "input_text", "text": "see"},
        SHOWN,
        {"type": "input_text", "text": "Document: a.pdf"},
        FILE,
        {"type": "input_text", "text": "Document:"},
        {"type": "input_file", "file_url": url},
    ]
