"""Reading requests: the real ones, and what their parts become."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy_core.anthropic.content import (
    ABSENT,
    DocumentBlock,
    ImageBlock,
    Message,
    SearchResultBlock,
    TextBlock,
    ToolReferenceBlock,
    ToolResultBlock,
    is_given,
)
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.rules import check_messages, check_roles
from tests.support.anthropic_requests import DOCUMENTED, bodies, read, unknown_blocks
from tests.support.anthropic_streams import FIXTURES
from tests.support.claude_code import RECORDED
from tests.support.hostile_bodies import raw_body


@pytest.mark.parametrize("path", [*RECORDED, *DOCUMENTED], ids=lambda path: path.stem)
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
