"""The estimate of input tokens: everything counts, and nothing is free."""

import json
from typing import Any

import pytest

from proxy_core.anthropic.request import parse
from proxy_core.anthropic.tokens import IMAGE_TOKENS, estimate

BASE: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hello"}]}


def tokens(**changes: Any) -> int:
    return estimate(parse(json.dumps(BASE | changes).encode())).tokens


def with_blocks(*blocks: dict[str, Any]) -> int:
    return tokens(messages=[{"role": "user", "content": list(blocks)}])


WORDS = "word " * 700
"""Seven hundred tokens; whatever holds it must count for about as many."""

PLACES: dict[str, Any] = {
    "system": {"system": WORDS},
    "system blocks": {"system": [{"type": "text", "text": WORDS}]},
    "tool description": {"tools": [{"name": "t", "description": WORDS, "input_schema": {}}]},
    "tool schema": {"tools": [{"name": "t", "input_schema": {"description": WORDS}}]},
}
BLOCKS: dict[str, Any] = {
    "text": {"type": "text", "text": WORDS},
    "thinking": {"type": "thinking", "thinking": WORDS, "signature": ""},
    "tool use": {"type": "tool_use", "id": "t1", "name": "n", "input": {"a": WORDS}},
    "tool result": {"type": "tool_result", "tool_use_id": "t1", "content": WORDS},
    "tool result blocks": {
        "type": "tool_result",
        "tool_use_id": "t1",
        "content": [{"type": "text", "text": WORDS}],
    },
    "text document": {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": WORDS},
    },
    "search result": {
        "type": "search_result",
        "source": "s",
        "title": "t",
        "content": [{"type": "text", "text": WORDS}],
    },
    "unknown block": {"type": "novelty", "words": WORDS},
    "server tool result": {
        "type": "web_search_tool_result",
        "tool_use_id": "t",
        "content": [{"type": "web_search_result", "title": WORDS}],
    },
}


@pytest.mark.parametrize("place", PLACES)
def test_every_field_counts(place: str) -> None:
    assert 650 < tokens(**PLACES[place]) - tokens() < 800


@pytest.mark.parametrize("kind", BLOCKS)
def test_every_block_counts(kind: str) -> None:
    assert 650 < with_blocks(BLOCKS[kind]) < 800


@pytest.mark.parametrize("wrapped", [False, True])
def test_an_image_counts_the_same_wherever_it_is_and_however_large_its_file(wrapped: bool) -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "A" * 100_000}
    image: dict[str, Any] = {"type": "image", "source": source}
    if wrapped:
        image = {"type": "tool_result", "tool_use_id": "t", "content": [image]}
    assert IMAGE_TOKENS <= with_blocks(image) < IMAGE_TOKENS + 50


def test_a_pdf_is_not_counted_as_text() -> None:
    source = {"type": "base64", "media_type": "application/pdf", "data": "A" * 300_000}
    assert with_blocks({"type": "document", "source": source}) < 12_000


def test_b32_forty_tools_count() -> None:
    schema = {"type": "object", "properties": {"path": {"type": "string"}}}
    tool = {"description": "Does one thing well.", "input_schema": schema}
    assert tokens(tools=[{"name": f"tool_{n}", **tool} for n in range(40)]) > 40 * 20


def test_other_scripts_count_about_a_token_a_character() -> None:
    assert 0.7 * 1000 < tokens(system="字" * 1000) - tokens() < 1.2 * 1000


def test_signatures_and_ids_do_not_count() -> None:
    block = {"type": "thinking", "thinking": "hm", "signature": "A" * 10_000}
    assert with_blocks(block) < 20


def test_nothing_at_all_is_still_one_token() -> None:
    assert estimate(parse(b'{"model": "m", "messages": []}')).tokens == 1
