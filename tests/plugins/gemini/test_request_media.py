"""Images and documents of a request."""

from __future__ import annotations

from typing import Any

import pytest

from proxy_core.contract import Unsupported
from proxy_core.ledger import LossKind, Reason
from tests.support.chat_requests import PIXEL, image, request, text, user
from tests.support.gemini import Json, parts, send, target


def document(kind: str, data: str = "QUJD", **fields: Any) -> Json:
    source = {"type": "base64", "media_type": kind, "data": data}
    return {"type": "document", "source": source, **fields}


@pytest.mark.parametrize(
    "kind",
    ["application/pdf", "audio/wav", "audio/mpeg", "video/mp4", "text/plain", "text/csv"],
)
def test_documents_that_gemini_reads(kind: str) -> None:
    asks = request(user(document(kind, title="Report")))
    inline = {"inlineData": {"mimeType": kind, "data": "QUJD"}}
    assert parts(asks) == [{"text": "Document: Report"}, inline]


OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("model", "reads"), [("gemini-4-hydrogen", True), ("gemini-4-argon", False)]
)
def test_office_documents_are_read_by_some(model: str, reads: bool) -> None:
    sent = send(request(user(document(OFFICE))), target(model))
    assert ("inlineData" in sent.contents[0]["parts"][0]) is reads
    assert (sent.lost("/messages/0/content/0/source") is None) is reads


def test_a_gif_becomes_words() -> None:
    gif = image(type="base64", media_type="image/gif", data="R0lG")
    sent = send(request(user(gif)))
    assert sent.contents[0]["parts"] == [
        {"text": "[image omitted: this model cannot read image/gif]"}
    ]
    assert sent.lost("/messages/0/content/0") == (LossKind.DROPPED, Reason.IMAGE_UNSUPPORTED)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://x.example/a.JPG?size=1", "image/jpeg"),
        ("https://x.example/a.webp", "image/webp"),
        ("https://x.example/a.webp#top", "image/webp"),
        ("https://x.example/a.heic?of=b.png#c.gif", "image/heic"),
        ("https://x.example/a", "image/png"),
    ],
)
def test_an_image_by_address(url: str, kind: str) -> None:
    (part,) = parts(request(user(image(type="url", url=url))))
    assert part == {"fileData": {"mimeType": kind, "fileUri": url}}


def test_a_document_of_texts_and_images() -> None:
    inner = [text("one"), image(), image(type="url", url="https://x.example/b.png")]
    block = {"type": "document", "source": {"type": "content", "content": inner}, "title": "T"}
    first, inline, linked = parts(request(user(block)))
    assert first["text"] == "Document: T\none"
    assert inline == {"inlineData": {"mimeType": "image/png", "data": PIXEL}}
    assert linked["fileData"]["fileUri"] == "https://x.example/b.png"


def test_a_gif_in_a_document_becomes_words_in_its_place() -> None:
    inner = [text("one"), image(type="base64", media_type="image/gif", data="R0lG"), text("two")]
    block = {"type": "document", "source": {"type": "content", "content": inner}}
    sent = send(request(user(block)))
    words = [part["text"] for part in sent.contents[0]["parts"]]
    assert "[image omitted: this model cannot read image/gif]" in words
    assert sent.lost("/messages/0/content/0") == (LossKind.RESHAPED, Reason.IMAGE_UNSUPPORTED)


def test_a_file_id_is_refused() -> None:
    with pytest.raises(Unsupported, match="file id"):
        send(request(user({"type": "image", "source": {"type": "file", "file_id": "f"}})))
