"""Messages: their order, their contents, and what stands in place of what cannot be sent."""

from hashlib import sha256
from typing import Any

import pytest
from msgspec import Raw

from proxy_core.anthropic.content import WebSearchToolResult
from proxy_core.anthropic.ids import wrap_tool_id
from proxy_core.anthropic.in_words import result_text
from proxy_core.contract import Unsupported
from proxy_core.dialects.openai_chat.requests import tool_ids
from proxy_core.ledger import LossKind, Reason
from tests.support.chat_requests import (
    PIXEL,
    Json,
    assistant,
    call,
    image,
    request,
    result,
    send,
    system,
    target,
    text,
    tool,
    user,
)


def roles(*turns: Json, **quirks: Any) -> list[str]:
    return [message["role"] for message in send(request(*turns), **quirks).messages]


# -- order ---------------------------------------------------------------------------------


def test_a_system_message_waits_until_the_calls_are_answered() -> None:
    turns = assistant(call("t1"), call("t2")), system("Note."), user(result("t2"), result("t1"))
    assert roles(user("go"), *turns) == ["user", "assistant", "tool", "tool", "system"]


def test_text_waits_for_results_in_a_second_message() -> None:
    calls = assistant(call("t1"), call("t2"))
    sent = send(request(user("go"), calls, user(result("t1"), "first"), user(result("t2"))))
    assert [m["role"] for m in sent.messages] == ["user", "assistant", "tool", "tool", "user"]
    assert sent.messages[-1]["content"] == "first"


def test_calls_of_two_messages_are_one_turn() -> None:
    turns = assistant("a", call("t1")), system("S"), assistant("b", call("t2"))
    sent = send(request(user("go"), *turns, user(result("t1"), result("t2"))))
    merged = sent.messages[1]
    assert merged["content"] == "a\n\nb"
    assert [made["id"] for made in merged["tool_calls"]] == ["t1", "t2"]
    assert [m["role"] for m in sent.messages[2:]] == ["tool", "tool", "system"]


def test_neighbours_of_one_role_are_one_turn() -> None:
    sent = send(request(user("a"), user("b", image()), system("S"), system("T"), user("c")))
    assert [m["role"] for m in sent.messages] == ["user", "system", "user"]
    assert [part["type"] for part in sent.messages[0]["content"]] == ["text", "text", "image_url"]
    assert sent.messages[1]["content"] == "S\n\nT"


def test_a_cleared_system_message_goes_when_the_next_user_message_comes() -> None:
    once = system("Only now.", clear_at="next_user_message")
    always = system("Always.", clear_at="never")
    assert roles(user("a"), once) == ["user", "system"]
    turns = user("a"), once, assistant("b"), user("c"), always, assistant("d"), user("e")
    sent = send(request(*turns))
    assert b"Only now." not in sent.raw
    assert b"Always." in sent.raw
    assert sent.lost("/messages/1/content/0") == (LossKind.DROPPED, Reason.EXPIRED)


def test_only_a_system_message_can_be_cleared() -> None:
    sent = send(request(user("a") | {"clear_at": "next_user_message"}, assistant("b"), user("c")))
    assert [message["content"] for message in sent.messages] == ["a", "b", "c"]
    first = user("a") | {"clear_at": "next_user_message"}
    assert send(request(first, user("b"), system="S")).messages[0]["content"] == "S"


def test_a_tool_that_a_cleared_message_added_stays() -> None:
    added = {"type": "tool_addition", "tool": {"name": "Late", "input_schema": {}}}
    once = system(text("Only now."), added, clear_at="next_user_message")
    sent = send(request(user("a"), once, assistant("b"), user("c")))
    assert [one["function"]["name"] for one in sent.body["tools"]] == ["Late"]
    assert b"Only now." not in sent.raw
    assert sent.lost("/messages/1/content/0") == (LossKind.DROPPED, Reason.EXPIRED)
    assert sent.lost("/messages/1/content/1") == (LossKind.RESHAPED, Reason.DEFERRED_TOOL)


# -- what is left of an empty message ------------------------------------------------------


def test_an_assistant_that_says_nothing_is_skipped() -> None:
    foreign = {"type": "thinking", "thinking": "x", "signature": "c2ln"}
    sent = send(request(user("a"), assistant(foreign, ""), user("b")))
    assert [m["content"] for m in sent.messages] == ["a", "b"]


