"""Errors in Anthropic's shape: bodies, types, statuses, and the wordings clients act on."""

from __future__ import annotations

import re

import msgspec

from proxy_core.anthropic.events import mend_surrogates
from proxy_core.contract import About, ErrorVerdict, FailureKind, Provider, UpstreamFailure

TYPE_OF_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    409: "conflict_error",
    413: "request_too_large",
    415: "invalid_request_error",
    429: "rate_limit_error",
    500: "api_error",
    502: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""The API's error type for each status it answers with."""

STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}

MAX_MESSAGE = 2048
"""Characters of an upstream's error text that are shown."""

# Each of these looks at a character a bounded number of times: the text is a stranger's.
_MARKUP = re.compile(r"<(script|style)\b[^<>]*>.*?(?:</\1>|\Z)|<[^<>]*>", re.IGNORECASE | re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]+")
_ESCAPE_SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_QUERY = re.compile(r"(https?://[^\s?#]*)(?:[?#]\S*)?")
_SECRET = re.compile(
    r"\b(?:sk|pk|gsk|xai|rk|key|org)[-_][A-Za-z0-9_\-*.]{6,}|\bAIza[A-Za-z0-9_\-]{10,}|"
    r"\bBearer [A-Za-z0-9_\-*.~+/=]{6,}"
)


def body(error_type: str, message: str, request_id: str | None) -> bytes:
    """The body of an error response."""
    content = {
        "type": "error",
        "error": {"type": error_type, "message": mend_surrogates(message)},
        "request_id": request_id,
    }
    return msgspec.json.encode(content)


def safe_text(text: str) -> str:
    """An upstream's words, made fit to show: no markup, escapes, keys or query strings."""
    text = _ESCAPE_SEQUENCE.sub("", mend_surrogates(text[: 16 * MAX_MESSAGE]))
    if "<html" in text.lower() or "<!doctype" in text.lower():
        text = _MARKUP.sub(" ", text)
    text = _CONTROL.sub(" ", text)
    text = _QUERY.sub(r"\1", text)
    text = _SECRET.sub("[redacted]", text)
    text = " ".join(text.split())
    return text if len(text) <= MAX_MESSAGE else text[: MAX_MESSAGE - 1] + "…"


def holds_secret(text: str) -> bool:
    """Whether a text holds something of a key's form, so that it is not shown as it is."""
    return _SECRET.search(text) is not None


def prompt_too_long(tokens: int | None, maximum: int | None) -> str:
    """The wording on which Claude Code compacts; it reads both numbers where they are known."""
    if tokens is None or maximum is None:
        return "prompt is too long"
    return f"prompt is too long: {tokens} tokens > {maximum} maximum"


def with_figures(verdict: ErrorVerdict, tokens: int, maximum: int | None) -> ErrorVerdict:
    """An overflow that the upstream told without figures, with those that are known here.

    An estimate below the maximum would contradict the upstream, so then none are told.
    """
    bare = prompt_too_long(None, None)
    told = verdict.body or verdict.message.startswith(f"{bare}:")
    if told or not verdict.message.startswith(bare) or maximum is None or tokens <= maximum:
        return verdict
    message = prompt_too_long(tokens, maximum) + verdict.message.removeprefix(bare)
    return msgspec.structs.replace(verdict, message=message)


def max_tokens_too_large(prompt: int, answer: int, maximum: int) -> str:
    """The wording on which Claude Code repeats the request with a smaller `max_tokens`."""
    return (
        f"input length and `max_tokens` exceed context limit: {prompt} + {answer} > {maximum}, "
        "decrease input length or `max_tokens` and try again"
    )


_LEAST_ROOM = 4000
"""Claude Code repeats with what the limit leaves, less 1000; for a shorter answer than a few
thousand tokens it has to compact (one repeat measured, 2.1.328)."""


def by_what_is_too_long(verdict: ErrorVerdict, prompt: int, answer: int | None) -> ErrorVerdict:
    """An overflow by prompt and answer in one sum, told as the answer's where the prompt fits.

    `prompt` is an estimate, `answer` the `max_tokens` that the client asks for.
    """
    if verdict.sum_above is None or answer is None or verdict.body:
        return verdict
    counted, limit = verdict.sum_above
    prompt = max(prompt, counted - answer)
    if counted <= limit or prompt > limit - _LEAST_ROOM:
        return verdict
    message = max_tokens_too_large(prompt, answer, limit)
    return msgspec.structs.replace(verdict, about=About.MAX_TOKENS, message=message)


