"""The codes and types that servers put into their errors, and what they mean."""

from __future__ import annotations

from proxy_core.contract import About

MEANINGS: dict[str, tuple[int, About]] = {
    **dict.fromkeys(
        (
            "insufficient_quota",
            "billing_hard_limit_reached",
            "exceeded_current_quota_error",  # Moonshot
            "1308",  # Z.ai: plan used up, for hours
            "1113",  # Z.ai: balance
            "1008",  # MiniMax: balance
        ),
        (402, About.QUOTA),
    ),
    **dict.fromkeys(
        (
            "engine_overloaded_error",  # Moonshot
            "overloaded_error",
            "over_capacity",  # Groq, inside a stream
            "capacity_exceeded",  # Groq
            "1305",  # Z.ai
        ),
        (503, About.OVERLOADED),
    ),
    **dict.fromkeys(
        (
            "rate_limit_exceeded",
            "rate_limit_error",
            "rate_limit_reached_error",  # Moonshot
            "1302",  # Z.ai
            "1303",  # Z.ai
            "1002",  # MiniMax
        ),
        (429, About.RATE_LIMIT),
    ),
    **dict.fromkeys(
        (
            "invalid_api_key",
            "authentication_error",
            "invalid_authentication_error",  # Moonshot
            "incorrect_api_key_error",  # Moonshot
            "1004",  # MiniMax
        ),
        (401, About.KEY),
    ),
    **dict.fromkeys(
        (
            "unsupported_parameter",
            "unsupported_value",
            "unknown_parameter",
            "string_above_max_length",
        ),
        (400, About.PARAMETER),
    ),
    **dict.fromkeys(
        (
            "content_filter",  # Azure, Moonshot
            "1301",  # Z.ai
            "invalid_prompt",  # OpenAI, like the next three
            "bio_policy",
            "misalignment_policy_violation",
            "image_content_policy_violation",
        ),
        (400, About.CONTENT_FILTER),
    ),
    "model_not_found": (404, About.MODEL),
    "model_decommissioned": (404, About.MODEL),  # Groq
    "tool_use_failed": (400, About.TOOL_CALL),  # Groq
}
"""What a code or type means, as the status that says the same, and what it is about.

A passing overload is 503 and not 529, on which Claude Code gives up after three tries
(measured, 2.1.328).
"""

STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "badrequesterror": 400,  # vLLM
    "2013": 400,  # MiniMax: parameters
    "permission_error": 403,
    "not_found_error": 404,
    "server_error": 500,
    "timeout": 504,
    "vector_store_timeout": 504,
    **dict.fromkeys(
        (
            "data_residency_mismatch",
            "invalid_image",
            "invalid_image_format",
            "invalid_base64_image",
            "invalid_image_url",
            "image_too_large",
            "image_too_small",
            "image_parse_error",
            "invalid_image_mode",
            "image_file_too_large",
            "unsupported_image_media_type",
            "empty_image_file",
            "failed_to_download_image",
            "image_file_not_found",
        ),
        400,  # OpenAI: openai SDK 3.51, `ResponseError`
    ),
}
"""Types that tell no more than a status; they count inside a stream, which has none."""

SLIPS = frozenset({"tool_use_failed", "json_validate_failed"})
"""Codes of Groq that blame the model's words and not the request: asked again, it may do better."""