@pytest.mark.parametrize("content", ["", [], [text("")]])
def test_a_user_that_says_nothing_is_still_there(content: Any) -> None:
    sent = send(request(user("a"), assistant("b"), {"role": "user", "content": content}))
    assert sent.messages[-1] == {"role": "user", "content": "(no content)"}
    assert sent.lost("/messages/2") == (LossKind.INVENTED, Reason.PLACEHOLDER)


def test_nothing_at_all_is_refused() -> None:
    with pytest.raises(Unsupported, match="no content left"):
        send(request(assistant("")))


def test_content_is_left_out_beside_calls_alone() -> None:
    sent = send(request(user("a"), assistant(call("t1")), user(result("t1"))))
    assert "content" not in sent.messages[1]


def test_a_system_message_alone_is_instructions() -> None:
    assert send(request(system("S"), system("T"))).messages == [
        {"role": "system", "content": "S\n\nT"}
    ]


# -- an assistant's words ------------------------------------------------------------------


def test_citations_do_not_break_a_sentence() -> None:
    cited = text("so", citations=[{"type": "char_location", "cited_text": "so"}])
    sent = send(request(user("a"), assistant("It says ", cited, "."), user("b")))
    assert sent.messages[1]["content"] == "It says so."
    assert sent.lost("/messages/1/content/1/citations") == (LossKind.DROPPED, Reason.CITATIONS)


def test_text_around_a_call_is_two_paragraphs() -> None:
    turns = assistant("before", call("t1"), "after"), user(result("t1"))
    assert send(request(user("a"), *turns)).messages[1]["content"] == "before\n\nafter"


def test_what_anthropics_tools_found_stays_readable() -> None:
    found = [7, {"type": "web_search_result", "url": "https://e.org/t", "title": "Tides",
              "encrypted_content": "ZW5j"}]  # fmt: skip
    history = assistant(
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": found},
        "High water is 04:10.",
    )
    sent = send(request(user("a"), history, user("b")))
    assert sent.messages[1] == {
        "role": "assistant",
        "content": "Result of web_search:\nTides\nhttps://e.org/t\n\nHigh water is 04:10.",
    }
    assert b"ZW5j" not in sent.raw
    assert sent.lost("/messages/1/content/0") == (LossKind.MERGED, Reason.SERVER_HISTORY)
    assert sent.lost("/messages/1/content/0/input") == (LossKind.DROPPED, Reason.SERVER_HISTORY)
    assert sent.lost("/messages/1/content/1") == (LossKind.RESHAPED, Reason.SERVER_HISTORY)


def test_a_summary_stands_for_what_it_replaced() -> None:
    summary = {"type": "compaction", "content": "Earlier: tides.", "signature": "c2ln"}
    sent = send(request(assistant(summary), user("on")))
    assert sent.messages[0] == {"role": "assistant", "content": "Earlier: tides."}


@pytest.mark.parametrize(
    ("written", "arguments", "noted"),
    [({}, "{}", False), (None, "{}", False), ([1], "{}", True), ({"a": 1}, '{"a": 1}', False)],
)
def test_arguments_are_a_string_that_holds_an_object(
    written: Any, arguments: str, noted: bool
) -> None:
    use = {"type": "tool_use", "id": "t1", "name": "Bash", "input": written}
    sent = send(request(user("a"), assistant(use), user(result("t1"))))
    assert sent.messages[1]["tool_calls"][0]["function"]["arguments"] == arguments
    assert (sent.lost("/messages/1/content/0/input") is not None) is noted


# -- ids -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("toolu_01", "toolu_01"),
        (wrap_tool_id("functions.Bash:0", ()), "functions.Bash:0"),
        (wrap_tool_id("é", ()), wrap_tool_id("é", ())),
    ],
)
def test_ids_that_the_server_takes(client: str, expected: str) -> None:
    sent = send(request(user("a"), assistant(call(client)), user(result(client))))
    assert sent.messages[1]["tool_calls"][0]["id"] == expected
    assert sent.messages[2]["tool_call_id"] == expected


