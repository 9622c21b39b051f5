"""A scripted upstream that speaks the Messages API itself, as strictly as Anthropic or Kimi does.

Scripts and tests see the conversation as messages of Chat Completions, whichever way it came;
what came is checked before. Each signature is bound to the words it was given out with.
"""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from tests.e2e.messages_rules import (
    IsIssued,
    RefusedError,
    check_anthropic,
    check_key,
    check_kimi,
    error_body,
)
from tests.e2e.openai_rules import read_body
from tests.e2e.scripted_upstream import (
    Exchange,
    Manners,
    ScriptedUpstream,
    _json,
    _stream,
    _whole,
    prompt_tokens,
)
from tests.e2e.upstream_script import (
    Answer,
    Call,
    Conversation,
    Cut,
    Fail,
    Hold,
    Json,
    Refuse,
    Say,
    Step,
    Think,
    Together,
    Usage,
)

STOPS = {"length": "max_tokens", "content_filter": "refusal", "stop": "end_turn"}
TYPES = {429: "rate_limit_error", 500: "api_error", 401: "authentication_error"}


def frame(event: Json) -> str:
    """One event on the wire."""
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"


MANNERS = Manners(prefix="", frame=frame, end="", usage_unasked=True)
Check = Callable[[Json, IsIssued], None]


class MessagesUpstream(ScriptedUpstream):
    """`with MessagesUpstream(script) as upstream:` and point a client at `upstream.base_url`."""

    check: Check = staticmethod(check_anthropic)
    path = "/v1/messages"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._issued: dict[str, str] = {}
        """The thinking that each signature was given out with."""
        self._calls = 0

    @property
    def chats(self) -> list[Exchange]:
        return [exchange for exchange in self.exchanges if exchange.path == self.path]

    async def _dispatch(self, request: web.Request, exchange: Exchange) -> web.StreamResponse:
        check_key(exchange.headers, self.key)
        counting = request.path in (
            f"{self.path}/count_tokens",
            "/v1/tokenizers/estimate-token-count",
        )
        if request.method != "POST" or not (counting or request.path == self.path):
            raise RefusedError(f"{request.path} is not served", "not_found_error", 404)
        sent = read_body(exchange.raw)
        if counting:
            return self._counted(request, sent)
        if exchange.headers.get("anthropic-version") is None and self.check is check_anthropic:
            raise RefusedError("anthropic-version: header is required")
        type(self).check(sent, self._is_issued)
        body = exchange.body = view(sent)
        if sent["model"] not in self.models:
            raise RefusedError(f"model: {sent['model']}", "not_found_error", 404)
        return await self._tell(request, body, sent["model"])

    def _counted(self, request: web.Request, sent: Json) -> web.Response:
        size = prompt_tokens(sent)
        told = {"data": {"total_tokens": size}} if "tokenizers" in request.path else {}
        return _json(told or {"input_tokens": size})

    async def _tell(self, request: web.Request, body: Json, model: str) -> web.StreamResponse:
        size = prompt_tokens(body)
        if self.context_window is not None and size > self.context_window:
            return _json(self.overflow(size, self.context_window), 400)
        self._answered += 1
        turn = self.script(Conversation(body, self._answered))
        if isinstance(turn, Refuse):
            if isinstance(turn.body, str):
                return web.Response(text=turn.body, status=turn.status, headers=turn.headers)
            return _json(_error(turn.body, turn.status), turn.status, turn.headers)
        usage = turn.usage or Usage(size, max(1, len(turn.steps)))
        told = list(self._events(turn, model, usage))
        if body["stream"]:
            return await _stream(request, MANNERS, told)
        return await _whole(request, turn, lambda: folded(told))

    @staticmethod
    def overflow(size: int, window: int) -> Json:
        return error_body(f"prompt is too long: {size} tokens > {window} maximum")

    def _is_issued(self, block: Json) -> bool:
        known = self._issued.get(block.get("signature", ""))
        return known is not None and (known == block["thinking"] or not block["thinking"])

    def _events(self, turn: Answer, model: str, usage: Usage) -> Iterator[Json | Step]:
        """The events of an answer, with the holds and faults between them."""
        message: Json = {
            "id": f"msg_{self._answered:02}scripted",
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {**_usage(usage), "output_tokens": 1},
        }
        yield {"type": "message_start", "message": message}
        yield {"type": "ping"}
        stop: Json | None = None
        for told in self._content(turn):
            if stop is not None and isinstance(told, dict):
                yield stop
                stop = None
            if isinstance(told, dict) and told["type"] == "content_block_stop":
                stop = told  # a fault strikes before a block is closed
            else:
                yield told
        if stop is not None:
            yield stop
        reason = turn.finish_reason()
        ending = {"stop_reason": STOPS.get(reason, "tool_use"), "stop_sequence": None}
        yield {"type": "message_delta", "delta": ending, "usage": _usage(usage)}
        yield {"type": "message_stop"}

    def _content(self, turn: Answer) -> Iterator[Json | Step]:
        index = 0
        for step in turn.steps:
            match step:
                case Hold() | Cut():
                    yield step
                case Fail(body):
                    yield Fail(_error(body, 529))
                case Say(pieces):
                    yield from block(index, {"type": "text", "text": ""}, "text_delta", pieces)
                    index += 1
                case Think(pieces):
                    yield from self._thinking(index, pieces)
                    index += 1
                case Call() | Together():
                    for call in step.calls if isinstance(step, Together) else (step,):
                        id_ = self.tool_id(call)
                        start = {"type": "tool_use", "id": id_, "name": call.name, "input": {}}
                        yield from block(index, start, "input_json_delta", call.fragments)
                        index += 1

    def tool_id(self, _call: Call) -> str:
        """Anthropic gives out ids of its own, and none of them twice."""
        self._calls += 1
        return f"toolu_{self._calls:024}"

    def _thinking(self, index: int, pieces: tuple[str, ...]) -> Iterator[Json]:
        text = "".join(pieces)
        made = b64encode(f"signed {len(self._issued)} {text}".encode()).decode()
        self._issued[made] = text
        start, *deltas, stop = block(
            index, {"type": "thinking", "thinking": "", "signature": ""}, "thinking_delta", pieces
        )
        signed = {"type": "signature_delta", "signature": made}
        yield from (start, *deltas)
        yield {"type": "content_block_delta", "index": index, "delta": signed}
        yield stop


