"""The vendors' tables of errors, each row as bytes on the wire and as what the client is told.

A row's id begins with its source: the facts page of the vendor and the row there.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from proxy_core.contract import About

A = About


class Row(NamedTuple):
    """One error of a vendor's."""

    id: str
    status: int
    body: bytes
    shown: int
    about: About
    says: str
    """Part of the message."""
    retryable: bool = False
    wait: int | None = None
    """The client's `retry-after`."""
    stop: bool = False
    """`x-should-retry: false`."""
    headers: Mapping[str, str] = {}
    in_stream: bool = True
    """The same may come inside a stream, and then means the same."""


def told(error: Any) -> bytes:
    return json.dumps({"error": error}).encode()


def openai(message: str, code: str | None = None, kind: str = "invalid_request_error") -> bytes:
    return told({"message": message, "type": kind, "param": None, "code": code})


def groq(message: str, kind: str = "invalid_request_error", **more: Any) -> bytes:
    return told({"message": message, "type": kind, **more})


def google(message: str, name: str, code: int, *details: Any) -> bytes:
    error = {"code": code, "message": message, "status": name}
    return told(error | {"details": list(details)} if details else error)


def anthropic(message: str, kind: str) -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}}).encode()


CLOUDFLARE = (
    b"<!DOCTYPE html><html><head><title>502</title><style>a{}</style></head><body>"
    b"<h1>Bad gateway</h1><script>x()</script></body></html>"
)
TOO_LONG = "prompt is too long: 300000 tokens > 200000 maximum"
OVERFLOW = (
    "This model's maximum context length is 200000 tokens. However, your messages resulted in "
    "300000 tokens."
)
UNTOLD = "Your input exceeds the context window of this model. Please adjust your input."
TPM = (
    "Request too large for model `openai/gpt-oss-120b` in organization `org_01fixture` service "
    "tier `on_demand` on tokens per minute (TPM): Limit {}, Requested {}, please {}"
)

# What any vendor's front may say; reliability-security.md D6, D7 and B2.
ANYBODY = (
    Row("any: Cloudflare 502", 502, CLOUDFLARE, 502, A.UPSTREAM, "Bad gateway", True,
        in_stream=False),
    Row("any: Cloudflare 524", 524, CLOUDFLARE, 502, A.UPSTREAM, "Bad gateway", True,
        in_stream=False),
    Row("any: HTML 503", 503, CLOUDFLARE, 503, A.OVERLOADED, "Bad gateway", True,
        in_stream=False),
    Row("any: empty 500", 500, b"", 500, A.UPSTREAM, "500", True, in_stream=False),
    Row("any: empty 429", 429, b"", 429, A.RATE_LIMIT, "429", True, 7, in_stream=False,
        headers={"retry-after": "7"}),
    Row("any: long wait", 429, b"", 429, A.RATE_LIMIT, "429", True, 90, True, in_stream=False,
        headers={"retry-after": "90"}),
    Row("any: 529", 529, b"", 529, A.OVERLOADED, "529", True, in_stream=False),
    Row("any: redirect", 307, b"", 502, A.ADDRESS, "307", stop=True, in_stream=False),
    Row("any: page for a path", 404, b"404 page not found", 502, A.ADDRESS, "not found",
        stop=True, in_stream=False),
    Row("any: 405", 405, b"{}", 502, A.ADDRESS, "405", stop=True, in_stream=False),
    Row("any: a web page", 200, CLOUDFLARE, 502, A.ADDRESS, "Bad gateway", stop=True,
        in_stream=False, headers={"content-type": "text/html"}),
)  # fmt: skip

