"""Structured output: a format the answer must have."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from proxy_core.anthropic.content import OutputFormat, is_given
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.dialects.openai_chat.requests.schema import can_be_strict
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.ledger import Reason

_NAME = "output"
"""OpenAI wants a name for the schema; Anthropic's has none."""


class Format(Struct, frozen=True):
    """The format as fields of the body, or as words for the instructions."""

    fields: dict[str, Any] = {}
    instruction: str = ""


def output_format(request: MessagesRequest, has_tools: bool, scope: Scope) -> Format:
    """How the server is told of the answer's format."""
    path, wanted = wanted_format(request, scope)
    if wanted is None:
        return Format()
    if not _takes_schema(request, has_tools, scope.quirks):
        scope.reshaped(path, Reason.STRUCTURED_OUTPUT)
        return Format(instruction=in_words(wanted))
    strict = can_be_strict(wanted.schema)
    if not strict:
        scope.reshaped(path, Reason.STRUCTURED_OUTPUT)
    schema = {"name": _NAME, "schema": wanted.schema, "strict": strict}
    return Format({"response_format": {"type": "json_schema", "json_schema": schema}})


def _takes_schema(request: MessagesRequest, has_tools: bool, quirks: Quirks) -> bool:
    beside_tools = quirks.json_schema_with_tools or not has_tools
    streamed = quirks.json_schema_streamed or not request.stream
    return quirks.json_schema and beside_tools and streamed


def wanted_format(request: MessagesRequest, scope: Scope) -> tuple[str, OutputFormat | None]:
    """The format's place, and the format if it has a schema."""
    path, wanted = _said(request, scope)
    if wanted is not None and (wanted.type != "json_schema" or not is_given(wanted.schema)):
        scope.dropped(path, Reason.STRUCTURED_OUTPUT)
        wanted = None
    return path, wanted


def _said(request: MessagesRequest, scope: Scope) -> tuple[str, OutputFormat | None]:
    """The format and its place; older clients of the beta put it at the top."""
    if request.output_config is None or request.output_config.format is None:
        return "/output_format", request.output_format
    if request.output_format is not None:
        scope.dropped("/output_format", Reason.DUPLICATE)
    return "/output_config/format", request.output_config.format


def in_words(wanted: OutputFormat) -> str:
    """The format as an instruction."""
    schema = bytes(wanted.schema).decode()
    return (
        "Answer with a single JSON value that fits the following JSON Schema. Write the JSON "
        f"alone: no words around it and no code fence.\n{schema}"
    )
