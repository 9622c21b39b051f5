"""Structured output: a format the answer must have."""

from __future__ import annotations

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.dialects.openai_chat.requests.structured import Format, in_words, wanted_format
from proxy_core.ledger import Reason
from proxy_gemini.requests.scope import Scope
from proxy_gemini.schemas import Unreadable, clean_schema


def output_format(request: MessagesRequest, has_tools: bool, scope: Scope) -> Format:
    """How the model is told of the answer's format."""
    path, wanted = wanted_format(request, scope)
    if wanted is None:
        return Format()
    try:
        made = clean_schema(bytes(wanted.schema), scope.gemini.schema_lane)
    except Unreadable:
        made = None
    if made is None or (has_tools and not scope.gemini.json_schema_with_tools):
        scope.reshaped(path, Reason.STRUCTURED_OUTPUT)
        return Format(instruction=in_words(wanted))
    for pointer in made.changed:
        scope.reshaped(f"{path}/schema{pointer}", Reason.SCHEMA_KEYWORD)
    lane = scope.gemini.schema_lane
    field = "responseJsonSchema" if lane == "json_schema" else "responseSchema"
    return Format({"responseMimeType": "application/json", field: made.schema})
