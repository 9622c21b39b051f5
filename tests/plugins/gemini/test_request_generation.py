"""How an answer is to be generated: depth of thought, length, sampling, stops, formats."""

from __future__ import annotations

import pytest

from proxy_core.contract import ModelOptions
from proxy_core.ledger import LossKind, Reason
from tests.support.chat_requests import HI, request, tool
from tests.support.gemini import Json, send, target

DEPTHS: list[tuple[str, Json, Json]] = [
    ("gemini-4-carbon", {}, {}),
    ("gemini-4-carbon", {"thinking": {"type": "adaptive"}}, {"includeThoughts": True}),
    ("gemini-4-carbon", {"thinking": {"type": "adaptive", "display": "omitted"}}, {}),
    ("gemini-4-carbon", {"output_config": {"effort": "max"}}, {"thinkingLevel": "HIGH"}),
    ("gemini-4-hydrogen", {"output_config": {"effort": "max"}}, {"thinkingLevel": "XHIGH"}),
    ("gemini-4-hydrogen", {"output_config": {"effort": "xhigh"}}, {"thinkingLevel": "XHIGH"}),
    ("gemini-4-carbon", {"thinking": {"type": "disabled"}}, {"thinkingLevel": "LOW"}),
    ("gemini-3.6-flash", {"thinking": {"type": "disabled"}}, {"thinkingLevel": "MINIMAL"}),
    ("gemini-3.8-flash", {"output_config": {"effort": "minimal"}}, {"thinkingLevel": "LOW"}),
    ("gemini-9-new", {"output_config": {"effort": "medium"}}, {"thinkingLevel": "MEDIUM"}),
    *(
        (
            "gemini-4-carbon",
            {"thinking": {"type": "enabled", "budget_tokens": tokens}},
            {"thinkingLevel": level, "includeThoughts": True},
        )
        for tokens, level in ((1024, "LOW"), (4096, "MEDIUM"), (16_384, "HIGH"))
    ),
    ("gemini-2.5-flash", {"thinking": {"type": "disabled"}}, {"thinkingBudget": 0}),
    ("gemini-2.5-pro", {"thinking": {"type": "disabled"}}, {"thinkingBudget": 128}),
    ("gemini-2.5-flash-lite", {"output_config": {"effort": "low"}}, {"thinkingBudget": 1024}),
    ("gemini-2.5-pro", {"output_config": {"effort": "high"}}, {"thinkingBudget": 24_576}),
    *(
        (
            model,
            {"thinking": {"type": "enabled", "budget_tokens": told}},
            {"thinkingBudget": sent, "includeThoughts": True},
        )
        for model, told, sent in (
            ("gemini-2.5-flash-lite", 100, 512),
            ("gemini-2.5-flash", 60_000, 24_576),
            ("gemini-2.5-pro", 60_000, 32_768),
        )
    ),
    ("gemini-2.0-flash", {"thinking": {"type": "adaptive"}}, {}),
    ("gemma-4-31b-it", {"output_config": {"effort": "high"}}, {}),
]


@pytest.mark.parametrize(("model", "fields", "config"), DEPTHS)
def test_how_deep_to_think(model: str, fields: Json, config: Json) -> None:
    assert send(request(HI, **fields), target(model)).generation.get("thinkingConfig", {}) == config


def test_the_users_own_effort_counts_most() -> None:
    options = ModelOptions(reasoning_effort="low")
    asks = request(HI, thinking={"type": "enabled", "budget_tokens": 30_000})
    for model, said in (("gemini-4-carbon", "LOW"), ("gemini-2.5-pro", 1024)):
        config = send(asks, target(model, options)).generation["thinkingConfig"]
        assert said in config.values()


