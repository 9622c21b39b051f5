"""Kimi's Chat Completions: what it refuses beyond OpenAI's rules, and how it tells its answers.

Rules: platform.kimi.ai/docs, OpenAPI of chat, 2026-08; kimi-cli and Vercel's provider for what is
refused; as of November 2026.
"""

import re
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.dialects.test_moonshot_schema import check as check_schema
from tests.e2e import openai_rules
from tests.e2e.openai_rules import Json, RefusedError, error_body
from tests.e2e.scripted_upstream import Exchange, Manners, ScriptedUpstream, prompt_tokens
from tests.e2e.upstream_script import Answer, Step, Usage, chunks, whole

FIXED = ("temperature", "top_p", "n", "presence_penalty", "frequency_penalty")
UNKNOWN = ("store", "service_tier", "logit_bias", "seed", "max_tokens", "parallel_tool_calls")
TOOL_NAME = re.compile("[a-zA-Z_][a-zA-Z0-9_-]{2,63}")
EFFORTS = ("low", "high", "max")
MOST_STOPS = 5


def check_body(body: Json) -> None:
    """Refuse a request that Kimi would refuse."""
    for name in (*FIXED, *UNKNOWN):
        if name in body:
            raise RefusedError(f"invalid {name}: only the default is allowed for this model")
    _thinking(body)
    _reasoning_is_there(body)
    for tool in body.get("tools", ()):
        _tool(tool["function"])
    openai_rules.check_body(_as_openai_has_it(body))


def _thinking(body: Json) -> None:
    model, effort = body["model"], body.get("reasoning_effort")
    if effort is not None and (not model.startswith("kimi-k3") or effort not in EFFORTS):
        raise RefusedError("Invalid request: reasoning_effort")
    if "thinking" in body and not model.startswith(("kimi-k2.5", "kimi-k2.6")):
        raise RefusedError("Invalid request: thinking")
    forced = body.get("tool_choice", "auto") not in ("auto", "none")
    if forced and model.startswith("kimi-k2") and not _is_off(body):
        raise RefusedError("tool_choice 'required' is incompatible with thinking enabled")


def _is_off(body: Json) -> bool:
    return bool(body.get("thinking", {}).get("type") == "disabled")


def _reasoning_is_there(body: Json) -> None:
    for index, message in enumerate(body["messages"]):
        calls = message["role"] == "assistant" and "tool_calls" in message
        if calls and not _is_off(body) and not message.get("reasoning_content"):
            text = "thinking is enabled but reasoning_content is missing in assistant tool call"
            raise RefusedError(f"{text} message at index {index}")
        if not isinstance(message.get("content", " "), str | list) or message.get("content") == "":
            raise RefusedError("text content is empty")


def _tool(function: Json) -> None:
    if not TOOL_NAME.fullmatch(function["name"]):
        raise RefusedError(f"Invalid request: function name {function['name']} is invalid")
    if function.get("strict") is not False:
        raise RefusedError("strict means true where it is left out")
    try:
        check_schema(function["parameters"], root=True)
    except AssertionError as wrong:
        text = "tools.function.parameters is not a valid moonshot flavored json schema"
        raise RefusedError(f"{text}, details: <{wrong}>") from wrong


def _as_openai_has_it(body: Json) -> Json:
    """The same without what only Kimi knows, for the rules that they share."""
    messages = []
    short: dict[str, str] = {}  # its ids may be longer
    for message in body["messages"]:
        shared = {name: value for name, value in message.items() if name != "reasoning_content"}
        shared.pop("partial", None)
        if calls := shared.get("tool_calls"):
            shared["tool_calls"] = [
                {**call, "id": short.setdefault(call["id"], f"call_{len(short)}")} for call in calls
            ]
        if id_ := shared.get("tool_call_id"):
            shared["tool_call_id"] = short.get(id_, id_)
        messages.append(shared)
    shared = {name: value for name, value in body.items() if name != "thinking"}
    stops = shared.get("stop", ())
    if len(stops) > MOST_STOPS:
        raise RefusedError(f"Invalid request: stop: more than {MOST_STOPS}")
    if stops:
        shared["stop"] = stops[: openai_rules.MOST_STOPS]
    if shared.get("reasoning_effort") == "max":
        shared["reasoning_effort"] = "high"
    return {**shared, "messages": messages}


def _chunks(turn: Answer, model: str, id_: str, usage: Usage | None) -> Iterator[Json | Step]:
    """OpenAI's, with the usage a second time in the choice of the last chunk."""
    for chunk in chunks(turn, model, id_, usage):
        if usage is not None and isinstance(chunk, dict) and chunk.get("choices"):
            choice: Any = chunk["choices"][0]
            if choice.get("finish_reason"):
                choice["usage"] = {**usage.body(), "cached_tokens": usage.cached}
        yield chunk


def overflow(size: int, window: int) -> tuple[int, Json]:
    """Moonshot's words for a prompt that does not fit."""
    text = f"Your request exceeded model token limit: {window} (requested: {size})"
    return 400, error_body(f"Invalid request: {text}")


KIMI = Manners(check_body=check_body, chunks=_chunks, whole=whole, overflow=overflow)


class KimiChatUpstream(ScriptedUpstream):
    """Chat Completions, and the estimate of tokens beside it."""

    async def _dispatch(self, request: web.Request, exchange: Exchange) -> web.StreamResponse:
        if request.path != "/v1/tokenizers/estimate-token-count":
            return await super()._dispatch(request, exchange)
        openai_rules.check_key(request.headers.get("authorization"), self.key)
        sent = openai_rules.read_body(exchange.raw)
        if set(sent) != {"model", "messages"}:
            raise RefusedError("Invalid request: only model and messages are known here")
        return web.json_response({"data": {"total_tokens": prompt_tokens(sent)}})