class KimiUpstream(MessagesUpstream):
    """As Moonshot serves it."""

    check: Check = staticmethod(check_kimi)
    path = "/anthropic/v1/messages"

    def tool_id(self, call: Call) -> str:
        return call.id

    @staticmethod
    def overflow(size: int, window: int) -> Json:
        text = f"Your request exceeded model token limit: {window} (requested: {size})"
        return error_body(f"Invalid request: {text}")


_DELTAS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}


def block(index: int, start: Json, kind: str, pieces: tuple[str, ...]) -> Iterator[Json]:
    """One block, told piece by piece."""
    yield {"type": "content_block_start", "index": index, "content_block": start}
    for piece in pieces:
        delta = {"type": kind, _DELTAS[kind]: piece}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
    yield {"type": "content_block_stop", "index": index}


def folded(events: list[Any]) -> Json:
    """The same answer as one body."""
    message: Json = dict(events[0]["message"])
    content: list[Json] = []
    for event in events:
        if event["type"] == "content_block_start":
            content.append(dict(event["content_block"]))
            arguments = ""
        elif event["type"] == "content_block_delta":
            for name, piece in event["delta"].items():
                if name == "partial_json":
                    arguments += piece
                elif name != "type":
                    content[-1][name] += piece
        elif event["type"] == "content_block_stop" and content[-1]["type"] == "tool_use":
            content[-1]["input"] = json.loads(arguments or "{}")
        elif event["type"] == "message_delta":
            message |= {**event["delta"], "usage": event["usage"]}
    return message | {"content": content}


def _usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.prompt - usage.cached,
        "cache_read_input_tokens": usage.cached,
        "cache_creation_input_tokens": 0,
        "output_tokens": usage.completion,
    }


def _error(body: Json, status: int) -> Json:
    """A script's error, which is written as OpenAI's, in Anthropic's shape."""
    error = body.get("error", body)
    return error_body(str(error.get("message", "no")), TYPES.get(status, "overloaded_error"))


# -- the conversation as scripts see it ----------------------------------------------------


def view(body: Json) -> Json:
    """The request as the messages of Chat Completions, beside what it says in its own words."""
    messages: list[Json] = []
    if body.get("system"):
        messages.append({"role": "system", "content": _texts(body["system"])})
    for message in body["messages"]:
        blocks = message["content"]
        if isinstance(blocks, str):
            blocks = [{"type": "text", "text": blocks}]
        if message["role"] == "assistant":
            messages.append(_spoken(blocks))
        else:
            messages += _heard(message["role"], blocks)
    tools = [{"type": "function", "function": tool} for tool in body.get("tools", ())]
    own = {name: value for name, value in body.items() if name not in ("messages", "tools")}
    return {**own, "stream": body.get("stream", False), "messages": messages, "tools": tools}


def _texts(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "\n\n".join(block["text"] for block in content if block["type"] == "text")


def _spoken(blocks: list[Json]) -> Json:
    thoughts = [block for block in blocks if block["type"] == "thinking"]
    message: Json = {"role": "assistant", "content": _texts(blocks)}
    message["signatures"] = [block.get("signature", "") for block in thoughts]
    calls = [
        {
            "id": block["id"],
            "type": "function",
            "function": {"name": block["name"], "arguments": json.dumps(block["input"])},
        }
        for block in blocks
        if block["type"] == "tool_use"
    ]
    return message | ({"tool_calls": calls} if calls else {})


def _heard(role: str, blocks: list[Json]) -> Iterator[Json]:
    """The results, then what else is said."""
    said = []
    for block in blocks:
        if block["type"] != "tool_result":
            said.append(_part(block))
            continue
        content = block.get("content", "")
        parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
        shown = [_part(part) for part in parts]
        if block.get("is_error"):
            shown.insert(0, {"type": "text", "text": "Error"})
        yield {"role": "tool", "tool_call_id": block["tool_use_id"], "content": shown}
    if said:
        yield {"role": role, "content": said}


def _part(block: Json) -> Json:
    match block["type"]:
        case "image":
            source = block["source"]
            url = f"data:{source['media_type']};base64,{source['data']}"
            return {"type": "image_url", "image_url": {"url": url}}
        case "document":
            data = block["source"].get("data", "")
            return {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{data}"}}
        case "tool_reference":
            return {"type": "text", "text": block["tool_name"]}
        case _:
            return {"type": "text", "text": block.get("text", "")}
