"""How OpenAI's Responses API takes a conversation and tells an answer.

Scripts and tests see the conversation as messages, whichever way it came; what came is checked
before. Each reasoning item is bound to its model and to the answer it was made in, as there.
"""

import base64
import binascii
import itertools
import json
from collections.abc import Iterator
from typing import Any

from tests.e2e import responses_rules
from tests.e2e.openai_rules import RefusedError, error_body
from tests.e2e.scripted_upstream import Manners
from tests.e2e.upstream_script import (
    CREATED,
    Answer,
    Call,
    Cut,
    Fail,
    Hold,
    Json,
    Say,
    Search,
    Step,
    Think,
    Together,
    Usage,
)

BIG, MIDDLE, SMALL = "gpt-6.1-sol", "gpt-6.1-terra", "gpt-6-luna"
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
_PARTS = {"input_text": "text", "input_image": "image_url", "input_file": "file"}


# -- what it takes -------------------------------------------------------------------------


def check_body(body: Json) -> None:
    """Refuse what the API refuses, and reasoning that it never told this model."""
    responses_rules.check_body(body)
    for item in body["input"]:
        if item.get("type") == "reasoning":
            _check_state(item, body["model"])


def _check_state(item: Json, model: str) -> None:
    try:
        known = base64.urlsafe_b64decode(item["encrypted_content"]).decode()
    except (binascii.Error, UnicodeDecodeError):
        known = ""
    if known != f"{model} {item['id']}":
        text = f"The encrypted content for item {item['id']} could not be verified."
        raise RefusedError(text, code="invalid_encrypted_content")


def encrypted(model: str, item_id: str) -> str:
    return base64.urlsafe_b64encode(f"{model} {item_id}".encode()).decode()


def view(body: Json) -> Json:
    """The conversation as the messages of Chat Completions."""
    messages: list[Json] = []
    if body.get("instructions"):
        messages.append({"role": "developer", "content": body["instructions"]})
    for item in body["input"]:
        if item.get("role", "assistant") != "assistant":
            messages.append({"role": item["role"], "content": _parts(item["content"])})
        elif item.get("type") == "function_call_output":
            result = {"role": "tool", "tool_call_id": item["call_id"]}
            messages.append({**result, "content": _parts(item["output"])})
        else:
            if not messages or messages[-1]["role"] != "assistant":
                messages.append({"role": "assistant"})
            _add(item, messages[-1])
    tools = [
        {"type": "function", "function": tool} if tool["type"] == "function" else tool
        for tool in body.get("tools", ())
    ]
    shared = {name: value for name, value in body.items() if name not in ("input", "tools")}
    return {**shared, "messages": messages, **({"tools": tools} if tools else {})}


def _add(item: Json, message: Json) -> None:
    """Add what the assistant produced to its message."""
    match item.get("type"):
        case "reasoning":
            message.setdefault("reasoning", []).append(item)
        case "function_call":
            function = {"name": item["name"], "arguments": item["arguments"]}
            one = {"id": item["call_id"], "type": "function", "function": function}
            message.setdefault("tool_calls", []).append(one)
        case _:
            said = message.get("content")
            message["content"] = f"{said}\n\n{item['content']}" if said else item["content"]


def _parts(content: Any) -> Any:
    if isinstance(content, str):
        return content
    return [_part(part) for part in content]


def _part(part: Json) -> Json:
    kind = _PARTS[part["type"]]
    if kind == "image_url":
        return {"type": kind, "image_url": {"url": part["image_url"]}}
    return {**part, "type": kind}


# -- what it tells -------------------------------------------------------------------------


def chunks(turn: Answer, model: str, id_: str, usage: Usage | None) -> Iterator[Json | Step]:
    """The events of a streamed answer, with the holds and faults between them."""
    numbers = itertools.count()

    def event(kind: str, **fields: Any) -> Json:
        return {"type": kind, **fields, "sequence_number": next(numbers)}

    begun = _response(turn, model, id_, None) | {"status": "in_progress", "output": []}
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    index = 0
    for step in turn.steps:
        match step:
            case Hold() | Cut():
                yield step
            case Fail(body):
                told = body["error"]
                yield event("error", code=told.get("code") or told["type"], param=None) | {
                    "message": told["message"]
                }
                yield Cut("end")
            case Say() | Think() | Call() | Together() | Search():
                items = _items(step, model, id_, index)
                waiting = [
                    _told(index + place, item, pieces) for place, (item, pieces) in enumerate(items)
                ]
                yield from (event(**one) for one in _dealt(waiting))
                index += len(items)
    whole_ = _response(turn, model, id_, usage or Usage(1, 1))
    yield event(f"response.{whole_['status']}", response=whole_)


