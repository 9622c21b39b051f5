"""What servers of the Messages API refuse, told in Anthropic's error shape.

Anthropic's own rules come from the types of its SDK and from the errors its users report; Kimi's
from the OpenAPI document of its Messages API (platform.kimi.ai/docs, 2026-08) and from its
clients' reports. As of November 2026.
"""

from collections.abc import Callable, Iterator
from typing import Any

import typing_extensions
from anthropic.types.beta.message_create_params import MessageCreateParamsStreaming

from tests.dialects.test_moonshot_schema import check as check_schema
from tests.e2e import openai_rules

Json = dict[str, Any]
IsIssued = Callable[[Json], bool]

OURS = "pxc1."
"""How an envelope of this proxy begins: nothing for any vendor to see."""


class RefusedError(openai_rules.RefusedError):
    """The answer to a request that breaks a rule."""

    def __init__(
        self, message: str, kind: str = "invalid_request_error", status: int = 400
    ) -> None:
        super().__init__(message, status=status)
        self.kind = kind

    @property
    def body(self) -> Json:
        return error_body(self.message, self.kind)


def error_body(message: str, kind: str = "invalid_request_error") -> Json:
    error = {"type": kind, "message": message}
    return {"type": "error", "error": error, "request_id": "req_scripted"}


def check_key(headers: dict[str, str], key: str) -> None:
    """Refuse a request that does not carry the key of this upstream, in either way."""
    bearer = headers.get("authorization", "").removeprefix("Bearer ")
    if key not in (headers.get("x-api-key"), bearer):
        raise RefusedError("invalid x-api-key", "authentication_error", 401)


# -- Anthropic ---------------------------------------------------------------------------------

ANTHROPIC_FIELDS = frozenset(typing_extensions.get_type_hints(MessageCreateParamsStreaming)) | {
    "safeguards",
    "novelty",
}
"""Those of the SDK's types, a private one of Claude Code's, and one that a scenario adds."""


def check_anthropic(body: Json, is_issued: IsIssued) -> None:
    """Refuse a request that Anthropic would refuse."""
    for name in body:
        if name not in ANTHROPIC_FIELDS:
            raise RefusedError(f"{name}: Extra inputs are not permitted")
    for name in ("model", "messages", "max_tokens"):
        if name not in body:
            raise RefusedError(f"{name}: Field required")
    _pairs(body)
    for where, block in _blocks(body):
        if block["type"] == "thinking" and not is_issued(block):
            raise RefusedError(f"{where}: Invalid `signature` in `thinking` block")
    _thinking(body)


def _thinking(body: Json) -> None:
    """Under a budget a turn that goes on after results begins with thinking (ai-sdk-provider 162);
    thinking that is off cannot be cleared."""
    kind = (body.get("thinking") or {}).get("type", "disabled")
    edits = (body.get("context_management") or {}).get("edits", ())
    if kind == "disabled" and any(edit["type"].startswith("clear_thinking") for edit in edits):
        raise RefusedError("`clear_thinking_20251015` strategy requires `thinking` to be enabled")
    turn = []
    for message in reversed(body["messages"]):
        blocks = message["content"] if isinstance(message["content"], list) else []
        if message["role"] == "assistant":
            turn.append(blocks[0]["type"] if blocks else "text")
        elif message["role"] == "user" and all(b["type"] != "tool_result" for b in blocks):
            break
    if kind == "enabled" and turn and not {"thinking", "redacted_thinking"} & set(turn):
        text = f"Expected `thinking` or `redacted_thinking`, but found `{turn[0]}`. When `thinking`"
        raise RefusedError(f"{text} is enabled, a final `assistant` message must start with a")


# -- Kimi --------------------------------------------------------------------------------------

KIMI_FIELDS = frozenset(
    {"model", "messages", "max_tokens", "system", "stream", "stop_sequences", "tools"}
    | {"tool_choice", "metadata", "output_config", "thinking"}
)
KIMI_BLOCKS = {
    "text": {"type", "text"},
    "image": {"type", "source"},
    "thinking": {"type", "thinking", "signature"},
    "tool_use": {"type", "id", "name", "input"},
    "tool_result": {"type", "tool_use_id", "content", "is_error"},
}
ALWAYS_THINKS = ("kimi-k3", "kimi-k2.7")


