"""A request of the Messages API, said as Teletype wants to hear it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from proxy_core.anthropic.content import Thinking, Tool, ToolChoice, is_given
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.typed_tools import typed_tool
from proxy_core.contract import Target, Unsupported
from proxy_core.ledger import Ledger, LossKind, Reason

from proxy_teletype.turns import Turns
from proxy_teletype.unsaid import drop, drop_rest

Json = dict[str, Any]

MUST_NOT_BE_GUESSED = ("compaction", "mcp_servers", "thread")
"""Fields without which the answer would be wrong, and not merely plainer."""
SAID = {
    *("model", "messages", "max_tokens", "system", "stream", "stop_sequences", "temperature"),
    *("tools", "tool_choice", "thinking", "unknown", "body", "headers", "query"),
}
"""Fields of a request that something below speaks for."""
_NOTHING = tuple(map(msgspec.Raw, (b"", b"null", b"[]", b"{}")))


def say(request: MessagesRequest, target: Target, ledger: Ledger) -> bytes:
    """The body of the upstream's request. Raises `Unsupported`."""
    for name in MUST_NOT_BE_GUESSED:
        if getattr(request, name) not in _NOTHING:
            raise Unsupported(f"/{name}", "teletype has nothing of the kind")
    drop_rest(ledger, request, SAID, "")
    for path in request.unknown:
        drop(ledger, path, Reason.UNKNOWN_FIELD)
    return msgspec.json.encode(_body(request, target, ledger) | target.options.extra_body)


def _body(request: MessagesRequest, target: Target, ledger: Ledger) -> Json:
    turns = Turns(ledger)
    body: Json = {
        "model": target.model,
        "stream": request.stream,
        "length": _length(request.max_tokens, target.max_output_tokens, ledger),
        "rules": [turns.text(text, f"/system/{at}") for at, text in enumerate(request.system)],
        "turns": turns.say(request.messages),
        "tools": list(_tools(request.tools, ledger)),
        "until": request.stop_sequences,
    }
    users = target.options.temperature
    heat = request.temperature if users is None else users
    if heat is not None:
        body["heat"] = heat
    if target.options.reasoning_effort is not None:
        drop(ledger, "/output_config/effort")
    if request.tool_choice is not None:
        body["choice"] = _choice(request.tool_choice, ledger)
    if request.thinking is not None:
        body["thinking"] = _thinking(request.thinking, ledger)
    return body


def _length(wanted: int | None, most: int | None, ledger: Ledger) -> int | None:
    if wanted is None or most is None or wanted <= most:
        return wanted
    ledger.note("/max_tokens", LossKind.CLAMPED, Reason.DECLARED_LIMIT)
    return most


def _choice(choice: ToolChoice, ledger: Ledger) -> Json:
    drop_rest(ledger, choice, {"type", "name"}, "/tool_choice")
    return {"mode": "any" if choice.type == "tool" else choice.type, "tool": choice.name}


def _thinking(thinking: Thinking, ledger: Ledger) -> Json:
    drop_rest(ledger, thinking, {"type", "budget_tokens"}, "/thinking")
    return {"type": thinking.type, "tokens": thinking.budget_tokens}


def _tools(tools: Iterable[Tool], ledger: Ledger) -> Iterator[Json]:
    for at, tool in enumerate(tools):
        path = f"/tools/{at}"
        if tool.type in (None, "custom"):
            drop_rest(ledger, tool, {"type", "name", "description", "input_schema"}, path)
            takes = tool.input_schema if is_given(tool.input_schema) else {}
            yield {"name": tool.name, "about": tool.description or "", "takes": takes}
        elif known := typed_tool(tool.type or ""):
            ledger.note(f"{path}/type", LossKind.RESHAPED, Reason.TYPED_TOOL)
            drop_rest(ledger, tool, {"type", "name"}, path)
            yield {"name": tool.name, "about": known.description, "takes": known.schema}
        else:
            drop(ledger, path, Reason.SERVER_TOOL)
