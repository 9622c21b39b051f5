"""Structured output: a format the answer must have."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from proxy_core.anthropic.content import OutputFormat, is_given
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.ledger import Reason
from proxy_gemini.requests.scope import Scope
from proxy_gemini.schemas import Unreadable, clean_schema


class Format(Struct, frozen=True):
    """The format as fields of `generationConfig`, or as words for the instructions."""

    fields: dict[str, Any] = {}
    instruction: str = ""


def output_format(request: MessagesRequest, has_tools: bool, scope: Scope) -> Format:
    """How the model is told of the answer's format."""
    path, wanted = _wanted(request)
    if wanted is None:
        return Format()
    if wanted.type != "json_schema" or not is_given(wanted.schema):
        scope.dropped(path, Reason.STRUCTURED_OUTPUT)
        return Format()
    try:
        made = clean_schema(bytes(wanted.schema), scope.gemini.schema_lane)
    except Unreadable:
        made = None
    if made is None or (has_tools and not scope.gemini.json_schema_with_tools):
        scope.reshaped(path, Reason.STRUCTURED_OUTPUT)
        return Format(instruction=_in_words(wanted))
    for pointer in made.changed:
        scope.reshaped(f"{path}/schema{pointer}", Reason.SCHEMA_KEYWORD)
    lane = scope.gemini.schema_lane
    field = "responseJsonSchema" if lane == "json_schema" else "responseSchema"
    return Format({"responseMimeType": "application/json", field: made.schema})


def _wanted(request: MessagesRequest) -> tuple[str, OutputFormat | None]:
    """The format, also where older clients of the beta put it."""
    if request.output_config is not None and request.output_config.format is not None:
        return "/output_config/format", request.output_config.format
    return "/output_format", request.output_format


def _in_words(wanted: OutputFormat) -> str:
    schema = bytes(wanted.schema).decode()
    return (
        "Answer with a single JSON value that fits the following JSON Schema. Write the JSON "
        f"alone: no words around it and no code fence.\n{schema}"
    )
