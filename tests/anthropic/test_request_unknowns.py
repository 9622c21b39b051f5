"""Reading requests that hold what nobody knows."""

from __future__ import annotations

import json
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from proxy_core.anthropic.content import (
    FallbackBlock,
    Message,
    SearchResultBlock,
    TextBlock,
    Tool,
    ToolResultBlock,
    UnknownBlock,
)
from proxy_core.anthropic.request import InvalidRequest, MessagesRequest, parse
from tests.support.anthropic_requests import DOCUMENTED, bodies, read, unknown_blocks
from tests.support.hostile_bodies import raw_body


def test_unknown_fields_are_kept_by_their_place() -> None:
    request = parse(
        raw_body(
            messages=b'[{"role":"user","x":0,"content":[{"type":"text","text":"a","a/b~c":[ 1 ]},'
            b'{"type":"tool_result","tool_use_id":"t","content":[{"type":"image",'
            b'"source":{"type":"url","url":"u","x":1}}]}]}]',
            system=b'[{"type":"text","text":"s","x":2}]',
            tools=b'[{"name":"f"},{"name":"g","x":3}]',
            output_config=b'{"format":{"type":"json_schema","x":4}}',
            unheard=b'{ "of" : 5 }',
        )
    )
    assert {path: bytes(raw) for path, raw in request.unknown.items()} == {
        "/messages/0/x": b"0",
        "/messages/0/content/0/a~1b~0c": b"[ 1 ]",
        "/messages/0/content/1/content/0/source/x": b"1",
        "/system/0/x": b"2",
        "/tools/1/x": b"3",
        "/output_config/format/x": b"4",
        "/unheard": b'{ "of" : 5 }',
    }
    assert request.tools == (Tool(name="f"), Tool(name="g"))


def test_an_unknown_block_keeps_its_place() -> None:
    block = b'{"type": "new", "x": [1]}'
    request = parse(
        raw_body(messages=b'[{"role":"user","content":["",%b]}]'.replace(b'"",', b"") % block)
    )
    assert request.messages[0].content == (UnknownBlock(type="new", raw=Raw(block)),)
    assert request.unknown == {}


@pytest.mark.parametrize("place", ["system", "search_result"])
def test_where_only_text_may_be_an_unknown_block_is_set_aside(place: str) -> None:
    blocks = b'[{"type":"text","text":"a"},{"type":"new"},{"type":"text","text":"b"}]'
    if place == "system":
        request = parse(raw_body(system=blocks))
        kept, path = request.system, "/system/1"
    else:
        result = b'[{"type":"search_result","source":"s","title":"t","content":%b}]' % blocks
        request = parse(raw_body(messages=b'[{"role":"user","content":%b}]' % result))
        block = request.messages[0].content[0]
        assert isinstance(block, SearchResultBlock)
        kept, path = block.content, "/messages/0/content/0/content/1"
    assert kept == (TextBlock(text="a"), TextBlock(text="b"))
    assert {path: bytes(raw) for path, raw in request.unknown.items()} == {path: b'{"type":"new"}'}


def test_a_name_that_is_a_keyword_is_read_field_by_field_too() -> None:
    request = parse(
        raw_body(
            messages=b'[{"role":"assistant","content":[{"type":"fallback","from":{"model":"a"},'
            b'"to":{"model":"b"},"x":1}]}]'
        )
    )
    assert request.messages[0].content == (FallbackBlock(from_={"model": "a"}, to={"model": "b"}),)
    assert list(request.unknown) == ["/messages/0/content/0/x"]
    with pytest.raises(InvalidRequest, match=r"^messages\.0\.content\.0\.from: "):
        parse(
            raw_body(
                messages=b'[{"role":"assistant","content":[{"type":"fallback","from":1e999}]}]'
            )
        )


