"""OpenAI's own search of the web in the place of Anthropic's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy_core.contract import Unsupported
from proxy_core.ledger import LossKind, Reason
from tests.support.chat_requests import request, tool, user
from tests.support.claude_code import recorded
from tests.support.responses import (
    Json,
    a_message,
    a_reasoning,
    a_response,
    a_search,
    frames,
    send,
    streamed,
    target,
    tell_stream,
    tell_whole,
)

SEARCH: Json = {"type": "web_search_20250305", "name": "web_search"}
SITE = "https://tides.example/brest"


def asks(*tools: Json, **fields: Any) -> Json:
    return request(user("When is high water?"), tools=list(tools), **fields)


def test_claude_codes_own_search_request_becomes_openais() -> None:
    sent = send(recorded("web_search_nested"))
    assert sent.body["tools"] == [{"type": "web_search"}]
    assert sent.body["max_tool_calls"] == 8
    assert sent.body["tool_choice"] == "auto"
    assert "web_search_call.action.sources" in sent.body["include"]
    assert {loss.reason for loss in sent.losses if loss.path.startswith("/tools")} == {
        Reason.HOSTED_TOOL
    }


def test_the_settings_that_openai_knows() -> None:
    place = {"type": "approximate", "city": "Brest", "country": "FR"}
    sent = send(
        asks(SEARCH | {"allowed_domains": ["a.example"], "user_location": place}, tool("Read"))
    )
    assert sent.body["tools"][0] == {
        "type": "web_search",
        "filters": {"allowed_domains": ["a.example"]},
        "user_location": place,
    }
    assert sent.body["tools"][1]["name"] == "Read"
    blocked = send(asks(SEARCH | {"blocked_domains": ["b.example"]}))
    assert blocked.lost("/tools/0/blocked_domains") == (LossKind.DROPPED, Reason.NO_EQUIVALENT)


@pytest.mark.parametrize(
    ("choice", "sent_as"),
    [
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        (
            {"type": "tool", "name": "web_search"},
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "web_search"}]},
        ),
    ],
)
def test_a_search_may_be_forced_or_forbidden(choice: Json, sent_as: Any) -> None:
    assert send(asks(SEARCH, tool_choice=choice)).body["tool_choice"] == sent_as


def test_where_the_api_is_served_by_others_there_is_no_search() -> None:
    elsewhere = target(base_url="http://127.0.0.1:9/v1")
    sent = send(asks(SEARCH), elsewhere)
    assert "tools" not in sent.body
    assert sent.lost("/tools/0") == (LossKind.DROPPED, Reason.SERVER_TOOL)
    for choice in ({"type": "any"}, {"type": "tool", "name": "web_search"}):
        with pytest.raises(Unsupported, match="/tool_choice"):
            send(asks(SEARCH, tool_choice=choice), elsewhere)


def test_what_was_found_is_told_as_anthropic_tells_it() -> None:
    said = a_message("High water at four.")
    said["content"][0]["annotations"] = [
        {"type": "url_citation", "url": SITE, "title": "Tides", "start_index": 0, "end_index": 10},
        {"type": "file_citation", "file_id": "f", "filename": "x", "index": 0},
    ]
    response = a_response(a_reasoning("rs_1", "Hm."), a_search("tides", SITE), said)
    whole = tell_whole(json.dumps(response).encode()).message
    told = tell_stream([frames(streamed(response))]).message
    assert told["content"] == whole["content"]
    thought, call, found, text = whole["content"]
    assert thought["thinking"] == "Hm."
    assert call["type"] == "server_tool_use"
    assert (call["name"], call["input"]) == ("web_search", {"query": "tides"})
    assert found["type"] == "web_search_tool_result"
    assert found["tool_use_id"] == call["id"]
    assert [(page["url"], page["title"]) for page in found["content"]] == [(SITE, SITE)]
    assert text["text"] == "High water at four."
    assert [(one["url"], one["title"], one["cited_text"]) for one in text["citations"]] == [
        (SITE, "Tides", "High water")
    ]
    for message in (whole, told):
        assert message["stop_reason"] == "end_turn"
        assert message["usage"]["server_tool_use"]["web_search_requests"] == 1


def test_a_search_that_failed_is_told_as_one() -> None:
    response = a_response(a_search("tides", status="failed"), a_message("I could not look."))
    _, found, _ = tell_whole(json.dumps(response).encode()).message["content"]
    assert found["content"] == {
        "type": "web_search_tool_result_error",
        "error_code": "unavailable",
    }


def test_reasoning_that_led_to_a_search_does_not_go_back() -> None:
    """What it led to cannot stand behind it, and OpenAI refuses it alone."""
    asked = {"role": "user", "content": "And low water?"}
    response = a_response(a_reasoning("rs_1", "Hm."), a_search("tides", SITE), a_message("Four."))
    answered = tell_whole(json.dumps(response).encode()).message["content"]
    sent = send(request(user("When?"), {"role": "assistant", "content": answered}, asked))
    assert not [item for item in sent.input if item.get("type") == "reasoning"]
    said = next(item for item in sent.input if item.get("role") == "assistant")
    assert SITE in said["content"]
