"""Google Search in the place of Anthropic's search of the web."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy_core.contract import Unsupported
from proxy_core.ledger import LossKind, Reason
from tests.support.chat_requests import request, tool, user
from tests.support.claude_code import recorded
from tests.support.gemini import Json, asked, chunk, cut, send, sse, target, tell_stream, tell_whole

SEARCH: Json = {"type": "web_search_20250305", "name": "web_search"}
SITES = ("https://a.example/tides", "https://b.example")


def asks(*tools: Json, **fields: Any) -> Json:
    return request(user("When is high water?"), tools=list(tools), **fields)


def test_claude_codes_own_search_request_becomes_googles() -> None:
    sent = send(recorded("web_search_nested"))
    assert sent.body["tools"] == [{"googleSearch": {}}]
    assert "toolConfig" not in sent.body
    assert not [loss for loss in sent.ledger.meaningful() if loss.path.startswith("/tool")]


def test_beside_functions_the_search_is_left_out_and_named() -> None:
    sent = send(asks(tool("Read"), SEARCH))
    assert [set(one) for one in sent.body["tools"]] == [{"functionDeclarations"}]
    assert sent.lost("/tools/1") == (LossKind.DROPPED, Reason.SERVER_TOOL)
    assert [loss.path for loss in sent.ledger] == ["/tools/1"]  # it is not said to be replaced, too
    with pytest.raises(Unsupported, match="/tool_choice/name"):
        send(asks(tool("Read"), SEARCH, tool_choice={"type": "tool", "name": "web_search"}))


def test_a_model_without_search_is_not_asked_for_it() -> None:
    sent = send(asks(SEARCH, tool_choice={"type": "auto"}), target("gemma-3-27b-it"))
    assert "tools" not in sent.body
    assert "toolConfig" not in sent.body
    assert sent.lost("/tools/0") == (LossKind.DROPPED, Reason.SERVER_TOOL)


def test_a_search_that_is_forbidden_is_not_offered() -> None:
    """NONE does not switch server tools off."""
    assert "tools" not in send(asks(SEARCH, tool_choice={"type": "none"})).body


def test_what_the_search_cannot_be_told_is_noted() -> None:
    sent = send(asks(SEARCH | {"allowed_domains": ["a.example"]}, tool_choice={"type": "any"}))
    assert sent.lost("/tools/0/allowed_domains") == (LossKind.DROPPED, Reason.NO_EQUIVALENT)
    assert sent.lost("/tool_choice") == (LossKind.DROPPED, Reason.UNSUPPORTED_BY_MODEL)


def grounded(**metadata: Any) -> list[Json]:
    """An answer in two chunks, as Google streams it: what was found comes last."""
    last = chunk({"text": " at four."}, finish="STOP")
    last["candidates"][0]["groundingMetadata"] = metadata
    return [chunk({"text": "High water"}), last]


METADATA: Json = {
    "webSearchQueries": ["tides brest", "high water"],
    "groundingChunks": [
        {"web": {"uri": SITES[0], "title": "Tides"}},
        {"web": {"uri": SITES[1]}},
        {"retrievedContext": {}},
    ],
    "groundingSupports": [
        {"segment": {"text": "High water"}, "groundingChunkIndices": [0, 1, 2, 9]},
        {"groundingChunkIndices": []},
    ],
}


def test_what_was_found_is_told_as_anthropic_tells_it() -> None:
    told = tell_stream([sse(grounded(**METADATA))], asked())
    assert told.blocks == [
        ["text", "High water at four."],
        ["search", "tides brest; high water"],
        ["found", ["Tides", SITES[1]]],
    ]
    text, call, found = told.content
    assert [(one["url"], one["cited_text"]) for one in text["citations"]] == [
        (site, "High water") for site in SITES
    ]
    assert found["tool_use_id"] == call["id"]
    assert call["id"].startswith("srvtoolu_")
    assert told.stop == "end_turn"


def test_streamed_or_whole_the_search_is_the_same() -> None:
    data = sse(grounded(**METADATA))
    told = tell_stream(cut(data, range(7, len(data), 7)), asked())
    body = chunk({"text": "High water at four."}, finish="STOP")
    body["candidates"][0]["groundingMetadata"] = METADATA
    assert tell_whole(json.dumps(body).encode()).blocks == told.blocks


@pytest.mark.parametrize(
    "metadata",
    [{}, {"webSearchQueries": 5}, {"groundingChunks": [{"web": 1}]}, {"searchEntryPoint": {}}],
)
def test_without_a_search_none_is_told(metadata: Json) -> None:
    assert tell_stream([sse(grounded(**metadata))]).blocks == [["text", "High water at four."]]
