"""Token counts, from every place and out of every muddle."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.contract import Usage
from proxy_core.dialects.openai_chat.answers.usage import read_usage
from proxy_core.dialects.openai_chat.quirks import Quirks

PLAIN = {"prompt_tokens": 100, "completion_tokens": 10}


@pytest.mark.parametrize(
    ("more", "read", "written"),
    [
        ({}, 0, 0),
        ({"prompt_tokens_details": {"cached_tokens": 80}}, 80, 0),
        ({"prompt_tokens_details": {"cached_tokens": 80, "cache_write_tokens": 15}}, 80, 15),
        ({"prompt_cache_hit_tokens": 80, "prompt_cache_miss_tokens": 20}, 80, 0),
        ({"cached_tokens": 80}, 80, 0),
        ({"cached_tokens": 80, "prompt_tokens_details": {"cached_tokens": 70}}, 70, 0),
        ({"prompt_tokens_details": None, "cached_tokens": 80}, 80, 0),
        ({"prompt_tokens_details": {"cached_tokens": 500, "cache_write_tokens": 5}}, 100, 0),
        ({"prompt_tokens_details": {"cached_tokens": -1}}, 0, 0),
        ({"prompt_tokens_details": {"cached_tokens": "80"}}, 0, 0),
        ({"prompt_tokens_details": {"cached_tokens": True}}, 0, 0),
        ({"prompt_tokens_details": [1]}, 0, 0),
    ],
)
def test_the_cache_is_counted_beside_the_input(more: Any, read: int, written: int) -> None:
    assert read_usage({**PLAIN, **more}, Quirks()) == Usage(
        input_tokens=100 - read - written,
        output_tokens=10,
        cache_read_input_tokens=read,
        cache_creation_input_tokens=written,
    )


@pytest.mark.parametrize(
    "usage",
    [None, {}, [], "x", 5, {"prompt_tokens": 0, "completion_tokens": 0}, {"prompt_tokens": -5}],
)
def test_no_counts_are_no_usage(usage: object) -> None:
    assert read_usage(usage, Quirks()) is None


def test_half_a_usage_is_one() -> None:
    assert read_usage({"completion_tokens": 3}, Quirks()) == Usage(output_tokens=3)
    assert read_usage({"prompt_tokens": 3, "completion_tokens": None}, Quirks()) == Usage(
        input_tokens=3
    )


def test_the_quirk_adds_reasoning_that_the_output_leaves_out() -> None:
    usage = {**PLAIN, "total_tokens": 150, "completion_tokens_details": {"reasoning_tokens": 40}}
    apart = Quirks(output_excludes_reasoning=True)
    plain, added = read_usage(usage, Quirks()), read_usage(usage, apart)
    assert plain is not None
    assert added is not None
    assert (plain.output_tokens, added.output_tokens) == (10, 50)
    assert plain.thinking_tokens == added.thinking_tokens == 40
    complete = read_usage({**usage, "total_tokens": 110}, apart)
    assert complete is not None
    assert complete.output_tokens == 10


NUMBERS = st.integers(-5, 10**12) | st.none() | st.booleans() | st.floats() | st.text(max_size=3)


@given(
    usage=st.dictionaries(
        st.sampled_from(
            [
                *("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens"),
                *("prompt_cache_hit_tokens", "prompt_tokens_details", "completion_tokens_details"),
            ]
        ),
        NUMBERS
        | st.dictionaries(
            st.sampled_from(["cached_tokens", "cache_write_tokens", "reasoning_tokens"]), NUMBERS
        ),
    ),
    apart=st.booleans(),
)
def test_the_input_figures_add_up_to_the_prompt(usage: dict[str, Any], apart: bool) -> None:
    counted = read_usage(usage, Quirks(output_excludes_reasoning=apart))
    if counted is None:
        return
    prompt = usage.get("prompt_tokens")
    given_prompt = prompt if type(prompt) is int and prompt > 0 else 0
    parts = (
        counted.input_tokens,
        counted.cache_read_input_tokens,
        counted.cache_creation_input_tokens,
    )
    assert sum(parts) == given_prompt
    assert min(*parts, counted.output_tokens) >= 0
