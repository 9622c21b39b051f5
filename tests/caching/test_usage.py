"""Cached tokens, in each vendor's way of telling them: counted once.

Anthropic's three input figures add up to the prompt; most vendors count what they read from a
cache as a part of it.
"""

from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.contract import Usage
from proxy_core.dialects.openai_chat import Quirks
from proxy_core.dialects.openai_chat.answers.usage import read_usage as read_chat
from proxy_gemini.usage import UsageMeter
from proxy_openai.responses.usage import read_usage as read_responses

Json = dict[str, Any]


class Prompt(NamedTuple):
    """What a prompt of a vendor came to."""

    total: int
    read: int = 0
    written: int = 0


def openai(prompt: Prompt) -> Json:
    details = {"cached_tokens": prompt.read, "cache_write_tokens": prompt.written}
    return {"prompt_tokens": prompt.total, "completion_tokens": 7, "prompt_tokens_details": details}


def openai_responses(prompt: Prompt) -> Json:
    details = {"cached_tokens": prompt.read, "cache_write_tokens": prompt.written}
    return {"input_tokens": prompt.total, "output_tokens": 7, "input_tokens_details": details}


def deepseek(prompt: Prompt) -> Json:
    told = {"prompt_cache_hit_tokens": prompt.read}
    missed = {"prompt_cache_miss_tokens": prompt.total - prompt.read}
    return {"prompt_tokens": prompt.total, "completion_tokens": 7} | told | missed


def moonshot(prompt: Prompt) -> Json:
    return {
        "prompt_tokens": prompt.total,
        "completion_tokens": 7,
        "cached_tokens": prompt.read,
        "prompt_tokens_details": {"cached_tokens": prompt.read},
    }


def moonshot_at_the_top(prompt: Prompt) -> Json:
    return {
        "prompt_tokens": prompt.total,
        "completion_tokens": 7,
        "cached_tokens": prompt.read,
    }


def groq(prompt: Prompt) -> Json:
    details = {"prompt_tokens_details": {"cached_tokens": prompt.read}}
    times = {"queue_time": 0.01, "prompt_time": 0.02, "total_time": 0.3}
    return {"prompt_tokens": prompt.total, "completion_tokens": 7} | details | times


def gemini(prompt: Prompt) -> Json:
    counts = {"promptTokenCount": prompt.total, "candidatesTokenCount": 7}
    return counts | ({"cachedContentTokenCount": prompt.read} if prompt.read else {})


def chat_usage(told: Json) -> Usage | None:
    return read_chat(told, Quirks())


def gemini_usage(told: Json) -> Usage | None:
    """Each chunk tells what was counted so far; the count of the prompt comes with the first."""
    meter = UsageMeter()
    meter.read({"promptTokenCount": told["promptTokenCount"]})
    return meter.read(told)


WAYS = {
    "openai": (openai, chat_usage),
    "openai responses": (openai_responses, read_responses),
    "deepseek": (deepseek, chat_usage),
    "moonshot": (moonshot, chat_usage),
    "moonshot at the top": (moonshot_at_the_top, chat_usage),
    "groq": (groq, chat_usage),
    "gemini": (gemini, gemini_usage),
}
TELLS_WRITES = ("openai", "openai responses")


@st.composite
def prompts(draw: st.DrawFn) -> Prompt:
    total = draw(st.integers(1, 2_000_000))
    read = draw(st.integers(0, total))
    return Prompt(total, read, draw(st.integers(0, total - read)))


@pytest.mark.parametrize("way", WAYS)
@given(prompt=prompts())
def test_the_three_figures_are_the_vendors_prompt(way: str, prompt: Prompt) -> None:
    tell, read = WAYS[way]
    written = prompt.written if way in TELLS_WRITES else 0
    assert read(tell(prompt)) == Usage(
        input_tokens=prompt.total - prompt.read - written,
        output_tokens=7,
        cache_read_input_tokens=prompt.read,
        cache_creation_input_tokens=written,
        thinking_tokens=0 if way == "gemini" else None,
    )


@pytest.mark.parametrize("way", WAYS)
@given(prompt=st.builds(Prompt, *[st.integers(-5, 2_000_000)] * 3))
def test_nonsense_adds_up_too(way: str, prompt: Prompt) -> None:
    """More tokens from the cache than there were in the prompt, for example."""
    tell, read = WAYS[way]
    usage = read(tell(prompt))
    if usage is not None:
        parts = (
            usage.input_tokens,
            usage.cache_read_input_tokens,
            usage.cache_creation_input_tokens,
        )
        assert sum(parts) == max(prompt.total, 0)
        assert min(parts) >= 0