# openai-chat.md §8; in streams only what names its meaning.
OPENAI = (
    Row("§8 context", 400, openai(OVERFLOW, "context_length_exceeded"), 400, A.CONTEXT_OVERFLOW,
        TOO_LONG),
    Row("§8 context, no numbers", 400, openai(UNTOLD, "context_length_exceeded"), 400,
        A.CONTEXT_OVERFLOW, "prompt is too long"),
    Row("§8 value", 400, openai("Invalid value: 'x'.", "unsupported_value"), 400, A.PARAMETER,
        "Invalid value"),
    Row("§8 parameter", 400, openai("Unknown parameter: 'novel'.", "unknown_parameter"), 400,
        A.PARAMETER, "'novel'. A quirk in [providers."),
    Row("§8 image", 400, openai("image exceeds 20 MB", "image_too_large"), 400, A.REQUEST,
        "image exceeds 20 MB"),
    Row("§8 key", 401, openai("Incorrect API key provided: sk-ab**yz", "invalid_api_key"), 401,
        A.KEY, "refused the API key in", stop=True),
    Row("§8 country", 403, openai("Country not supported", "unsupported_country"), 403,
        A.PERMISSION, "Country not supported. See what the account", stop=True, in_stream=False),
    Row("§8 model", 404, openai("The model `x` does not exist", "model_not_found"), 404, A.MODEL,
        "`proxy models`"),
    Row("§8 409", 409, openai("conflict"), 503, A.UPSTREAM, "conflict", True, in_stream=False),
    Row("§8 408", 408, openai("timeout"), 503, A.UPSTREAM, "timeout", True, in_stream=False),
    Row("§8 413", 413, openai("too large"), 413, A.REQUEST, "Send less", in_stream=False),
    Row("§8 422", 422, openai("cannot"), 400, A.REQUEST, "cannot. `proxy explain`",
        in_stream=False),
    Row("§8 throttle", 429, openai("Please try again in 6s.", "rate_limit_exceeded", "tokens"),
        429, A.RATE_LIMIT, "try again in 6s", True, 6),
    Row("§8 quota", 429, openai("You exceeded your current quota", "insufficient_quota"), 403,
        A.QUOTA, "See plan and billing", stop=True),
    Row("§8 billing limit", 429, openai("Hard limit", "billing_hard_limit_reached"), 403, A.QUOTA,
        "See plan and billing", stop=True),
    Row("§8 500", 500, openai("The server had an error", None, "server_error"), 500, A.UPSTREAM,
        "The server had an error", True),
    Row("§8 502", 502, openai("no"), 502, A.UPSTREAM, "no", True, in_stream=False),
    Row("§8 503", 503, openai("busy"), 503, A.OVERLOADED, "busy", True, in_stream=False),
    Row("§8 504", 504, openai("late"), 504, A.UPSTREAM, "late", True, in_stream=False),
    Row("§8 529", 529, openai("full"), 529, A.OVERLOADED, "full", True, in_stream=False),
)  # fmt: skip

# openai-responses.md §5: codes of `response.failed`.
RESPONSES = (
    *OPENAI,
    *(
        Row(f"responses §5 {code}", 400, openai("no", code), 400, A.CONTENT_FILTER, "reword",
            stop=True)
        for code in ("invalid_prompt", "bio_policy", "misalignment_policy_violation",
                     "image_content_policy_violation")
    ),
    *(
        Row(f"responses §5 {code}", 400, openai("no", code), 400, A.REQUEST, "no")
        for code in ("data_residency_mismatch", "invalid_image", "invalid_image_format",
                     "invalid_base64_image", "invalid_image_url", "image_too_small",
                     "image_parse_error", "invalid_image_mode", "image_file_too_large",
                     "unsupported_image_media_type", "empty_image_file",
                     "failed_to_download_image", "image_file_not_found")
    ),
    Row("responses §5 vector_store_timeout", 504, openai("no", "vector_store_timeout"), 504,
        A.UPSTREAM, "no", True),
)  # fmt: skip

