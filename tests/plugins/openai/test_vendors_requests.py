"""What each vendor is sent where it differs from the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from proxy_core.anthropic.request import parse
from proxy_core.ledger import Ledger
from tests.support.chat_answers import Json
from tests.support.chat_requests import assistant, call, image, request, result, system, tool, user
from tests.support.openai_vendors import (
    CHAT,
    FORCED,
    HIGH,
    OFF,
    SCHEMA,
    SPOKEN,
    somewhere,
    target_of,
)


def field(name: str) -> Callable[[Json], Any]:
    return lambda body: body.get(name)


def function(name: str) -> Callable[[Json], Any]:
    return lambda body: body["tools"][0]["function"].get(name)


def message(index: int) -> Callable[[Json], Any]:
    return lambda body: body["messages"][index]


def roles(body: Json) -> list[str]:
    return [told["role"] for told in body["messages"]]


LOOP = [user("go"), assistant(call("toolu_01", "Bash")), user(result("toolu_01", "out"), "and?")]
MID = [user("a"), assistant("b"), system("c"), user("d")]
MIDDLE_IS_USER = ["user", "assistant", "user"]
BOTH_WAYS: Json = {"temperature": 0, **HIGH}
GRAMMAR = {
    "name": "Find",
    "input_schema": {"type": "object", "properties": {"a": {"type": "string", "pattern": "x+"}}},
}
PARALLEL: Json = {
    "tools": [tool("Bash")],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
}

# vendor, model (its own big one if empty), request, where to look, what stands there
SENT: list[tuple[str, str, Json, Callable[[Json], Any], Any]] = [
    # openrouter
    ("openrouter", "", HIGH, field("reasoning"), {"effort": "high"}),
    ("openrouter", "a/b", OFF, field("reasoning"), {"effort": "minimal"}),
    ("openrouter", "a/b", HIGH, field("reasoning_effort"), None),
    ("openrouter", "", {}, field("max_tokens"), 100),
    # fireworks
    ("fireworks", "", HIGH, field("reasoning_effort"), "high"),
    ("fireworks", "", {}, field("max_tokens"), 100),
    ("fireworks", "", {"messages": LOOP}, lambda b: b["messages"][1]["reasoning_content"], " "),
    ("fireworks", "accounts/fireworks/models/glm-5p3", {"messages": MID}, roles, MIDDLE_IS_USER),
    # together
    ("together", "", OFF, field("reasoning"), {"enabled": False}),
    ("together", "", HIGH, field("reasoning_effort"), None),
    ("together", "openai/gpt-oss-120b", HIGH, field("reasoning_effort"), "high"),
    ("together", "openai/gpt-oss-120b", OFF, field("reasoning_effort"), "low"),
    ("together", "", {"messages": MID}, roles, MIDDLE_IS_USER),
    # xai
    ("xai", "", {}, field("max_completion_tokens"), 100),
    ("xai", "", {"stop_sequences": ["X"]}, field("stop"), None),
    ("xai", "", OFF, field("reasoning_effort"), "low"),
    ("xai", "grok-4.3", OFF, field("reasoning_effort"), "none"),
    ("xai", "", {"output_config": {"effort": "max"}}, field("reasoning_effort"), "xhigh"),
    ("xai", "grok-code-fast-1", HIGH, field("reasoning_effort"), None),
    # deepseek
    ("deepseek", "", {}, field("max_tokens"), 100),
    ("deepseek", "", OFF | HIGH, field("thinking"), {"type": "disabled"}),
    ("deepseek", "", OFF | HIGH, field("reasoning_effort"), None),
    ("deepseek", "", {"output_config": {"effort": "medium"}}, field("reasoning_effort"), "high"),
    ("deepseek", "", {"output_config": {"effort": "xhigh"}}, field("reasoning_effort"), "high"),
    ("deepseek", "", {"output_config": {"effort": "max"}}, field("reasoning_effort"), "max"),
    ("deepseek", "", {"messages": LOOP}, lambda b: b["messages"][1]["reasoning_content"], " "),
    ("deepseek", "", {"messages": LOOP} | OFF, lambda b: len(b["messages"][1]), 2),
    ("deepseek", "", FORCED, field("tool_choice"), "auto"),
    ("deepseek", "", FORCED | OFF, field("tool_choice"), "required"),
    ("deepseek", "", {"output_config": {"format": SCHEMA}}, field("response_format"), None),
    ("deepseek", "", {"messages": [user("see", image())]}, lambda b: "base64" in str(b), False),
    (
        "deepseek",
        "deepseek-flash",
        {"messages": [user("see", image())]},
        lambda b: "base64" in str(b),
        True,
    ),
    # cerebras
    ("cerebras", "", {}, field("max_completion_tokens"), 100),
    ("cerebras", "", HIGH, field("reasoning_format"), "parsed"),
    ("cerebras", "qwen-3.8-27b", OFF, field("reasoning_effort"), "none"),
    ("cerebras", "", OFF, field("reasoning_effort"), "low"),
    ("cerebras", "", {"tools": [tool("Bash", strict=True)]}, function("strict"), None),
    ("cerebras", "", {"messages": MID}, roles, MIDDLE_IS_USER),
    # mistral
    ("mistral", "", {}, field("max_tokens"), 100),
    ("mistral", "", {"stream": True}, field("stream_options"), None),
    ("mistral", "", BOTH_WAYS, field("temperature"), None),
    ("mistral", "", BOTH_WAYS, field("reasoning_effort"), "high"),
    ("mistral", "", {"temperature": 0}, field("temperature"), 0),
    ("mistral", "mistral-medium-3.5", OFF, field("reasoning_effort"), "none"),
    ("mistral", "devstral-latest", HIGH, field("reasoning_effort"), None),
    ("mistral", "", {"messages": LOOP}, roles, ["user", "assistant", "tool", "assistant", "user"]),
    (
        "mistral",
        "",
        {"messages": LOOP},
        lambda b: len(b["messages"][1]["tool_calls"][0]["id"]),
        9,
    ),
    (
        "mistral",
        "",
        {"messages": [user("a"), assistant("b")]},
        message(-1),
        {
            "role": "assistant",
            "content": "b",
            "prefix": True,
        },
    ),
    ("mistral", "", {"messages": MID}, roles, MIDDLE_IS_USER),
    ("mistral", "", {"top_k": 5}, field("top_k"), 5),
    # zai
    ("zai", "", {}, field("max_tokens"), 100),
    ("zai", "glm-5.2", OFF | HIGH, field("thinking"), {"type": "disabled"}),
    ("zai", "glm-5.2", HIGH, field("thinking"), {"type": "enabled", "clear_thinking": False}),
    ("zai", "glm-5.2", HIGH, field("reasoning_effort"), "high"),
    ("zai", "", OFF, field("reasoning_effort"), "low"),
    ("zai", "", OFF, field("thinking"), {"type": "enabled", "clear_thinking": False}),
    ("zai", "glm-4.7", HIGH, field("reasoning_effort"), None),
    ("zai", "", {"stream": True}, field("tool_stream"), True),
    ("zai", "", {}, field("tool_stream"), None),
    ("zai", "", FORCED, field("tool_choice"), None),
    ("zai", "", FORCED | {"tool_choice": {"type": "none"}}, field("tools"), None),
    # ollama
    ("ollama", "", FORCED, field("tool_choice"), None),
    ("ollama", "", OFF, field("reasoning_effort"), "low"),
    ("ollama", "qwen4", HIGH, field("reasoning_effort"), None),
    ("ollama", "", {"stream": True}, field("stream_options"), {"include_usage": True}),
    (
        "ollama",
        "llava",
        {"messages": [user(image(type="url", url="https://example.org/a.png"))]},
        lambda b: "image_url" in str(b),
        False,
    ),
    ("ollama", "", {"messages": MID}, roles, MIDDLE_IS_USER),
    # vllm, lmstudio, llamacpp
    ("vllm", "qwen", OFF, field("chat_template_kwargs"), {"enable_thinking": False}),
    ("vllm", "qwen", {"messages": MID}, roles, MIDDLE_IS_USER),
    ("vllm", "qwen", {"stream": True}, field("stream_options"), {"include_usage": True}),
    ("lmstudio", "m", HIGH, field("reasoning_effort"), None),
    ("lmstudio", "m", {"messages": MID}, roles, MIDDLE_IS_USER),
    ("llamacpp", "m", OFF, field("chat_template_kwargs"), {"enable_thinking": False}),
    (
        "llamacpp",
        "m",
        {"tools": [GRAMMAR]},
        lambda b: b["tools"][0]["function"]["parameters"]["properties"],
        {"a": {"type": "string"}},
    ),
    ("llamacpp", "m", {"messages": MID}, roles, MIDDLE_IS_USER),
    # litellm, custom: the plain dialect
    ("litellm", "m", {"messages": MID}, roles, ["user", "assistant", "system", "user"]),
    ("litellm", "m", HIGH, field("reasoning_effort"), None),
    ("litellm", "m", PARALLEL, field("parallel_tool_calls"), False),
    ("custom", "m", {}, set, {"model", "messages", "max_tokens"}),
]


@pytest.mark.parametrize(
    ("name", "model", "fields", "look", "expected"),
    SENT,
    ids=[f"{row[0]}-{number}" for number, row in enumerate(SENT)],
)
def test_what_is_sent(
    name: str, model: str, fields: Json, look: Callable[[Json], Any], expected: Any
) -> None:
    given = dict(fields)
    messages = given.pop("messages", SPOKEN)
    bound = somewhere(name)
    asked = parse(json.dumps(request(*messages, **given)).encode())
    body = json.loads(bound.translate_request(asked, target_of(name, model), Ledger()).body)
    assert look(body) == expected


def test_every_vendor_has_a_row() -> None:
    assert {row[0] for row in SENT} == set(CHAT)
