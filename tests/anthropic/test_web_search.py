"""Searches of the web that a server made by itself, as the client is told of them."""

from __future__ import annotations

import pytest

from proxy_core.anthropic.web_search import Page
from proxy_core.anthropic.writer import MessageWriter
from tests.support.told import Told, as_json, whole

TIDES = Page("https://a.example", "Tides")


def say(writer: MessageWriter) -> None:
    writer.text("I shall look.")
    writer.web_search("tides \ud800", [TIDES, Page("https://b.example")])
    writer.text("High water")
    writer.text(" at four.")
    writer.cite(TIDES, "High water")
    writer.tool("", "Read")
    writer.cite(TIDES, "of no text")
    writer.finish("end_turn")
    writer.end()


def test_streamed_and_whole_it_is_anthropics_form() -> None:
    told = Told(new_tool_id=lambda: "toolu_1", seal=lambda _: "mark")
    writer, sink = whole(new_tool_id=lambda: "toolu_1", seal=lambda _: "mark")
    say(told.writer)
    say(writer)
    message = told.message()
    assert as_json(sink) == message
    _, call, found, text, _ = message["content"]
    assert call == {
        "type": "server_tool_use",
        "id": "srvtoolu_1",
        "name": "web_search",
        "input": {"query": "tides \ufffd"},
    }
    results = [
        {
            "type": "web_search_result",
            "url": url,
            "title": title,
            "encrypted_content": "mark",
            "page_age": None,
        }
        for url, title in (TIDES, ("https://b.example", "https://b.example"))
    ]
    assert found == {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": results,
    }
    source = {
        "type": "web_search_result_location",
        "url": TIDES.url,
        "title": "Tides",
        "encrypted_index": "mark",
        "cited_text": "High water",
    }
    assert text == {"type": "text", "text": "High water at four.", "citations": [source]}
    assert message["usage"]["server_tool_use"] == {
        "web_search_requests": 1,
        "web_fetch_requests": 0,
    }
    assert message["stop_reason"] == "tool_use"


def test_a_search_is_no_call_of_the_clients() -> None:
    told = Told()
    told.writer.web_search("tides", None)
    told.writer.finish("tool_use")
    told.writer.end()
    assert told.message()["stop_reason"] == "end_turn"
    assert told.content()[1]["content"]["type"] == "web_search_tool_result_error"


@pytest.mark.parametrize("verb", ["web_search", "cite"])
def test_after_the_end_nothing_is_told(verb: str) -> None:
    told = Told()
    told.writer.text("So.")
    told.writer.finish("end_turn")
    told.writer.end()
    before = told.data
    if verb == "cite":
        told.writer.cite(TIDES, "So")
    else:
        told.writer.web_search("tides", [TIDES])
    assert told.data == before
