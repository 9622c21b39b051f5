"""Tools, content and fields that a server which speaks the API does not know."""

import msgspec
import pytest

from proxy_core.contract import ModelFacts, Unsupported
from proxy_core.ledger import Ledger, Reason
from tests.support.native import (
    MODEL,
    TOOL,
    Json,
    history,
    request,
    sent,
    swapped,
    target,
    translated,
)


def test_tool_search_for_servers_that_do_not_know_it() -> None:
    deferred = {**TOOL, "name": "Edit", "defer_loading": True}
    hidden = {**TOOL, "name": "Placeholder", "defer_loading": True}
    search = {**TOOL, "name": "ToolSearch"}
    found = [{"type": "tool_reference", "tool_name": "Edit"}, {"type": "text", "text": "!"}]
    result = {"type": "tool_result", "tool_use_id": "t1", "content": found}
    asked = history()
    asked["messages"][2] = {"role": "user", "content": [result]}
    to = target(tool_search=False, drop=["/tools/*/defer_loading"])
    body = sent(request(**asked, tools=[search, deferred, hidden]), to)
    assert body["tools"] == [search, {**TOOL, "name": "Edit"}]
    assert body["messages"][2]["content"][0]["content"] == [
        {"type": "text", "text": "Tool available: Edit"},
        found[1],
    ]
    untouched = request(**asked, tools=[search, deferred, hidden])
    assert translated(untouched).body == swapped(untouched.body, MODEL)


def test_content_a_server_does_not_know_is_told_in_words() -> None:
    pdf = {"type": "document", "source": {"type": "base64", "media_type": "a/b", "data": "x"}}
    note = {"type": "document", "title": "T", "source": {"type": "text", "data": "words"}}
    photo = {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}}
    found = {"type": "search_result", "source": "s", "title": "T", "content": []}
    new = {"type": "of_tomorrow", "x": 1}
    text = {"type": "text", "text": "kept"}
    asked = history()
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [pdf, text]}
    asked["messages"][2] = {"role": "user", "content": [result, note, photo, found, new, text]}
    to = target(blocks=["text", "image", "tool_use", "tool_result"], image_urls=False)
    ledger = Ledger()
    last = sent(request(**asked), to, ledger)["messages"][2]["content"]
    assert last[0]["content"][0]["text"] == (
        "Document:\n[content omitted: this model cannot read it]"
    )
    assert [one["text"] for one in last[1:]] == [
        "T\nwords",
        "[image omitted: it is at https://a.example/b.png, which this model cannot fetch]",
        "T\ns",
        "[of_tomorrow omitted: this model does not know it]",
        "kept",
    ]
    assert {loss.path for loss in ledger} == {
        "/messages/2/content/0/content/0",
        *(f"/messages/2/content/{index}" for index in (1, 2, 3, 4)),
    }
    assert translated(request(**asked)).body == swapped(request(**asked).body, MODEL)


def test_a_model_without_vision_is_told_of_the_image() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "x"}
    said = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    to = msgspec.structs.replace(target(), facts=ModelFacts(pattern="*", vision=False))
    text = sent(request(messages=said), to)["messages"][0]["content"][0]["text"]
    assert text == "[image omitted: this model has no vision]"


def test_schemas_in_the_servers_dialect() -> None:
    fits = {"name": "a", "input_schema": {"type": "object", "properties": {}}}
    asked = request(tools=[fits, {"name": "b", "input_schema": {"properties": {"x": {}}}}])
    ledger = Ledger()
    body = sent(asked, target(schema_dialect="moonshot"), ledger)
    assert body["tools"][0] == fits
    assert "anyOf" in body["tools"][1]["input_schema"]["properties"]["x"]
    assert {loss.reason for loss in ledger} == {Reason.SCHEMA_KEYWORD}


def test_what_is_unknown_or_empty_is_left_out() -> None:
    to = target(unknown_fields=False, empty_text=False)
    empty = {"type": "text", "text": ""}
    said: list[Json] = [
        {"role": "user", "content": [empty, {"type": "text", "text": "a"}]},
        {"role": "system", "content": ""},
        {"role": "system", "content": []},
        {"role": "assistant", "content": [empty]},
        {"role": "user", "content": "b"},
    ]
    asked = request(messages=said, novelty=1, **{"a/b": 2})
    ledger = Ledger()
    body = sent(asked, to, ledger)
    assert [message["content"] for message in body["messages"]] == [said[0]["content"][1:], "b"]
    assert "novelty" not in body
    assert "a/b" not in body
    assert [loss.path for loss in ledger.meaningful()] == ["/novelty", "/a~1b"]
    assert translated(asked).body == swapped(asked.body, MODEL)


BASH = {"type": "bash_20250124", "name": "bash"}
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}


def test_typed_tools_for_servers_that_do_not_know_them() -> None:
    to = target(typed_tools=False)
    ledger = Ledger()
    body = sent(request(tools=[SEARCH, BASH, TOOL]), to, ledger)
    assert [tool["name"] for tool in body["tools"]] == ["bash", "Read"]
    assert set(body["tools"][0]) == {"name", "description", "input_schema"}
    assert [(loss.path, loss.reason) for loss in ledger] == [
        ("/tools/0", Reason.SERVER_TOOL),
        ("/tools/1/type", Reason.TYPED_TOOL),
    ]
    alone = sent(request(tools=[SEARCH], tool_choice={"type": "auto"}), to)
    assert not {"tools", "tool_choice"} & set(alone)
    for choice in ({"type": "any"}, {"type": "tool", "name": "web_search"}):
        with pytest.raises(Unsupported):
            sent(request(tools=[SEARCH], tool_choice=choice), to)
    with pytest.raises(Unsupported):
        sent(request(tools=[SEARCH, TOOL], tool_choice={"type": "tool", "name": "web_search"}), to)
    kept = request(tools=[SEARCH, BASH])
    assert translated(kept).body == swapped(kept.body, MODEL)


def test_what_messages_say_of_themselves() -> None:
    said: list[Json] = [
        {"role": "user", "content": "a"},
        {"role": "system", "content": "old", "clear_at": "next_user_message"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"},
        {"role": "system", "content": "new", "clear_at": "next_user_message"},
        {"role": "system", "content": "d", "output_config": {"effort": "xhigh"}},
    ]
    asked = request(messages=said, output_config={"effort": "low"})
    to = target(
        betas=False,
        rewrite={"/output_config/effort": {"xhigh": "max"}},
    )
    ledger = Ledger()
    body = sent(asked, to, ledger)
    assert [message["content"] for message in body["messages"]] == ["a", "b", "c", "new", "d"]
    assert all(set(message) == {"role", "content"} for message in body["messages"])
    assert body["output_config"] == {"effort": "max"}
    assert not ledger.meaningful()
    assert translated(asked).body == swapped(asked.body, MODEL)