class Salted:
    """A legal body, salted with members nobody knows, and where they are."""

    def __init__(self, body: Any, draw: st.DrawFn) -> None:
        self._draw = draw
        self.unknown: dict[str, Any] = {}
        self.blocks: dict[str, Any] = {}
        self.body = self._salt(body, "")

    def _salt(self, value: Any, path: str) -> Any:
        if isinstance(value, list):
            return self._salt_list(value, path)
        if not isinstance(value, dict):
            return value
        salted = {
            name: item if holds_anything(path, name) else self._salt(item, f"{path}/{name}")
            for name, item in value.items()
        }
        for name in self._draw(st.lists(st.sampled_from(NAMES), max_size=1)):
            salted[name] = self._draw(VALUES)
            self.unknown[f"{path}/{name.replace('~', '~0').replace('/', '~1')}"] = salted[name]
        return salted

    def _salt_list(self, items: list[Any], path: str) -> list[Any]:
        salted = [self._salt(item, f"{path}/{index}") for index, item in enumerate(items)]
        if path.endswith("/content") and self._draw(st.booleans()):
            block = {"type": "unheard", "x": self._draw(VALUES)}
            self.blocks[f"{path}/{len(salted)}"] = block
            salted.append(block)
        return salted


NAMES = ["unheard", "a/b", "m~n", "", "é", "\u2028", "~1"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.just("k"), inner),
    max_leaves=4,
)  # fmt: skip
RAW_FIELDS = {
    "cache_control", "citations", "input", "input_schema", "schema", "tabs", "state_changes",
    "caller", "task_budget", "user_location", "input_examples", "tool", "tool_changes", "from",
    "to", "trigger", "configs", "default_config", "url_sources", "transformations",
    "block_binding", "allowed_callers", "caching",
    *(name for name, kind in get_type_hints(MessagesRequest).items() if kind is Raw),
}  # fmt: skip
"""Members that may hold anything: nothing in them is unknown."""


def holds_anything(path: str, name: str) -> bool:
    return name in RAW_FIELDS or (name == "output_config" and path.startswith("/messages/"))


SERVER_RESULTS = ("_tool_result", "mcp_tool_listing")


def anything_inside(block: Any) -> bool:
    """Whether the content of a block is raw."""
    kind = block.get("type", "") if isinstance(block, dict) else ""
    return kind != "tool_result" and kind.endswith(SERVER_RESULTS)


@st.composite
def salted(draw: st.DrawFn) -> tuple[Any, Salted]:
    body = draw(st.sampled_from(LEGAL_BODIES))
    return body, Salted(body, draw)


def plain(body: Any) -> bool:
    """No server results and no documents of inline content: what is salted is typed."""
    blocks = [
        block
        for message in body["messages"]
        if isinstance(message["content"], list)
        for block in message["content"]
    ]
    return not any(
        anything_inside(block)
        or (isinstance(block.get("source"), dict) and "content" in block["source"])
        for block in blocks
    )


LEGAL_BODIES = [body for path in DOCUMENTED for body in bodies(path) if plain(body)]


@pytest.mark.proof
@given(salted())
def test_what_is_unknown_changes_nothing_else(case: tuple[Any, Salted]) -> None:
    body, salt = case
    before, after = read(body), read(salt.body)
    assert {path: json.loads(bytes(raw)) for path, raw in after.unknown.items()} == salt.unknown
    found = [json.loads(bytes(block.raw)) for block in unknown_blocks(after)]
    assert sorted(map(repr, found)) == sorted(map(repr, salt.blocks.values()))
    for name in MessagesRequest.__struct_fields__:
        if name not in ("messages", "unknown", "body"):
            assert getattr(after, name) == getattr(before, name)
    assert tuple(map(without_unknown, after.messages)) == before.messages


def without_unknown(message: Message) -> Message:
    """The message without its unknown blocks, tool results included."""
    blocks = []
    for block in message.content:
        if isinstance(block, ToolResultBlock) and isinstance(block.content, tuple):
            inner = tuple(item for item in block.content if not isinstance(item, UnknownBlock))
            blocks.append(msgspec.structs.replace(block, content=inner))
        elif not isinstance(block, UnknownBlock):
            blocks.append(block)  # type: ignore[arg-type]
    return msgspec.structs.replace(message, content=tuple(blocks))