# Statuses as the client should see them. A 400 costs six requests, so it is only said of requests
# that were read and refused. 503 keeps `api_error`: Claude Code gives up after
# three tries on `overloaded_error` but goes on for ten on `api_error` (measured, 2.1.328).
_VERDICTS: dict[int, tuple[int, About, bool]] = {
    400: (400, About.REQUEST, False),
    401: (401, About.KEY, False),
    402: (403, About.QUOTA, False),
    403: (403, About.PERMISSION, False),
    404: (404, About.MODEL, False),
    405: (502, About.ADDRESS, False),
    407: (502, About.ADDRESS, False),
    408: (503, About.UPSTREAM, True),
    409: (503, About.UPSTREAM, True),
    410: (404, About.MODEL, False),
    412: (403, About.QUOTA, False),  # Fireworks: the account is suspended
    413: (413, About.REQUEST, False),
    422: (400, About.REQUEST, False),
    425: (503, About.UPSTREAM, True),
    429: (429, About.RATE_LIMIT, True),
    451: (403, About.PERMISSION, False),
    498: (503, About.OVERLOADED, True),
    503: (503, About.OVERLOADED, True),
    504: (504, About.UPSTREAM, True),
    529: (529, About.OVERLOADED, True),
}


def verdict_of_status(status: int, message: str) -> ErrorVerdict:
    """Core's reading of a bare status, for 100 to 599 and beyond."""
    if status in _VERDICTS:
        shown, about, retryable = _VERDICTS[status]
    elif 400 <= status < 500:
        shown, about, retryable = 400, About.REQUEST, False
    elif 500 <= status < 600:
        shown, about, retryable = (500 if status == 500 else 502), About.UPSTREAM, True
    elif 300 <= status < 400:
        shown, about, retryable = 502, About.ADDRESS, False
    else:
        shown, about, retryable = 502, About.UPSTREAM, False
    return ErrorVerdict(
        status=shown,
        type=TYPE_OF_STATUS[shown],
        message=message,
        about=about,
        retryable=retryable,
    )


_TRANSPORT_WORDS = {
    FailureKind.STATUS: "answered with an error",
    FailureKind.CONNECT: "could not be reached",
    FailureKind.RESET: "closed the connection",
    FailureKind.TIMEOUT: "did not answer in time",
    FailureKind.PROTOCOL: "answered with something that is not its protocol",
    FailureKind.STREAM: "reported an error in its answer",
}


def is_no_api(failure: UpstreamFailure) -> bool:
    """Whether a status came from something that is no API: there is a wrong address behind it.

    An API says in JSON that it does not know a model; a web server has a page, or few words, for
    a path that it does not know.
    """
    if failure.kind is not FailureKind.STATUS or failure.status is None:
        return False
    body = failure.body.strip()
    if failure.status // 100 == 2 or failure.status in (404, 410):
        # FastAPI's words for an unknown path.
        return body == b'{"detail":"Not Found"}' or (body != b"" and body[:1] not in b'{["')
    return failure.status // 100 == 3 or failure.status in (405, 407)


def refused_key(provider: Provider) -> str:
    """What a refused key is told by. A server's own words may repeat the key."""
    return f"{provider.name} refused the API key in {provider.key_setting}."


def default_verdict(failure: UpstreamFailure, provider: Provider) -> ErrorVerdict:
    """Core's table: what a failure means when its plugin has no better reading."""
    if failure.kind is FailureKind.STATUS and failure.status is not None:
        return _of_status(failure, failure.status, provider)
    status = 504 if failure.kind is FailureKind.TIMEOUT else 502
    message = f"{provider.name} {_TRANSPORT_WORDS[failure.kind]}"
    message = f"{message}: {failure.detail}" if failure.detail else message
    if failure.kind is FailureKind.CONNECT:
        message += f"; {provider.address_setting} says where it is"
    return ErrorVerdict(
        status=status,
        type=TYPE_OF_STATUS[status],
        message=message,
        retryable=failure.kind is not FailureKind.TIMEOUT,
    )


def _of_status(failure: UpstreamFailure, status: int, provider: Provider) -> ErrorVerdict:
    words = safe_text(failure.body.decode("utf-8", "replace"))
    message = f"{provider.name} answered with status {status}"
    message = f"{message}: {words}" if words else message
    if is_no_api(failure):
        return msgspec.structs.replace(
            verdict_of_status(502, message), about=About.ADDRESS, retryable=False
        )
    verdict = verdict_of_status(status, refused_key(provider) if status == 401 else message)
    return msgspec.structs.replace(verdict, retry_after=retry_after(failure))


def retry_after(failure: UpstreamFailure) -> float | None:
    """Seconds to wait, from `retry-after-ms` or a numeric `retry-after`; None if unreadable."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = failure.headers.get(name, "")
        if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", value):
            return float(value) * unit
    return None
