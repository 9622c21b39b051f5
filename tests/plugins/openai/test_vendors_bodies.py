"""Whole bodies for each vendor: the rules of the SDK, and reasoning that goes back."""

from __future__ import annotations

import json

import pytest

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.request import parse
from proxy_core.ledger import Ledger
from tests.e2e.openai_rules import RULES
from tests.support.chat_answers import Json
from tests.support.chat_requests import assistant, call, image, request, result, system, tool, user
from tests.support.openai_vendors import (
    CHAT,
    HIGH,
    sent,
    somewhere,
    target_of,
)

ALL_AT_ONCE = request(
    user("go", image()),
    system("Be brief."),
    assistant(call("toolu_01", "Bash", command="ls")),
    user(result("toolu_01", "out"), "and now?"),
    system="S",
    temperature=0.5,
    stop_sequences=["X"],
    tools=[tool("Bash")],
    tool_choice={"type": "auto"},
    metadata={"user_id": '{"device_id":"d","session_id":"s"}'},
    stream=True,
    **HIGH,
)
OWN_FIELDS: dict[str, set[str]] = {
    "openrouter": {"reasoning"},
    "cerebras": {"reasoning_format"},
    "mistral": {"top_k"},
    "zai": {"thinking", "tool_stream"},
}
"""Fields of a vendor's own in the request above; the rest is OpenAI's, by its SDK's types."""
OWN_OF_MESSAGES = {"reasoning_content", "reasoning", "reasoning_details"}


@pytest.mark.parametrize("name", CHAT)
def test_bodies_keep_the_rules_of_the_sdk(name: str) -> None:
    asked = parse(json.dumps(ALL_AT_ONCE).encode())
    made = somewhere(name).translate_request(asked, target_of(name), Ledger())
    assert made.path == "/chat/completions"
    body = json.loads(made.body)
    assert OWN_FIELDS.get(name, set()) - {"top_k"} <= body.keys()
    plain = {field: it for field, it in body.items() if field not in OWN_FIELDS.get(name, set())}
    for told in plain["messages"]:
        for own in OWN_OF_MESSAGES:
            told.pop(own, None)
    for rule in RULES:
        rule(plain)


@pytest.mark.parametrize(
    ("name", "model", "history"),
    [
        ("deepseek", "", {"reasoning_content": "because", "content": "b"}),
        ("fireworks", "", {"reasoning_content": "because", "content": "b"}),
        ("zai", "", {"reasoning_content": "because", "content": "b"}),
        ("cerebras", "", {"reasoning": "because", "content": "b"}),
        ("openrouter", "", {"reasoning": "because", "content": "b"}),
        (
            "mistral",
            "",
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "because"}]},
                    {"type": "text", "text": "b"},
                ]
            },
        ),
        ("mistral", "devstral-latest", {"content": "b"}),
        ("xai", "", {"content": "b"}),
        ("together", "", {"content": "b"}),
        ("vllm", "m", {"content": "b"}),
    ],
)
def test_what_was_reasoned_goes_back(name: str, model: str, history: Json) -> None:
    own = seal(Envelope.of(target_of(name, model)))
    foreign = seal(Envelope.of(target_of("litellm")))
    for signature, expected in ((own, history), (foreign, None)):
        thought = {"type": "thinking", "thinking": "because", "signature": signature}
        body = sent(name, model, [user("a"), assistant(thought, "b"), user("c")])
        if expected is not None:
            assert body["messages"][1] == {"role": "assistant", **expected}
        else:
            assert "because" not in json.dumps(body["messages"][1])
