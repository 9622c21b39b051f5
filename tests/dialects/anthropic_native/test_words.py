"""Content that a vendor's server does not know: in words, refused, or left to Anthropic alone."""

import json
from typing import Any

import pytest

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.contract import Target, Unsupported
from proxy_core.ledger import Ledger, LossKind, Reason
from tests.support.native import Json, request, sent, target

USER: Json = {"role": "user", "content": "and?"}
PAGE: Json = {"type": "web_search_result", "url": "https://a.example", "title": "Tides"}
SEARCH: list[Json] = [
    {
        "type": "server_tool_use",
        "id": "srvtoolu_1",
        "name": "web_search",
        "input": {"query": "tides"},
    },
    {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [PAGE | {"encrypted_content": "ZQ=="}],
    },
]


def told(role: str, *blocks: Json, to: Target | None = None) -> list[tuple[Any, str]]:
    """What the server is told in the place of blocks, and what the ledger says of each."""
    ledger = Ledger()
    first = [{"role": "user", "content": "hi"}] if role != "user" else []
    messages = [*first, {"role": role, "content": list(blocks)}, USER]
    body = sent(request(messages=messages), to or target(hosted=False), ledger)
    content = body["messages"][len(first)]["content"]
    losses = {loss.path: f"{loss.kind} {loss.reason}" for loss in ledger}
    return [
        (block.get("text"), losses.get(f"/messages/{len(first)}/content/{index}", ""))
        for index, block in enumerate(content)
    ]


HISTORY = f"{LossKind.RESHAPED} {Reason.SERVER_HISTORY}"


def test_what_anthropics_tools_did_is_told_in_words() -> None:
    assert told("assistant", *SEARCH) == [
        ('Asked web_search: {"query": "tides"}', HISTORY),
        ("Result of web_search:\nTides\nhttps://a.example", HISTORY),
    ]
    called = {"type": "mcp_tool_use", "id": "m", "name": "find", "server_name": "s", "input": {}}
    gave = {
        "type": "mcp_tool_result",
        "tool_use_id": "m",
        "content": [{"type": "text", "text": "x"}],
    }
    assert told("assistant", called, gave)[1] == ("Result of find:\nx", HISTORY)
    assert told("assistant", {"type": "compaction", "content": "So far."}) == [("So far.", HISTORY)]


def test_a_block_of_tomorrow_is_told_by_its_text() -> None:
    known = target(blocks=("text",))
    block = {"type": "tomorrow", "text": "read me"}
    assert told("user", block, to=known) == [
        ("read me", f"{LossKind.RESHAPED} {Reason.UNKNOWN_BLOCK}")
    ]
    assert "omitted" in told("user", {"type": "tomorrow"}, to=known)[0][0]


@pytest.mark.parametrize(
    ("block", "path"),
    [
        ({"type": "container_upload", "file_id": "f"}, "/messages/0/content/0"),
        (
            {"type": "image", "source": {"type": "file", "file_id": "f"}},
            "/messages/0/content/0/source",
        ),
        (
            {"type": "document", "source": {"type": "file", "file_id": "f"}},
            "/messages/0/content/0/source",
        ),
    ],
)
def test_files_at_anthropic_are_nowhere_else(block: Json, path: str) -> None:
    asked = request(messages=[{"role": "user", "content": [block]}])
    with pytest.raises(Unsupported) as refused:
        sent(asked, target(hosted=False))
    assert refused.value.path == path
    assert sent(asked)["messages"][0]["content"] == [block]


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"compaction": {"type": "summarize"}}, "/compaction"),
        ({"thread": {"type": "continue"}}, "/thread"),
        ({"mcp_servers": [{"url": "https://m.example"}]}, "/mcp_servers"),
        ({"container": {"skills": [{}]}}, "/container/skills"),
    ],
)
def test_what_only_anthropics_servers_do_is_refused(fields: Json, path: str) -> None:
    with pytest.raises(Unsupported) as refused:
        sent(request(**fields), target(hosted=False))
    assert refused.value.path == path
    assert sent(request(**fields)).items() >= fields.items()


def test_searches_made_elsewhere_are_not_shown_to_anthropic_as_its_own() -> None:
    """It would refuse what it cannot decrypt."""
    mark = seal(Envelope("openai", "gpt"))
    call, found = SEARCH
    own = found | {"content": [PAGE | {"encrypted_content": mark}]}
    source = {"type": "web_search_result_location", "url": "u", "title": "t", "cited_text": "c"}
    text = {"type": "text", "text": "Four.", "citations": [source | {"encrypted_index": mark}]}
    said = {"role": "assistant", "content": [call, own, text]}
    ledger = Ledger()
    body = sent(request(messages=[USER, said, USER]), target(), ledger)
    assert [block["type"] for block in body["messages"][1]["content"]] == ["text"] * 3
    assert mark not in json.dumps(body)
    assert "https://a.example" in body["messages"][1]["content"][1]["text"]
    assert body["messages"][1]["content"][2] == {"type": "text", "text": "Four."}
    assert [(loss.path, loss.reason) for loss in ledger] == [
        ("/messages/1/content/0", Reason.SERVER_HISTORY),
        ("/messages/1/content/1", Reason.SERVER_HISTORY),
        ("/messages/1/content/2/citations", Reason.CITATIONS),
    ]
    theirs = {"role": "assistant", "content": [*SEARCH, {"type": "text", "text": "Four."}]}
    assert sent(request(messages=[USER, theirs, USER]))["messages"][1] == theirs
