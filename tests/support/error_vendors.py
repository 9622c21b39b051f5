"""Vendors whose errors are shown row by row: how they are reached, how their streams fail."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import anthropic

from tests.support.error_rows import (
    ANTHROPIC,
    ANYBODY,
    GEMINI,
    GROQ,
    MOONSHOT,
    OPENAI,
    RESPONSES,
    Row,
)

Frame = Callable[[bytes], bytes]


def _data(body: bytes) -> bytes:
    return b"data: " + body + b"\n\n"


def _error_event(body: bytes) -> bytes:
    return b"event: error\ndata: " + body + b"\n\n"


def _failed_response(body: bytes) -> bytes:
    error = json.loads(body)["error"]
    response = {"id": "resp_1", "status": "failed", "output": [], "error": error}
    return _data(json.dumps({"type": "response.failed", "response": response}).encode())


@dataclass(frozen=True)
class ErrorVendor:
    """A plugin over one of its wires."""

    plugin: str
    provider: str
    rows: tuple[Row, ...]
    frame: Frame
    """An error's body as an event of the stream."""
    key: str
    more: Mapping[str, str] = field(default_factory=dict)
    wire: str = ""

    def __str__(self) -> str:
        return f"{self.provider}-{self.wire}" if self.wire else self.provider

    @property
    def environment(self) -> dict[str, str]:
        return {self.key: "K3Y-of-the-proxy-for-tests", **self.more}


VENDORS = (
    ErrorVendor("openai", "openai", RESPONSES, _failed_response, "OPENAI_API_KEY",
                {"OPENAI_API": "responses"}, "responses"),
    ErrorVendor("openai", "openai", OPENAI, _data, "OPENAI_API_KEY", {"OPENAI_API": "chat"},
                "chat"),
    ErrorVendor("groq", "groq", GROQ, _data, "GROQ_API_KEY"),
    ErrorVendor("gemini", "gemini", GEMINI, _data, "GEMINI_API_KEY"),
    ErrorVendor("moonshot", "moonshot", MOONSHOT, _data, "MOONSHOT_API_KEY",
                {"MOONSHOT_API": "chat"}, "chat"),
    ErrorVendor("moonshot", "moonshot", MOONSHOT, _error_event, "MOONSHOT_API_KEY",
                wire="anthropic"),
    ErrorVendor("passthrough", "anthropic", ANTHROPIC, _error_event, "PASSTHROUGH_API_KEY"),
)  # fmt: skip

ALL_ROWS = [(vendor, row) for vendor in VENDORS for row in (*vendor.rows, *ANYBODY)]

RAISED: dict[int, type[anthropic.APIStatusError]] = {
    400: anthropic.BadRequestError,
    401: anthropic.AuthenticationError,
    403: anthropic.PermissionDeniedError,
    404: anthropic.NotFoundError,
    413: anthropic.ContentTooLargeError,
    429: anthropic.RateLimitError,
    500: anthropic.InternalServerError,
    502: anthropic.InternalServerError,
    503: anthropic.ServiceUnavailableError,
    504: anthropic.GatewayTimeoutError,
    529: anthropic.OverloadedError,
}
"""What the official client raises, by the status that it is told."""
