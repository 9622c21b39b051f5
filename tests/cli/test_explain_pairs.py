"""Two bodies side by side: what belongs together stands together, in any vendor's words."""

from typing import Any

import pytest

from proxy_core.cli.explain.pairs import place_for, places_of, sections

REQUEST: dict[str, Any] = {
    "model": "claude-opus-5",
    "max_tokens": 100,
    "stream": True,
    "output_config": {"effort": "high"},
    "system": [{"type": "text", "text": "Dropped."}, {"type": "text", "text": "Be brief."}],
    "tools": [{"name": "gone"}, {"name": "read", "description": "Reads."}],
    "messages": [
        {"role": "user", "content": "hello"},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "s"},
                {"type": "text", "text": "Reading."},
                {"type": "tool_use", "id": "t1", "name": "read", "input": {"path": "a"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": "found"},
                {"type": "text", "text": "go on"},
            ],
        },
    ],
}
CHAT: dict[str, Any] = {
    "model": "big",
    "max_completion_tokens": 90,
    "reasoning_effort": "high",
    "stream": True,
    "tools": [{"type": "function", "function": {"name": "read", "description": "Reads."}}],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "hello"},
        {
            "role": "assistant",
            "content": "Reading.",
            "tool_calls": [{"id": "t1", "function": {"name": "read", "arguments": "{}"}}],
        },
        {"role": "tool", "tool_call_id": "t1", "content": "found"},
        {"role": "user", "content": "go on"},
    ],
}
RESPONSES: dict[str, Any] = {
    "model": "big",
    "max_output_tokens": 100,
    "reasoning": {"effort": "high"},
    "stream": True,
    "instructions": "Be brief.",
    "tools": [{"type": "function", "name": "read", "description": "Reads."}],
    "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hello"}]},
        {"role": "assistant", "content": "Reading."},
        {"type": "function_call", "call_id": "t1", "name": "read", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "t1", "output": "found"},
        {"role": "user", "content": "go on"},
    ],
}
GEMINI: dict[str, Any] = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "generationConfig": {"maxOutputTokens": 100, "thinkingConfig": {"thinkingLevel": "HIGH"}},
    "tools": [{"functionDeclarations": [{"name": "read", "description": "Reads."}]}],
    "contents": [
        {"role": "user", "parts": [{"text": "hello"}]},
        {
            "role": "model",
            "parts": [{"text": "Reading."}, {"functionCall": {"name": "read", "id": "t1"}}],
        },
        {
            "role": "user",
            "parts": [{"functionResponse": {"name": "read", "id": "t1"}}, {"text": "go on"}],
        },
    ],
}
BODIES = {"chat": CHAT, "responses": RESPONSES, "gemini": GEMINI, "anthropic": REQUEST}


def beside(body: dict[str, Any]) -> dict[str, str]:
    """What stands on the right, by the pointer of what stands on the left."""
    pairs = [pair for section in sections(REQUEST, body) for pair in section.pairs]
    return {ours.path: theirs.text.strip() for ours, theirs in pairs if ours.path}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_what_is_said_stands_beside_itself(body: dict[str, Any]) -> None:
    found = beside(body)
    for path, words in {
        "/system/1": '"Be brief."',
        "/messages/0": '"hello"',
        "/messages/1/content/1": '"Reading."',
        "/messages/2/content/1": '"go on"',
        "/tools/1": "read  Reads.",
    }.items():
        assert found[path].endswith(words), path
    assert "read" in found["/messages/1/content/2"]
    if body is not REQUEST:
        assert (found["/system/0"], found["/tools/0"]) == ("", "")
        assert found["/messages/1/content/0"] == ""


@pytest.mark.parametrize(
    ("body", "limit", "effort"),
    [
        (CHAT, "max_completion_tokens  90", 'reasoning_effort  "high"'),
        (RESPONSES, "max_output_tokens  100", 'reasoning.effort  "high"'),
        (GEMINI, "generationConfig.maxOutputTokens  100", ""),
        (REQUEST, "max_tokens  100", 'output_config.effort  "high"'),
    ],
    ids=BODIES,
)
def test_settings_of_another_name(body: dict[str, Any], limit: str, effort: str) -> None:
    found = beside(body)
    assert (found["/max_tokens"], found["/output_config/effort"]) == (limit, effort)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/messages/1/content/2/name", "/messages/1/content/2"),
        ("/messages/1/content/2", "/messages/1/content/2"),
        ("/messages/1/role", "/messages/1"),
        ("/messages/0", "/messages/0"),
        ("/messages/0/content/0", "/messages/0"),
        ("/messages", "/messages"),
        ("/tools/1/input_schema/properties/a", "/tools/1"),
        ("/tools/10", "/tools"),
        ("/output_config", "/output_config/effort"),
        ("/max_tokens", "/max_tokens"),
        ("/max_tokens_of_another", ""),
        ("", "/system"),
    ],
)
def test_a_loss_is_marked_where_it_is(path: str, place: str) -> None:
    assert place_for(path, places_of(sections(REQUEST, CHAT))) == place


def test_a_line_is_short_and_nothing_in_it_moves_the_cursor() -> None:
    hostile = "\x1b[2J\x9b\u202e\r\n" + "x" * 100_000
    request = {"messages": [{"role": hostile, "content": hostile}], "tools": [{"name": hostile}]}
    for section in sections(request, {hostile: hostile, "input": hostile, "tools": [{}]}):
        for pair in section.pairs:
            for line in pair:
                assert line.text.isprintable()
                assert len(line.text) < 3000


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"": None},
        {"messages": 1, "tools": "x"},
        {"input": "hi"},
        {"messages": [1, None, []]},
        {"contents": [{"role": None, "parts": [None, {"text": {}}]}]},
        {"tools": [[], {"a": []}, {"b": [1]}, {"c": [{}]}]},
    ],
)
def test_any_body_can_be_shown(body: dict[str, Any]) -> None:
    assert len(sections(REQUEST, body)) == 4
