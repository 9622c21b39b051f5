"""Reading requests: real ones, odd ones, hostile ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from proxy_core.anthropic.content import (
    ABSENT,
    Block,
    DocumentBlock,
    FallbackBlock,
    ImageBlock,
    Message,
    SearchResultBlock,
    TextBlock,
    Tool,
    ToolReferenceBlock,
    ToolResultBlock,
    UnknownBlock,
    is_given,
)
from proxy_core.anthropic.request import InvalidRequest, MessagesRequest, parse
from proxy_core.anthropic.rules import check_messages, check_roles
from tests.support.anthropic_streams import FIXTURES
from tests.support.claude_code import RECORDED
from tests.support.hostile_bodies import HOSTILE, ODD_BUT_LEGAL, raw_body

WRITTEN = [path for path in sorted(FIXTURES.glob("r*.json")) if "_forms" not in path.name]


def bodies(path: Path) -> list[Any]:
    value = json.loads(path.read_bytes())
    return value if isinstance(value, list) else [value]


def read(body: Any) -> MessagesRequest:
    return parse(json.dumps(body).encode())


def unknown_blocks(request: MessagesRequest) -> list[UnknownBlock]:
    blocks = [block for message in request.messages for block in message.content]
    blocks += [
        inner
        for block in blocks
        if isinstance(block, ToolResultBlock) and isinstance(block.content, tuple)
        for inner in block.content
    ]
    return [block for block in blocks if isinstance(block, UnknownBlock)]


# -- what clients send ---------------------------------------------------------------------


@pytest.mark.parametrize("path", [*RECORDED, *WRITTEN], ids=lambda path: path.stem)
def test_known_requests_hold_nothing_unknown(path: Path) -> None:
    for body in bodies(path):
        request = read(body)
        assert request.unknown == {}
        assert unknown_blocks(request) == []
        check_roles(request)
        if "max_tokens" in body:
            check_messages(request)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (FIXTURES / "r04_tool_choice_forms.json", "tool_choice"),
        (FIXTURES / "r07_thinking_config_forms.json", "thinking"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_form_of_a_setting_is_known(path: Path, field: str) -> None:
    for form in bodies(path):
        request = parse(raw_body(**{field: json.dumps(form).encode()}))
        assert request.unknown == {}
        setting = getattr(request, field)
        assert {name: getattr(setting, name) for name in form} == form


def test_the_body_is_kept_as_it_came() -> None:
    body = b" " + raw_body(temperature=b"0.50") + b"\n"
    assert parse(body).body == body


def test_a_typed_request() -> None:
    request = parse(
        raw_body(
            system=b'[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}]',
            tools=b'[{"name":"f","input_schema":{"type": "object"},"strict":true}]',
            tool_choice=b'{"type":"tool","name":"f"}',
            thinking=b'{"type":"adaptive","display":"omitted"}',
            output_config=b'{"effort":"high","format":{"type":"json_schema","schema":{"a":1}}}',
            temperature=b"1",
            stream=b"true",
            stop_sequences=b'["x"]',
        )
    )
    assert request.model == "m"
    assert request.max_tokens == 16
    assert request.messages == (Message(role="user", content=(TextBlock(text="hi"),)),)
    assert request.system == (TextBlock(text="s", cache_control={"type": "ephemeral"}),)
    assert bytes(request.tools[0].input_schema) == b'{"type": "object"}'
    assert request.tools[0].strict is True
    assert request.tool_choice is not None
    assert request.tool_choice.name == "f"
    assert request.thinking is not None
    assert request.thinking.display == "omitted"
    assert request.output_config is not None
    assert request.output_config.format is not None
    assert bytes(request.output_config.format.schema) == b'{"a":1}'
    assert (request.stream, request.temperature, request.stop_sequences) == (True, 1.0, ("x",))


def test_blocks_of_a_tool_result() -> None:
    text = {"type": "text", "text": "a"}
    source = {"type": "base64", "media_type": "image/png", "data": "aGk="}
    inner = [
        text,
        {"type": "image", "source": source},
        {"type": "document", "source": {**source, "media_type": "application/pdf"}, "title": "t"},
        {"type": "search_result", "source": "s", "title": "t", "content": [text]},
        {"type": "tool_reference", "tool_name": "f"},
    ]
    result = {"type": "tool_result", "tool_use_id": "t", "content": inner, "is_error": True}
    request = read({"model": "m", "messages": [{"role": "user", "content": [result]}]})
    block = request.messages[0].content[0]
    assert isinstance(block, ToolResultBlock)
    assert isinstance(block.content, tuple)
    assert [type(item) for item in block.content] == [
        TextBlock,
        ImageBlock,
        DocumentBlock,
        SearchResultBlock,
        ToolReferenceBlock,
    ]


def test_a_string_and_one_text_block_are_the_same_message() -> None:
    as_text = parse(raw_body(messages=b'[{"role":"user","content":"hi"}]', system=b'"s"'))
    as_blocks = parse(
        raw_body(
            messages=b'[{"role":"user","content":[{"type":"text","text":"hi"}]}]',
            system=b'[{"type":"text","text":"s"}]',
        )
    )
    assert as_text.messages == as_blocks.messages
    assert as_text.system == as_blocks.system


def test_raw_fields_are_not_reformatted() -> None:
    raw = b'{ "b" : 1.0e2, "a":"\\u00e9" }'
    request = parse(
        raw_body(context_management=raw, tools=b'[{"name":"f","input_schema":%b}]' % raw)
    )
    assert bytes(request.context_management) == raw
    assert bytes(request.tools[0].input_schema) == raw


def test_whether_a_raw_field_is_given() -> None:
    request = parse(raw_body(container=b"null", thread=b'{"id":"x"}'))
    assert not is_given(request.container)
    assert not is_given(request.mcp_servers)
    assert request.mcp_servers == ABSENT
    assert is_given(request.thread)


# -- what is unknown -----------------------------------------------------------------------


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


LEGAL_BODIES = [body for path in WRITTEN for body in bodies(path) if plain(body)]


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


# -- what is hostile -----------------------------------------------------------------------


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bodies_are_refused(name: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(HOSTILE[name])
    words = str(refusal.value)
    assert 0 < len(words) < 500
    assert words.isprintable()


@pytest.mark.parametrize("name", ODD_BUT_LEGAL)
def test_odd_bodies_are_read(name: str) -> None:
    request = parse(ODD_BUT_LEGAL[name])
    assert request.model == "m"
    assert request.body == ODD_BUT_LEGAL[name]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (raw_body(messages=b'[{"role":"user"}]'), "messages.0.content: Field required"),
        (
            raw_body(messages=b'[{"role":"user","content":[{"type":"text","text":1}]}]'),
            "messages.0.content.0.text: Expected `str`, got `int`",
        ),
        (raw_body(max_tokens=b'"x"'), "max_tokens: Expected `int | null`, got `str`"),
        (b'{"messages":[]}', "model: Field required"),
        (b"[]", "The request body is not a request: Expected `object`, got `array`."),
        (raw_body()[:-1], "The request body is not valid JSON: Input data was truncated."),
        (b'{"a":' * 9999, "The request body is nested too deeply."),
        (b'"\xff"', "The request body is not valid UTF-8 at byte 1."),
        (raw_body(tools=b'[{"name":"f"},{"name":2}]'), "tools.1.name: Expected `str`, got `int`"),
    ],
)
def test_the_words_name_the_place(body: bytes, words: str) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(body)
    assert str(refusal.value) == words


def test_no_words_of_the_client_are_repeated() -> None:
    with pytest.raises(InvalidRequest) as refusal:
        parse(raw_body(messages=b'[{"role":"user","content":"secret plan","clear_at":1}]'))
    assert "secret" not in str(refusal.value)


PIECES = st.sampled_from(
    [r"\ud83d", r"\uDE00", r"\u0041", r"\n", r"\\", r"\ud8", r"\u", "\\", "x", "é", "\x00", '"']
)


@pytest.mark.proof
@given(st.lists(PIECES, max_size=6).map("".join))
def test_strings_that_are_skipped_are_checked_like_those_that_are_read(text: str) -> None:
    string = f'"{text}"'.encode()
    try:
        msgspec.json.decode(b"[%b]" % string)
    except msgspec.DecodeError:
        for body in (raw_body(unheard=string), raw_body(tools=b'[{"input_schema":%b}]' % string)):
            with pytest.raises(InvalidRequest):
                parse(body)
    else:
        assert bytes(parse(raw_body(unheard=string)).unknown["/unheard"]) == string


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["model", "messages", "role", "content", "type", "text", "tools", "name", "system",
             "input", "source", "thinking", "tool_use_id", "id"]
        )
        | st.text(max_size=3),
        inner | st.sampled_from(["user", "text", "tool_result", "tool_use", "image", "thinking"]),
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@pytest.mark.proof
@given(JSON | st.fixed_dictionaries({"model": st.just("m"), "messages": st.lists(JSON)}))
def test_any_json_is_a_request_or_refused(value: Any) -> None:
    accept_or_refuse(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
    accept_or_refuse(json.dumps(value).encode())


@pytest.mark.proof
@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_request_or_refused(body: bytes) -> None:
    accept_or_refuse(body)


@pytest.mark.proof
@given(st.sampled_from([path.read_bytes() for path in WRITTEN]), st.data())
def test_any_damage_to_a_request_is_accepted_or_refused(body: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 20)))
    accept_or_refuse(body[:start] + data.draw(st.binary(max_size=4)) + body[end:])


def accept_or_refuse(body: bytes) -> None:
    try:
        request = parse(body)
        check_messages(request)
    except InvalidRequest:
        return
    for name, kind in get_type_hints(MessagesRequest).items():
        if name != "messages" and kind is not Raw:
            msgspec.convert(getattr(request, name), kind)  # raises where the type is not kept
    for message in request.messages:
        assert all(isinstance(block, Block) for block in message.content)