# groq.md §5.
GROQ = (
    Row("§5 400", 400, groq("bad field"), 400, A.REQUEST, "bad field"),
    Row("§5 tool_use_failed", 400,
        groq("Failed to call a function.", code="tool_use_failed", failed_generation="<x>"), 400,
        A.TOOL_CALL, "ask again"),
    Row("§5 context", 400,
        groq("Please reduce the length of the messages or completion.",
             code="context_length_exceeded"), 400, A.CONTEXT_OVERFLOW, "prompt is too long"),
    Row("§5 JSON mode", 400, groq("Failed to generate JSON.", code="json_validate_failed"), 400,
        A.REQUEST, "Failed to generate JSON"),
    Row("§5 retired", 400, groq("`x` has been decommissioned", code="model_decommissioned"), 404,
        A.MODEL, "groq has openai/gpt-oss-"),
    Row("§5 key", 401, groq("Invalid API Key", code="invalid_api_key"), 401, A.KEY,
        "groq refused the API key in GROQ_API_KEY. Put", stop=True),
    Row("§5 403", 403, groq("blocked network", "permissions_error"), 403, A.PERMISSION,
        "GROQ_API_KEY", stop=True, in_stream=False),
    Row("§5 404", 404, groq("The model `x` does not exist", code="model_not_found"), 404, A.MODEL,
        "groq has openai/gpt-oss-"),
    Row("§5 413 beyond the quota", 413,
        groq(TPM.format(8000, 10013, "reduce your message size"), "tokens",
             code="rate_limit_exceeded"), 400, A.CONTEXT_OVERFLOW,
        "prompt is too long: 10013 tokens > 8000 maximum"),
    Row("§5 413 window used", 413,
        groq(TPM.format(8000, 2900, "try again in 4.2s."), "tokens", code="rate_limit_exceeded"),
        429, A.RATE_LIMIT, "try again in 4.2s", True, 5),
    Row("§5 413 body", 413, groq("Request Entity Too Large"), 413, A.REQUEST, "Send less",
        in_stream=False),
    Row("§5 422", 422, groq("hallucinated"), 400, A.REQUEST, "hallucinated", in_stream=False),
    Row("§5 424", 424, groq("MCP"), 400, A.REQUEST, "MCP", in_stream=False),
    Row("§5 429", 429, groq("Please try again in 7.66s", "tokens", code="rate_limit_exceeded"),
        429, A.RATE_LIMIT, "7.66s", True, 8),
    Row("§5 498", 498, groq("Flex capacity", "server_error", code="capacity_exceeded"), 503,
        A.OVERLOADED, "Flex capacity", True),
    Row("§5 500", 500, groq("Internal", "internal_server_error"), 500, A.UPSTREAM, "Internal",
        True, in_stream=False),
    Row("§5 502", 502, groq("Bad"), 502, A.UPSTREAM, "Bad", True, in_stream=False),
    Row("§5 503", 503, groq("overloaded"), 503, A.OVERLOADED, "overloaded", True, 3,
        in_stream=False, headers={"retry-after": "3"}),
)  # fmt: skip

RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17.4s"}
PER_DAY = {"@type": "x/google.rpc.QuotaFailure", "violations": [{"quotaId": "RequestsPerDay"}]}
PER_MINUTE = {"@type": "x/google.rpc.QuotaFailure", "violations": [{"quotaId": "PerMinute"}]}
BAD_KEY = {"@type": "x/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}

# gemini.md §11; an overload is 503, not the 529 of that table: claude-code.md §5.
GEMINI = (
    Row("§11 argument", 400, google("Invalid value", "INVALID_ARGUMENT", 400), 400, A.REQUEST,
        "Invalid value. `proxy explain`"),
    Row("§11 key", 400, google("API key not valid.", "INVALID_ARGUMENT", 400, BAD_KEY), 401,
        A.KEY, "refused the API key in GEMINI_API_KEY or GOOGLE_API_KEY. Put", stop=True),
    Row("§11 context", 400,
        google("The input token count (300000) exceeds the maximum number of tokens allowed "
               "(200000).", "INVALID_ARGUMENT", 400), 400, A.CONTEXT_OVERFLOW, TOO_LONG),
    Row("§11 payload", 400, google("Request payload size exceeds the limit: 9 bytes.",
                                   "INVALID_ARGUMENT", 400), 413, A.REQUEST, "Send less"),
    Row("§11 region", 400, google("User location is not supported", "FAILED_PRECONDITION", 400),
        403, A.PERMISSION, "User location is not supported. See what the account", stop=True),
    Row("§11 403", 403, google("denied", "PERMISSION_DENIED", 403), 403, A.PERMISSION, "denied",
        stop=True),
    Row("§11 401", 401, google("no", "UNAUTHENTICATED", 401), 401, A.KEY, "GEMINI_API_KEY",
        stop=True),
    Row("§11 404", 404, google("models/x is not found", "NOT_FOUND", 404), 404, A.MODEL,
        "gemini has gemini-"),
    Row("§11 per minute", 429, google("Quota", "RESOURCE_EXHAUSTED", 429, PER_MINUTE, RETRY), 429,
        A.RATE_LIMIT, "Quota", True, 18),
    Row("§11 per day", 429, google("Quota", "RESOURCE_EXHAUSTED", 429, PER_DAY), 429, A.QUOTA,
        "See plan and billing", stop=True),
    Row("§11 limit 0", 429, google("exceeded, limit: 0", "RESOURCE_EXHAUSTED", 429), 429, A.QUOTA,
        "See plan and billing", stop=True),
    Row("§11 500", 500, google("An internal error", "INTERNAL", 500), 500, A.UPSTREAM,
        "An internal error", True),
    Row("§11 503", 503, google("The model is overloaded.", "UNAVAILABLE", 503), 503, A.OVERLOADED,
        "The model is overloaded", True),
    Row("§11 504", 504, google("Deadline", "DEADLINE_EXCEEDED", 504), 504, A.UPSTREAM, "Deadline",
        True),
    Row("§11 in an array", 429, b"[" + google("Quota", "RESOURCE_EXHAUSTED", 429, RETRY) + b"]",
        429, A.RATE_LIMIT, "Quota", True, 18),
)  # fmt: skip

LIMIT = "Invalid request: Your request exceeded model token limit: 200000 (requested: 300000)"

# moonshot.md §5; an overload is 503, not the 529 of that table: claude-code.md §5.
MOONSHOT = (
    Row("§5 filter", 400, groq("considered high risk", "content_filter"), 400, A.CONTENT_FILTER,
        "reword", stop=True),
    Row("§5 limit", 400, groq(LIMIT), 400, A.CONTEXT_OVERFLOW, TOO_LONG),
    Row("§5 input", 400, groq("Input token length too long"), 400, A.CONTEXT_OVERFLOW,
        "prompt is too long"),
    Row("§5 schema", 400, groq("is not a valid moonshot flavored json schema"), 400, A.REQUEST,
        "flavored"),
    Row("§5 key", 401, groq("Invalid Authentication", "invalid_authentication_error"), 401, A.KEY,
        "moonshot refused the API key in MOONSHOT_API_KEY. Put", stop=True),
    Row("§5 key 2", 401, groq("Incorrect API key provided", "incorrect_api_key_error"), 401, A.KEY,
        "MOONSHOT_API_KEY", stop=True),
    Row("§5 402", 402, groq("membership", "membership_error"), 403, A.QUOTA,
        "membership. See plan and billing", stop=True, in_stream=False),
    Row("§5 403", 403, groq("only available for Coding Agents", "permission_denied"), 403,
        A.PERMISSION, "Coding Agents. See what the account", stop=True, in_stream=False),
    Row("§5 404", 404, groq("Not found the model or Permission denied",
                            "resource_not_found_error"), 404, A.MODEL, "moonshot has kimi-k",
        in_stream=False),
    Row("§5 quota", 429, groq("account suspended", "exceeded_current_quota_error"), 403, A.QUOTA,
        "MOONSHOT_API_KEY", stop=True),
    Row("§5 throttle", 429, groq("please try again after 1 seconds", "rate_limit_reached_error"),
        429, A.RATE_LIMIT, "after 1 seconds", True, 1),
    Row("§5 overloaded", 429, groq("currently overloaded", "engine_overloaded_error"), 503,
        A.OVERLOADED, "overloaded", True),
    Row("§5 500", 500, groq("oops", "server_error"), 500, A.UPSTREAM, "oops", True),
    Row("§5 in stream: timeout", 504, groq("late", "timeout"), 504, A.UPSTREAM, "late", True),
)  # fmt: skip

# anthropic-messages.md §12.1, relayed; the proxy's key and account are not the client's.
ANTHROPIC = (
    Row("§12 400", 400, anthropic("messages: no", "invalid_request_error"), 400, A.REQUEST,
        "messages: no"),
    Row("§12 overflow", 400, anthropic(TOO_LONG, "invalid_request_error"), 400,
        A.CONTEXT_OVERFLOW, TOO_LONG),
    Row("§12 key", 401, anthropic("invalid x-api-key", "authentication_error"), 401, A.KEY,
        "refused the API key in PASSTHROUGH_API_KEY", stop=True),
    Row("§12 403", 403, anthropic("no", "permission_error"), 403, A.PERMISSION, "no", stop=True),
    Row("§12 404", 404, anthropic("model: x", "not_found_error"), 404, A.MODEL, "model: x"),
    Row("§12 413", 413, anthropic("large", "request_too_large"), 413, A.REQUEST, "large"),
    Row("§12 429", 429, anthropic("slow", "rate_limit_error"), 429, A.RATE_LIMIT, "slow", True),
    Row("§12 500", 500, anthropic("oops", "api_error"), 500, A.UPSTREAM, "oops", True),
    Row("§12 529", 529, anthropic("Overloaded", "overloaded_error"), 529, A.OVERLOADED,
        "Overloaded", True),
    # other-providers.md §1: vendors' own words and shapes behind the same API.
    Row("others §1 overflow, their words", 400, anthropic(OVERFLOW, "invalid_request_error"), 400,
        A.CONTEXT_OVERFLOW, TOO_LONG),
    Row("others §3 LM Studio", 400, told("tokens to keep from the initial prompt is greater than "
        "the context length"), 400, A.CONTEXT_OVERFLOW, "prompt is too long"),
    Row("others §2 their shape", 429, openai("no", "insufficient_quota"), 403, A.QUOTA,
        "See plan and billing", stop=True),
)  # fmt: skip