def test_an_id_too_long_gets_the_same_short_form_each_time() -> None:
    turns = user("a"), assistant(call("x" * 64)), user(result("x" * 64))
    first, second = send(request(*turns)), send(request(*turns, assistant("b"), user("c")))
    short = first.messages[1]["tool_calls"][0]["id"]
    assert len(short) <= 40
    assert first.messages[2]["tool_call_id"] == short
    assert second.messages[1]["tool_calls"][0]["id"] == short
    assert first.lost("/messages/1/content/0/id") == (LossKind.RENAMED, Reason.TOOL_ID)


def test_a_repeated_id_is_made_unique() -> None:
    again = assistant(call("t1")), user(result("t1"))
    sent = send(request(user("a"), *again, *again, *again))
    ids = [m["tool_calls"][0]["id"] for m in sent.messages if "tool_calls" in m]
    assert ids[0] == "t1"
    assert len(set(ids)) == 3
    assert [m["tool_call_id"] for m in sent.messages if m["role"] == "tool"] == ids


# -- blocks --------------------------------------------------------------------------------

DOCUMENTS = [
    ({"type": "text", "data": "HW 04:10"}, "Document: Log\n1911\nHW 04:10"),
    ({"type": "content", "content": "plain"}, "Document: Log\n1911\nplain"),
    ({"type": "content", "content": [text("a"), text("b")]}, "Document: Log\n1911\na\nb"),
    (
        {"type": "content", "content": [{"type": "of_tomorrow"}]},
        "Document: Log\n1911\n[content omitted: it cannot be read]",
    ),
    (
        {"type": "base64", "media_type": "application/pdf", "data": PIXEL},
        "Document: Log\n1911\n[content omitted: this model cannot read application/pdf]",
    ),
    (
        {"type": "url", "url": "//e.org"},
        "Document: Log\n1911\n[content omitted: this model cannot read a document at //e.org]",
    ),
]


@pytest.mark.parametrize(("source", "expected"), DOCUMENTS)
def test_documents(source: Json, expected: str) -> None:
    document = {"type": "document", "source": source, "title": "Log", "context": "1911"}
    assert send(request(user(document))).messages[0]["content"] == expected
    read = send(request(user("a"), assistant(call("t1")), user(result("t1", document))))
    assert read.messages[-1]["content"] == expected
    written = send(request(user("a"), assistant(document), user("b")))
    assert written.messages[1]["content"] == expected


def test_a_pdf_read_by_a_tool_follows_as_a_file() -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": PIXEL}
    document = {"type": "document", "source": source}
    turns = user("a"), assistant(call("t1", "Read")), user(result("t1", document))
    stub, following = send(request(*turns), pdf_parts=True).messages[-2:]
    assert stub["content"] == "Document:\n[see the attachment that follows]"
    assert following["content"] == [
        {"type": "text", "text": "Attached to the result of Read (t1):"},
        {
            "type": "file",
            "file": {
                "filename": "document.pdf",
                "file_data": f"data:application/pdf;base64,{PIXEL}",
            },
        },
    ]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image", "source": {"type": "file", "file_id": "f"}},
        {"type": "document", "source": {"type": "file", "file_id": "f"}},
        {"type": "container_upload", "file_id": "f"},
    ],
)
def test_files_that_only_the_api_holds_are_refused(block: Json) -> None:
    with pytest.raises(Unsupported) as refused:
        send(request(user("a", block)))
    assert refused.value.path.startswith("/messages/0/content/1")


def test_images_that_cannot_be_sent_never_brick_a_session() -> None:
    blind = send(request(user("see", image())), target(vision=False))
    assert blind.messages[0]["content"] == "see\n\n[image omitted: this model has no vision]"
    broken = send(request(user(image(type="base64"))))
    assert broken.messages[0]["content"] == "[image omitted: its source cannot be read]"


def test_blocks_that_are_told_as_text() -> None:
    search = {"type": "search_result", "source": "https://e.org", "title": "Pilot notes",
              "content": [text("Keep east.")], "citations": {"enabled": True}}  # fmt: skip
    browser = {"type": "browser_state", "tabs": [{"tab_id": "1"}], "state_changes": []}
    assert send(request(user(search, browser))).messages[0]["content"] == (
        'Pilot notes\nhttps://e.org\nKeep east.\n\nBrowser tabs: [{"tab_id": "1"}]\nChanges: []'
    )