def check_kimi(body: Json, is_issued: IsIssued) -> None:
    """Refuse what Kimi's document does not name, and what its servers were seen to refuse."""
    for name in body:
        if name not in KIMI_FIELDS:
            raise RefusedError(f"Invalid request: {name}: Extra inputs are not permitted")
    model = body["model"]
    if "thinking" in body and model.startswith(ALWAYS_THINKS):
        raise RefusedError("Invalid request: thinking: Extra inputs are not permitted")
    if body.get("thinking", {"type": "enabled"})["type"] not in ("enabled", "disabled"):
        raise RefusedError("Invalid request: thinking.type")
    config = body.get("output_config", {})
    if not model.startswith("kimi-k3") and config:
        raise RefusedError("Invalid request: output_config")
    if config.get("effort", "max") not in ("low", "high", "max"):
        raise RefusedError("Invalid request: output_config.effort")
    _kimi_choice(body, model)
    if not body["max_tokens"] >= 1:
        raise RefusedError("Invalid request: max_tokens")
    if len(body.get("stop_sequences", ())) > 5:
        raise RefusedError("Invalid request: stop_sequences")
    _kimi_tools(body)
    _kimi_messages(body)
    _pairs(body)
    for _, block in _blocks(body):
        if block["type"] == "thinking" and block["thinking"].strip() and not is_issued(block):
            raise RefusedError("Invalid request: thinking of another model")


def _kimi_choice(body: Json, model: str) -> None:
    choice = body.get("tool_choice", {"type": "auto"})
    thinks = body.get("thinking", {}).get("type") != "disabled"
    allowed = (
        {"auto", "none"} if model.startswith("kimi-k2") and thinks else {"auto", "none", "any"}
    )
    if choice["type"] not in allowed or set(choice) != {"type"}:
        raise RefusedError("tool_choice 'required' is incompatible with thinking enabled")


def _kimi_tools(body: Json) -> None:
    for tool in body.get("tools", ()):
        if set(tool) - {"type", "name", "description", "input_schema"}:
            raise RefusedError(f"Invalid request: tools: {sorted(tool)}")
        try:
            check_schema(tool["input_schema"], root=True)
        except AssertionError as wrong:
            text = "tools.function.parameters is not a valid moonshot flavored json schema"
            raise RefusedError(f"{text}, details: <{wrong}>") from wrong


def _kimi_messages(body: Json) -> None:
    off = body.get("thinking", {}).get("type") == "disabled"
    for index, message in enumerate(body["messages"]):
        if message["role"] not in ("user", "assistant") or set(message) != {"role", "content"}:
            raise RefusedError(f"Invalid request: messages.{index}")
        blocks = message["content"] if isinstance(message["content"], list) else []
        kinds = [block["type"] for block in blocks]
        if "tool_use" in kinds and "thinking" not in kinds and not off:
            text = "thinking is enabled but reasoning_content is missing in assistant tool call"
            raise RefusedError(f"{text} message at index {index}")
    for where, block in _blocks(body):
        if set(block) - KIMI_BLOCKS.get(block["type"], set()):
            raise RefusedError(f"Invalid request: {where}: {sorted(block)}")
        if block["type"] == "text" and not block["text"]:
            raise RefusedError("Invalid request: text content is empty")
        if block["type"] == "image" and block["source"]["type"] != "base64":
            raise RefusedError(f"Invalid request: {where}.source")


# -- both --------------------------------------------------------------------------------------


def _pairs(body: Json) -> None:
    """Each call is answered in the message after it; nobody's envelope is to be seen."""
    asked: set[str] = set()
    seen: set[str] = set()
    for index, message in enumerate(body["messages"]):
        blocks = message["content"] if isinstance(message["content"], list) else []
        if message["role"] == "system":
            continue  # may be empty: with few tools Claude Code sends one for its effort alone
        if not blocks and not message["content"]:
            raise RefusedError(f"messages.{index}: content must not be empty")
        called = [block["id"] for block in blocks if block["type"] == "tool_use"]
        answered = {block["tool_use_id"] for block in blocks if block["type"] == "tool_result"}
        if asked - answered and message["role"] == "user":
            raise RefusedError(f"messages.{index}: `tool_use` ids without `tool_result`: {asked}")
        asked -= answered
        if len({*seen, *called}) < len(seen) + len(called):
            raise RefusedError(f"messages.{index}: `tool_use` ids must be unique")
        seen |= set(called)
        asked |= set(called)
    if OURS in str(body):
        raise RefusedError("an envelope of the proxy has left it")


def _blocks(body: Json) -> Iterator[tuple[str, Json]]:
    for index, message in enumerate(body["messages"]):
        if isinstance(message["content"], str):
            continue
        for number, block in enumerate(message["content"]):
            where = f"messages.{index}.content.{number}"
            yield where, block
            inner = block.get("content") if block["type"] == "tool_result" else None
            for last, part in enumerate(inner if isinstance(inner, list) else ()):
                yield f"{where}.content.{last}", part