def _dealt(waiting: list[list[Json]]) -> Iterator[Json]:
    """All announcements first, then the rest in turn."""
    for told in itertools.zip_longest(*waiting):
        yield from (one for one in told if one is not None)


def _told(index: int, item: Json, pieces: tuple[str, ...]) -> list[Json]:
    """The events of one item, whose text comes in these pieces."""
    place: Json = {"output_index": index, "item_id": item["id"]}
    match item["type"]:
        case "message":
            bare = item | {"content": [], "status": "in_progress"}
            kind = "response.output_text.delta"
            place = {**place, "content_index": 0, "logprobs": []}
        case "reasoning":
            bare = item | {"summary": [], "encrypted_content": item["encrypted_content"][:5]}
            kind = "response.reasoning_summary_text.delta"
            place = {**place, "summary_index": 0}
        case "web_search_call":
            bare = item | {"status": "in_progress"}
            kind = ""
        case _:
            bare = item | {"arguments": "", "status": "in_progress"}
            kind = "response.function_call_arguments.delta"
    added = {"kind": "response.output_item.added", "output_index": index, "item": bare}
    done = {"kind": "response.output_item.done", "output_index": index, "item": item}
    deltas = [{"kind": kind, **place, "delta": piece, "obfuscation": "xJ4"} for piece in pieces]
    return [added, *deltas, done]


def whole(turn: Answer, model: str, id_: str, usage: Usage) -> Json:
    """The same answer as one body."""
    return _response(turn, model, id_, usage)


def _response(turn: Answer, model: str, id_: str, usage: Usage | None) -> Json:
    reason = _INCOMPLETE.get(turn.finish_reason())
    output: list[Json] = []
    for step in turn.steps:
        output += [item for item, _ in _items(step, model, id_, len(output))]
    return {
        "id": f"resp_{id_}",
        "object": "response",
        "created_at": CREATED,
        "model": model,
        "status": "incomplete" if reason else "completed",
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "error": None,
        "incomplete_details": {"reason": reason} if reason else None,
        "usage": None if usage is None else _usage(usage),
    }


def _items(step: Step, model: str, id_: str, index: int) -> list[tuple[Json, tuple[str, ...]]]:
    """The items of one step, each with the pieces its text comes in."""
    name = f"{id_}_{index}"
    match step:
        case Say(pieces):
            part = {"type": "output_text", "text": "".join(pieces), "annotations": []}
            said = {"id": f"msg_{name}", "role": "assistant", "status": "completed"}
            return [({"type": "message", **said, "content": [part]}, pieces)]
        case Think(pieces):
            summary = [{"type": "summary_text", "text": "".join(pieces)}]
            known = {"id": f"rs_{name}", "encrypted_content": encrypted(model, f"rs_{name}")}
            return [({"type": "reasoning", **known, "summary": summary}, pieces)]
        case Call():
            return [_call(step, id_)]
        case Together(calls):
            return [_call(call, id_) for call in calls]
        case Search(query, urls):
            sources = [{"type": "url", "url": url} for url in urls]
            action = {"type": "search", "query": query, "queries": [query], "sources": sources}
            known = {"id": f"ws_{name}", "status": "completed"}
            return [({"type": "web_search_call", **known, "action": action}, ())]
        case _:
            return []


def _call(call: Call, id_: str) -> tuple[Json, tuple[str, ...]]:
    known = {"id": f"fc_{id_}_{call.id}", "call_id": call.id, "status": "completed"}
    arguments = "".join(call.fragments)
    return {
        "type": "function_call",
        **known,
        "name": call.name,
        "arguments": arguments,
    }, call.fragments


def _usage(usage: Usage) -> Json:
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {"cached_tokens": usage.cached, "cache_write_tokens": 0},
        "output_tokens": usage.completion,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.completion,
    }


def overflow(_size: int, _window: int) -> tuple[int, Json]:
    """Its words for a prompt that does not fit, which tell no sizes."""
    text = (
        "Your input exceeds the context window of this model. Please adjust your input and try "
        "again."
    )
    return 400, error_body(text, param="input", code="context_length_exceeded")


def frame(event: Json) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n"


RESPONSES = Manners(
    path="/responses",
    check_body=check_body,
    view=view,
    chunks=chunks,
    frame=frame,
    end="",
    whole=whole,
    usage_unasked=True,
    overflow=overflow,
)
