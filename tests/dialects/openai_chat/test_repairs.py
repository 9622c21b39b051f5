"""Which refusals another way of speaking mends, and that it does."""

import json
from typing import Any

import pytest

from proxy_core.contract import ErrorVerdict, FailureKind, Repair, UpstreamFailure
from proxy_core.dialects.openai_chat.failures.repairs import (
    BY_WORDS,
    NO_VALUE_BUT_ONE,
    OTHER_VALUES,
    WITHOUT,
)
from proxy_core.dialects.openai_chat.failures.verdict import classify_error
from proxy_core.dialects.openai_chat.quirks import Quirks
from tests.dialects.openai_chat.test_quirks import ACCEPTED, ASKED
from tests.support.chat_answers import a_target
from tests.support.chat_requests import send

SENDS = {
    "top_k": True,
    "store_field": True,
    "safety_identifier": True,
    "prompt_cache_key": True,
    "cache_control": True,
    "disable_tool_validation": True,
    "reasoning_history": "reasoning",
}
"""Quirks of a server that is sent more than the plainest one."""


def verdict_of(message: str, *, status: int | None = 400, **more: Any) -> ErrorVerdict:
    quirks = {**SENDS, **more.pop("quirks", {})}
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    body = json.dumps({"error": {**error, **more}}).encode()
    kind = FailureKind.STATUS if status else FailureKind.STREAM
    target = a_target(**quirks)
    failure = UpstreamFailure(kind=kind, status=status, body=body)
    verdict = classify_error(failure, target, Quirks.of(target))
    assert verdict is not None
    return verdict


LONG = "gAAA" * 20
ROWS: list[tuple[str, dict[str, Any], dict[str, Any], bool]] = [
    (
        f"The encrypted content {LONG} could not be verified.",
        {"code": "invalid_encrypted_content"},
        {"reasoning_history": "none"},
        False,
    ),
    (
        "The encrypted content for item rs_1 could not be verified. Reason: it is old.",
        {},
        {"reasoning_history": "none"},
        False,
    ),
    (
        "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
        {"param": "input"},
        {"reasoning_history": "none"},
        False,
    ),
    (
        (
            "Your organization must be verified to generate reasoning summaries. Please go to: "
            "https://platform.openai.com/settings/organization/general"
        ),
        {"param": "reasoning.summary", "code": "unsupported_value"},
        {"reasoning_summaries": False},
        True,
    ),
    (
        (
            "Function tools with reasoning_effort are not supported for gpt-9 in "
            "/v1/chat/completions. Please use /v1/responses instead."
        ),
        {"param": "reasoning_effort"},
        {"tools_with_reasoning": False},
        True,
    ),
    (
        (
            "thinking is enabled but reasoning_content is missing in assistant tool call message "
            "at index 32"
        ),
        {},
        {"reasoning_history": "reasoning_content", "reasoning_history_filler": " "},
        True,
    ),
    (
        "The `reasoning_content` in the thinking mode must be passed back to the API.",
        {},
        {"reasoning_history": "reasoning_content", "reasoning_history_filler": " "},
        True,
    ),
    (
        (
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead."
        ),
        {"param": "max_tokens", "code": "unsupported_parameter"},
        {"max_tokens_field": "max_completion_tokens"},
        True,
    ),
    (
        (
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the "
            "default (1) value is supported."
        ),
        {"param": "temperature", "code": "unsupported_value"},
        {"sampling": False},
        True,
    ),
    (
        "Invalid value: 'xhigh'. Supported values are: 'low', 'medium', and 'high'.",
        {"param": "reasoning_effort", "code": "invalid_value"},
        {"reasoning_control": "none"},
        False,
    ),
    (
        "Unrecognized request argument supplied: parallel_tool_calls",
        {},
        {"parallel_tool_calls": False},
        True,
    ),
    ("property 'stream_options' is unsupported", {}, {"stream_usage": False}, True),
    ("body.store: Extra inputs are not permitted", {}, {"store_field": False}, True),
]


@pytest.mark.parametrize(("message", "fields", "quirks", "lasting"), ROWS)
@pytest.mark.parametrize("status", [400, None])
def test_a_refusal_and_what_mends_it(
    message: str, fields: dict[str, Any], quirks: dict[str, Any], lasting: bool, status: int | None
) -> None:
    verdict = verdict_of(message, status=status, **fields)
    assert verdict.repair == Repair(quirks=quirks, lasting=lasting)
    assert not verdict.may_be_billed


@pytest.mark.parametrize(("message", "fields", "quirks", "lasting"), ROWS)
def test_who_speaks_so_already_has_no_other_words(
    message: str,
    fields: dict[str, Any],
    quirks: dict[str, Any],
    lasting: bool,  # noqa: ARG001
) -> None:
    assert verdict_of(message, quirks=quirks, **fields).repair is None


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ("No tool output found for function call call_1.", {"param": "input"}),
        ("Unsupported parameter: 'frob'", {"param": "frob", "code": "unsupported_parameter"}),
        ("Invalid schema", {"param": "response_format", "code": "invalid_value"}),
        ("max_tokens is too large", {"param": "max_tokens", "code": "invalid_value"}),
        ("Bad tool", {"param": "tool_choice", "code": "unsupported_value"}),
        ("Something about temperature", {"param": "temperature"}),
        ("slow down, unsupported parameter", {"code": "rate_limit_exceeded"}),
    ],
)
def test_what_no_other_words_mend(message: str, fields: dict[str, Any]) -> None:
    assert verdict_of(message, **fields).repair is None


def test_every_row_of_words_is_tried() -> None:
    for row in BY_WORDS:
        assert any(row.pattern.search(message) for message, *_ in ROWS)


OF_RESPONSES = {"reasoning", "reasoning.effort", "reasoning.summary"}


@pytest.mark.parametrize("parameter", sorted(WITHOUT.keys() - OF_RESPONSES))
def test_without_a_parameter_it_is_not_sent(parameter: str) -> None:
    asked = SENDS | {"disable_tool_validation": False}
    target = ACCEPTED
    request = ASKED
    if parameter == "max_completion_tokens":
        asked["max_tokens_field"] = parameter
    if parameter == "disable_tool_validation":
        asked[parameter] = True
    assert parameter in send(request, target, **asked).body
    assert parameter not in send(request, target, **{**asked, **WITHOUT[parameter]}).body


def test_parameters_with_values_are_known() -> None:
    assert WITHOUT.keys() >= NO_VALUE_BUT_ONE | OTHER_VALUES
