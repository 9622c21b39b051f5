"""Recorded and hand-made requests: each is sayable or refused, and nothing vanishes unseen."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given

from proxy_core.contract import Unsupported
from proxy_core.ledger import LossKind, Reason
from proxy_core.testing.leaves import unexplained
from proxy_core.testing.strategies.conversations import requests
from tests.e2e.openai_rules import check_body, read_body
from tests.support.chat_requests import (
    Json,
    Sent,
    assistant,
    call,
    request,
    result,
    send,
    send_bytes,
    text,
    tool,
    user,
)

FIXTURES = Path(__file__).parents[2] / "fixtures"

REFUSED = {
    "r05_images_documents_search_results": "/messages/0/content/2/source",
    "r08_server_tools_history": "/messages/0/content/0",
    "r13_legacy_2023-06-01": "/messages/1",
    "r16_beta_mcp_compaction_toolchange_advisor": "/mcp_servers",
    "r17_beta_thread_and_compaction_request[1]": "/thread",
    "r17_beta_thread_and_compaction_request[2]": "/compaction",
}
"""What the API's own servers do or hold, and no other can: where each is refused."""


def _recorded() -> Iterator[tuple[str, Json]]:
    for file in sorted(FIXTURES.glob("claude_code/*.json")):
        yield file.stem, json.loads(file.read_bytes())


def _made() -> Iterator[tuple[str, Json]]:
    for file in sorted(FIXTURES.glob("anthropic/r*.json")):
        content = json.loads(file.read_bytes())
        if isinstance(content, dict):
            yield file.stem, content
            continue
        for number, item in enumerate(content):
            if "messages" in item:
                yield f"{file.stem}[{number}]", item


RECORDED = dict(_recorded())
SAYABLE = RECORDED | {name: made for name, made in _made() if name not in REFUSED}


@pytest.mark.parametrize("name", SAYABLE)
def test_it_is_sent_as_openai_takes_it(name: str) -> None:
    sent = send(SAYABLE[name])
    check_body(read_body(sent.raw))
    assert sent.path == "/chat/completions"
    assert sent.stream == SAYABLE[name].get("stream", False)


@pytest.mark.parametrize(("name", "path"), REFUSED.items())
def test_what_only_the_api_can_do_is_refused(name: str, path: str) -> None:
    with pytest.raises(Unsupported) as refused:
        send(dict(_made())[name])
    assert refused.value.path == path


def test_the_rest_of_what_was_refused_is_sayable() -> None:
    """Fixtures that hold one impossible thing, without it."""
    mixed = dict(_made())["r05_images_documents_search_results"]
    blocks = mixed["messages"][0]["content"]
    mixed["messages"][0]["content"] = [b for b in blocks if not _is_file(b)]
    history = dict(_made())["r08_server_tools_history"]
    del history["messages"][0]["content"][0]
    for asked in (mixed, history):
        sent = send(asked)
        check_body(read_body(sent.raw))
        assert list(unexplained(asked, sent.body, sent.losses)) == []


def _is_file(block: Json) -> bool:
    source = block.get("source")
    return isinstance(source, dict) and source["type"] == "file"


# -- nothing vanishes in silence -----------------------------------------------------------


def missing(asked: Json) -> Iterator[str]:
    sent = send(asked)
    return unexplained(asked, sent.body, sent.losses)


@pytest.mark.parametrize("name", SAYABLE)
def test_every_leaf_is_sent_or_noted(name: str) -> None:
    assert list(missing(SAYABLE[name])) == []


@pytest.mark.proof
@given(requests())
def test_every_leaf_of_any_request_is_sent_or_noted(asked: Json) -> None:
    assert list(missing(asked)) == []


def test_a_lost_leaf_would_be_seen() -> None:
    asked = request(user("hello"))
    sent = send(asked)
    asked["messages"][0]["content"] = "something else"
    assert list(unexplained(asked, sent.body, sent.losses)) == ["/messages/0/content"]


# -- what Claude Code sends ----------------------------------------------------------------


def names_of(sent: Sent) -> list[str]:
    return [made["function"]["name"] for made in sent.body["tools"]]


def test_the_placeholder_is_never_callable() -> None:
    sent = send(RECORDED["main_turn"])
    assert "ToolSearch" in names_of(sent)
    assert "DeferredToolPlaceholder" not in names_of(sent)
    assert sent.lost("/tools/10") == (LossKind.DEFERRED, Reason.DEFERRED_TOOL)


@pytest.mark.parametrize("name", ["tool_search_follow_up", "tool_search_loaded_tool_used"])
def test_a_tool_that_was_found_is_declared(name: str) -> None:
    sent = send(RECORDED[name])
    assert "NotebookEdit" in names_of(sent)
    assert "DeferredToolPlaceholder" not in names_of(sent)
    results = [message for message in sent.messages if message["role"] == "tool"]
    assert results[0]["content"] == "Tool available: NotebookEdit"


def test_private_fields_never_leave() -> None:
    sent = send(RECORDED["auto_mode_safeguards"], prompt_cache_key=True, safety_identifier=True)
    user_id = json.loads(RECORDED["auto_mode_safeguards"]["metadata"]["user_id"])
    assert user_id["device_id"].encode() not in sent.raw
    assert user_id["session_id"].encode() not in sent.raw
    assert b"safeguards" not in sent.raw
    assert len(sent.body["prompt_cache_key"]) <= 64
    assert sent.lost("/safeguards") is not None


def test_results_keep_the_clients_order() -> None:
    sent = send(RECORDED["parallel_tool_results"])
    assert [m["tool_call_id"] for m in sent.messages if m["role"] == "tool"] == [
        "toolu_2",
        "toolu_1",
    ]


def test_the_system_prompt_loses_only_the_billing_line() -> None:
    asked = RECORDED["main_turn"]
    expected = "\n\n".join(block["text"] for block in asked["system"][1:])
    assert send(asked).messages[0]["content"] == expected


def test_schemas_travel_as_they_were_written() -> None:
    asked = RECORDED["tool_search_off"]
    by_name = {made["name"]: made["input_schema"] for made in asked["tools"]}
    for made in send(asked).body["tools"]:
        assert made["function"]["parameters"] == by_name[made["function"]["name"]]


def test_arguments_keep_the_clients_spelling() -> None:
    written = r'{ "b" : 1.0,  "a":"\u00e9" }'
    turns = user("go"), assistant(call("t1", the="input")), user(result("t1"))
    body = json.dumps(request(*turns)).replace('{"the": "input"}', written)
    function = send_bytes(body.encode()).messages[1]["tool_calls"][0]["function"]
    assert function["arguments"] == written


def test_a_longer_talk_leaves_the_tools_as_they_are() -> None:
    asked = request(user(text("x")), tools=[tool("A"), tool("B")])
    longer = request(user("x"), user("y"), tools=[tool("A"), tool("B")])
    assert send(asked).body["tools"] == send(longer).body["tools"]