@pytest.mark.parametrize(
    ("model", "stream", "asked", "sent"),
    [
        ("gemini-4-carbon", True, 64_000, 64_000),
        ("gemini-4-carbon", False, 64_000, 32_768),
        ("gemini-4-hydrogen", False, 64_000, 64_000),
        ("gemini-4-hydrogen", True, 128_000, 65_536),
        ("gemma-4-31b-it", True, 128_000, 32_768),
    ],
)
def test_the_longest_answer(model: str, stream: bool, asked: int, sent: int) -> None:
    made = send(request(HI, stream=stream, max_tokens=asked), target(model))
    assert made.generation["maxOutputTokens"] == sent
    clamped = made.lost("/max_tokens") == (LossKind.CLAMPED, Reason.DECLARED_LIMIT)
    assert clamped is (sent < asked)


def test_sampling_only_where_it_counts() -> None:
    asks = request(HI, temperature=0.2, top_p=0.9, top_k=5)
    new, old = send(asks), send(asks, target("gemini-2.5-pro"))
    assert new.generation == {"maxOutputTokens": 100}
    for field in ("temperature", "top_p", "top_k"):
        assert new.lost(f"/{field}") == (LossKind.DROPPED, Reason.UNSUPPORTED_BY_MODEL)
    assert old.generation | {"temperature": 0.2, "topP": 0.9, "topK": 5} == old.generation


def test_five_stop_sequences_and_the_rest_watched_for() -> None:
    sent = send(request(HI, stop_sequences=list("abcdefg")))
    assert sent.generation["stopSequences"] == list("abcde")
    assert sent.upstream.stop_sequences == ("f", "g")


def test_a_format_beside_tools_on_an_older_model_is_asked_for_in_words() -> None:
    form = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    asks = request(HI, tools=[tool("Bash")], output_config=form)
    old, new = send(asks, target("gemini-2.5-pro")), send(asks)
    assert "JSON Schema" in old.body["systemInstruction"]["parts"][0]["text"]
    assert "responseJsonSchema" not in old.generation
    assert new.generation["responseJsonSchema"] == {"type": "object"}
    assert old.lost("/output_config/format") == (LossKind.RESHAPED, Reason.STRUCTURED_OUTPUT)


def test_a_format_in_the_typed_lane() -> None:
    form = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    made = send(request(HI, output_config=form), target(schema_lane="openapi")).generation
    assert made["responseSchema"] == {"type": "OBJECT"}


def test_a_format_is_told_as_far_as_gemini_knows_it() -> None:
    schema = {"type": "object", "properties": {"kind": {"const": "a"}}, "$schema": "x"}
    form = {"format": {"type": "json_schema", "schema": schema}}
    sent = send(request(HI, output_config=form))
    kind = {"type": "string", "enum": ["a"]}
    told = {"type": "object", "properties": {"kind": kind}}
    assert sent.generation["responseJsonSchema"] == told
    assert sent.generation["responseMimeType"] == "application/json"
    place = "/output_config/format/schema"
    for pointer in ("/$schema", "/properties/kind/const"):
        assert sent.lost(place + pointer) == (LossKind.RESHAPED, Reason.SCHEMA_KEYWORD)


def test_a_format_that_gemini_cannot_hold_is_asked_for_in_words() -> None:
    nested: Json = {}
    for _ in range(400):
        nested = {"type": "object", "properties": {"x": nested}}
    form = {"format": {"type": "json_schema", "schema": nested}}
    sent = send(request(HI, output_config=form))
    assert "JSON Schema" in sent.body["systemInstruction"]["parts"][0]["text"]
    assert "responseMimeType" not in sent.generation
    assert sent.lost("/output_config/format") == (LossKind.RESHAPED, Reason.STRUCTURED_OUTPUT)


def test_a_format_of_another_kind_is_named_as_lost() -> None:
    sent = send(request(HI, output_config={"format": {"type": "xml", "schema": {}}}))
    assert "systemInstruction" not in sent.body
    assert "responseMimeType" not in sent.generation
    assert sent.lost("/output_config/format") == (LossKind.DROPPED, Reason.STRUCTURED_OUTPUT)
