"""The official SDK's own types of requests, as validators that let nothing slip."""

import functools
from typing import Any

from anthropic.types.message_create_params import (
    MessageCreateParamsNonStreaming,
    MessageCreateParamsStreaming,
)
from pydantic import TypeAdapter

from tests.e2e.openai_types import first_error, strict

_OF_2023 = ("temperature", "top_p", "top_k")
"""In the version 2023-06-01 alone, in which vendors are spoken to; the SDK has the next one's."""


def violation(body: dict[str, Any]) -> tuple[str, str] | None:
    """Where a request breaks the SDK's types and how, or nothing."""
    told = {name: value for name, value in body.items() if name not in _OF_2023}
    return first_error(_body_adapter(body.get("stream") is True), told)


@functools.cache
def _body_adapter(streaming: bool) -> TypeAdapter[Any]:
    kind = MessageCreateParamsStreaming if streaming else MessageCreateParamsNonStreaming
    return TypeAdapter(strict(kind))
