"""Quirks are changed by name, by authors of cards and by users."""

from typing import Any

import pytest

from proxy_core.dialects.openai_chat import Quirks


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"max_token_field": "limit"}, "there is no quirk 'max_token_field'"),
        (
            {"max_tokens_field": "limit"},
            (
                "max_tokens_field: Invalid enum value 'limit' "
                "(it knows: max_tokens, max_completion_tokens)"
            ),
        ),
        (
            {"reasoning_fields": ["musings"]},
            (
                "reasoning_fields: Invalid enum value 'musings' - at `$[0]` "
                "(it knows: reasoning_content, reasoning, reasoning_text)"
            ),
        ),
        (
            {"extra_body_while": {"asleep": {}}},
            (
                "extra_body_while: Invalid enum value 'asleep' - at `key` in `$` "
                "(it knows: thinking, streaming)"
            ),
        ),
        ({"stop_limit": "few"}, "stop_limit: Expected `int`, got `str`"),
        ({"top_k": "yes"}, "top_k: Expected `bool`, got `str`"),
    ],
)
def test_a_change_that_no_quirk_takes_is_told_with_what_it_takes(
    changes: dict[str, Any], told: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 -- its words are looked at
        Quirks().but(changes)
    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("quirk", "text", "value"),
    [
        ("top_k", "true", True),
        ("sampling", "false", False),
        ("stop_limit", "1", 1),
        ("stop_bytes", "32", 32),
        ("forced_tool_choice", "false", False),
        ("forced_tool_choice", "unless_thinking", "unless_thinking"),
        ("prefill_field", "1", "1"),
    ],
)
def test_text_means_what_it_says(quirk: str, text: str, value: object) -> None:
    changed = getattr(Quirks().but({quirk: text}), quirk)
    assert (type(changed), changed) == (type(value), value)