def test_blocks_out_of_their_place_are_noted() -> None:
    sent = send(request(user("a", call("t1")), assistant("b", image()), user("c")))
    assert [m["content"] for m in sent.messages] == ["a", "b", "c"]
    assert sent.lost("/messages/0/content/1") == (LossKind.DROPPED, Reason.UNKNOWN_BLOCK)
    assert sent.lost("/messages/1/content/1") == (LossKind.DROPPED, Reason.IMAGE_UNSUPPORTED)


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"type": "of_tomorrow", "text": "hi"}, "hi"),
        ({"type": "of_tomorrow", "content": "ho"}, "ho"),
        ({"type": "of_tomorrow", "content": ["ho"]}, ""),
        ({"type": "of_tomorrow", "text": 1}, ""),
    ],
)
def test_a_block_of_tomorrow_says_what_it_can(odd: Json, said: str) -> None:
    turns = user("a", odd), system("S", odd), assistant("b", odd), user("c")
    messages = send(request(*turns)).messages
    told = [message["content"] for message in messages]
    left_out = "[content of type of_tomorrow omitted]"
    assert told == [
        f"a\n\n{said or left_out}",
        f"S\n\n{said}".rstrip(),
        f"b\n\n{said}".rstrip(),
        "c",
    ]


def test_traces_of_the_apis_own_doings_are_dropped() -> None:
    history = assistant(
        {"type": "mcp_tool_listing", "mcp_server_name": "h", "tools": []},
        {"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}},
        {"type": "mcp_tool_use", "id": "m1", "name": "depth", "input": {}, "server_name": "h"},
        {"type": "mcp_tool_result", "tool_use_id": "m1", "content": [text("9 m")]},
        {"type": "web_fetch_tool_result", "tool_use_id": "m2", "content": {"type": "x"}},
        {"type": "search_result", "source": "s", "title": "t", "content": []},
    )
    sent = send(request(user("a"), history, user("b")))
    assert sent.messages[1]["content"] == "Result of depth:\n9 m"
    assert sent.lost("/messages/1/content/5") == (LossKind.DROPPED, Reason.UNKNOWN_BLOCK)


def test_results_too_deep_to_read_are_left_out() -> None:
    deep = WebSearchToolResult(tool_use_id="s", content=Raw(b"[" * 5000 + b"]" * 5000))
    assert result_text(deep, "web_search") == ""


def test_an_image_has_no_place_in_a_system_message() -> None:
    sent = send(request(user("a"), system("S", image())))
    assert sent.messages[1]["content"] == "S"
    assert sent.lost("/messages/1/content/1") == (LossKind.DROPPED, Reason.UNKNOWN_BLOCK)


def test_a_reference_names_the_tool_as_it_is_known_here() -> None:
    found = result("t1", {"type": "tool_reference", "tool_name": "a.b"})
    tools = [tool("find"), tool("a.b", defer_loading=True)]
    sent = send(request(user("a"), assistant(call("t1", "find")), user(found), tools=tools))
    (known,) = sent.context.tool_names
    assert sent.messages[-1]["content"] == f"Tool available: {known}"


def test_a_conversation_that_repeats_one_id_is_read_in_one_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[bytes] = []

    def counted(data: bytes) -> Any:
        made.append(data)
        return sha256(data)

    monkeypatch.setattr(tool_ids, "sha256", counted)
    turns = [turn for _ in range(50) for turn in (assistant(call("t")), user(result("t", "x")))]
    messages = send(request(user("x"), *turns)).messages
    given = [message["tool_calls"][0]["id"] for message in messages if "tool_calls" in message]
    assert len(set(given)) == 50
    assert len(made) == 49


def test_a_document_keeps_its_texts_beside_what_is_not_known() -> None:
    content = [text("one"), text("two", heard_of=False), {"type": "new"}, text("three")]
    document = {"type": "document", "source": {"type": "content", "content": content}}
    sent = send(request(user(document)))
    told = "Document:\none\ntwo\n[content omitted: it cannot be read]\nthree"
    assert sent.messages[0]["content"] == told
    unknown = (LossKind.RESHAPED, Reason.UNKNOWN_BLOCK)
    assert sent.lost("/messages/0/content/0/source/content/1") == unknown
