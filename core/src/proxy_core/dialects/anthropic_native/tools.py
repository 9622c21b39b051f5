"""Tools: for servers that know no tool search only those that were found, and schemas as the
server takes them.
"""

from __future__ import annotations

import msgspec

from proxy_core.anthropic.content import is_given
from proxy_core.anthropic.deferred_tools import Visibility
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import Unsupported
from proxy_core.dialects.anthropic_native.spans import Splices, items, member
from proxy_core.dialects.moonshot_schema import fitted
from proxy_core.ledger import Ledger, LossKind, Reason


def drop_hidden_tools(
    request: MessagesRequest, splices: Splices, tools: int, ledger: Ledger
) -> set[int]:
    """Leave out of the array `tools` those that the model has yet to search for; which they are."""
    visibility = Visibility(request)
    hidden = {index for index, tool in enumerate(request.tools) if visibility.hides(tool)}
    if hidden and len(hidden) == len(request.tools):
        raise Unsupported("/tools", "all tools wait to be searched for, and none can search")
    for index in sorted(hidden):
        ledger.note(f"/tools/{index}", LossKind.DEFERRED, Reason.DEFERRED_TOOL)
    if hidden:
        splices.drop(items(splices.body, tools), hidden)
    return hidden


def fit_schemas(
    request: MessagesRequest, splices: Splices, tools: int, hidden: set[int], ledger: Ledger
) -> None:
    """Write anew the schemas that are not in Kimi's dialect."""
    for index, (tool, span) in enumerate(
        zip(request.tools, items(splices.body, tools), strict=True)
    ):
        if index in hidden or not is_given(tool.input_schema):
            continue
        path = f"/tools/{index}/input_schema"
        try:
            made = fitted(bytes(tool.input_schema))
        except (msgspec.DecodeError, RecursionError):
            raise Unsupported(path, "the schema cannot be read") from None
        schema = member(splices.body, span.start, "input_schema")
        if made.changed and schema is not None:
            splices.replace(schema.value, schema.end, made.schema)
            for pointer in made.changed:
                ledger.note(path + pointer, LossKind.RESHAPED, Reason.SCHEMA_KEYWORD)
