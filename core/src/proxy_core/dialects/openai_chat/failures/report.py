"""What an error body says, whatever its shape.

OpenAI wraps `message`, `type`, `param` and `code` in `error`; others send them bare, as a
string, as a list of validation errors, in a list, as HTML or not at all.
"""

from __future__ import annotations

import json
from typing import Any

from msgspec import Struct

from proxy_core.anthropic.errors import safe_text


class ErrorReport(Struct, frozen=True, kw_only=True):
    """The parts of an error body that are read, safe to show but for the last."""

    message: str = ""
    codes: tuple[str, ...] = ()
    """Lower-case code and type, the more special one first."""
    status: int | None = None
    """The HTTP status that the body names, for errors inside a stream."""
    param: str | None = None
    prompt_tokens: int | None = None
    context_size: int | None = None
    """llama.cpp tells both figures in fields of their own."""
    failed_generation: str = ""
    """The model's raw words that Groq could not read as calls. Content: not to be shown."""


def read_error(body: bytes) -> ErrorReport:
    """Read an error body. Never raises: what cannot be understood is shown as text."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ErrorReport(message=safe_text(body.decode("utf-8", "replace")))
    if isinstance(data, list) and data:
        data = data[0]
    if isinstance(data, dict):
        return _report(data)
    return ErrorReport(message=safe_text(data)) if isinstance(data, str) else ErrorReport()


def _report(data: dict[str, Any]) -> ErrorReport:
    inner = data.get("error")
    error = inner if isinstance(inner, dict) else data
    base = _fields(data.get("base_resp"))  # MiniMax
    metadata = _fields(error.get("metadata"))  # OpenRouter
    code = error.get("code", base.get("status_code"))
    message = _words(metadata) or _first_text(
        inner, error.get("message"), base.get("status_msg"), _validation(data.get("detail"))
    )
    param = error.get("param")
    return ErrorReport(
        message=safe_text(message),
        codes=_codes(code, error.get("type"), metadata.get("error_type"), inner),
        status=_status(
            error.get("status_code"), code, error.get("status"), data.get("status_code")
        ),
        param=safe_text(param) if isinstance(param, str) and param else None,
        prompt_tokens=_count(error.get("n_prompt_tokens")),
        context_size=_count(error.get("n_ctx")),
        failed_generation=_first_text(error.get("failed_generation")),
    )


def _fields(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _first_text(*values: Any) -> str:
    return next((value for value in values if isinstance(value, str) and value), "")


def _words(metadata: dict[str, Any]) -> str:
    """What the vendor behind OpenRouter said; the outer message is `Provider returned error`."""
    raw = metadata.get("raw")
    if not isinstance(raw, str):
        return ""
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return raw
    return _report(data).message if isinstance(data, dict) else raw


def _validation(detail: Any) -> str:
    """FastAPI's list of errors by place; its `input`, which repeats the prompt, is left out."""
    if not isinstance(detail, list):
        return detail if isinstance(detail, str) else ""
    found = []
    for item in map(_fields, detail):
        place = item.get("loc")
        path = ".".join(str(step) for step in place) if isinstance(place, list) else ""
        found.append(": ".join(text for text in (path, item.get("msg")) if isinstance(text, str)))
    return "; ".join(found)


def _codes(*values: Any) -> tuple[str, ...]:
    """Codes as words; some servers send them as numbers, Groq as all that an error is."""
    texts = (str(value) for value in values if isinstance(value, str) or type(value) is int)
    return tuple(text.lower() for text in texts if text)


def _status(*values: Any) -> int | None:
    for value in values:
        text = str(value) if isinstance(value, str) or type(value) is int else ""
        if len(text) == 3 and text.isdecimal() and 400 <= int(text) < 600:
            return int(text)
    return None


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None
