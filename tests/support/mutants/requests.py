"""Faults in what is sent."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from typing import Any

import msgspec

from proxy_core import hookimpl
from proxy_core.anthropic.content import Message, ToolResultBlock
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import Target, UpstreamRequest
from proxy_core.ledger import Ledger, LossKind, Reason
from tests.support.mutants import CARD, Acme

Json = dict[str, Any]


def sending(edit: Callable[[Json, MessagesRequest, Target], Any], **quirks: Any) -> Acme:
    """The body is edited before it is sent."""

    class Sending(Acme):
        providers = (CARD.model_copy(update={"quirks": quirks}),)

        @hookimpl
        def proxy_translate_request(
            self, request: MessagesRequest, target: Target, ledger: Ledger
        ) -> UpstreamRequest:
            made = super().proxy_translate_request(request, target, ledger)
            body = json.loads(made.body)
            edit(body, request, target)
            return msgspec.structs.replace(made, body=json.dumps(body).encode())

    return Sending()


def asking(
    change: Callable[[MessagesRequest, Ledger], tuple[MessagesRequest, Ledger]],
) -> Acme:
    """The request is changed before it is read."""

    class Asking(Acme):
        @hookimpl
        def proxy_translate_request(
            self, request: MessagesRequest, target: Target, ledger: Ledger
        ) -> UpstreamRequest:
            request, ledger = change(request, ledger)
            return super().proxy_translate_request(request, target, ledger)

    return Asking()


def upstream(change: Callable[[UpstreamRequest], UpstreamRequest]) -> Acme:
    """What goes to core is changed."""

    class Upstream(Acme):
        @hookimpl
        def proxy_translate_request(
            self, request: MessagesRequest, target: Target, ledger: Ledger
        ) -> UpstreamRequest:
            return change(super().proxy_translate_request(request, target, ledger))

    return Upstream()


def swap_results(body: Json, *_: Any) -> None:
    results = [message for message in body["messages"] if message["role"] == "tool"]
    for one, other in zip(results[::2], results[1::2], strict=False):
        one["content"], other["content"] = other["content"], one["content"]


def text_first(body: Json, *_: Any) -> None:
    messages = body["messages"]
    for place in range(len(messages) - 1):
        if (messages[place]["role"], messages[place + 1]["role"]) == ("tool", "user"):
            messages[place : place + 2] = reversed(messages[place : place + 2])


def other_ids(body: Json, *_: Any) -> None:
    for place in _tool_ids(body):
        for name in place.keys() & {"id", "tool_call_id"}:
            place[name] = f"acme_{place[name]}"


def short_ids(body: Json, *_: Any) -> None:
    for place in _tool_ids(body):
        for name in place.keys() & {"id", "tool_call_id"}:
            place[name] = place[name][:5]


def _tool_ids(body: Json) -> list[Json]:
    calls = [call for message in body["messages"] for call in message.get("tool_calls", ())]
    return [*calls, *(message for message in body["messages"] if message["role"] == "tool")]


def no_keywords(body: Json, *_: Any) -> None:
    def clean(schema: Any) -> Any:
        if isinstance(schema, list):
            return [clean(inner) for inner in schema]
        if not isinstance(schema, dict):
            return schema
        return {k: clean(v) for k, v in schema.items() if k not in ("title", "default", "format")}

    for tool in body.get("tools", ()):
        tool["function"]["parameters"] = clean(tool["function"]["parameters"])


def lower_names(body: Json, *_: Any) -> None:
    for tool in body.get("tools", ()):
        tool["function"]["name"] = tool["function"]["name"].lower()


def first_signature(body: Json, request: MessagesRequest, _: Target) -> None:
    for message in request.messages:
        for block in message.content:
            if signature := getattr(block, "signature", ""):
                body["user"] = signature


def no_reasoning(body: Json, *_: Any) -> None:
    for message in body["messages"]:
        message.pop("reasoning", None)


def strings_only(body: Json, *_: Any) -> None:
    body["messages"] = [m for m in body["messages"] if not isinstance(m.get("content"), list)]


def empty_arguments(body: Json, *_: Any) -> None:
    for message in body["messages"]:
        for call in message.get("tool_calls", ()):
            if call["function"]["arguments"] == "{}":
                call["function"]["arguments"] = ""


def no_failures(request: MessagesRequest, ledger: Ledger) -> tuple[MessagesRequest, Ledger]:
    def mended(message: Message) -> Message:
        blocks = tuple(
            msgspec.structs.replace(block, is_error=None)
            if isinstance(block, ToolResultBlock)
            else block
            for block in message.content
        )
        return msgspec.structs.replace(message, content=blocks)

    messages = tuple(mended(message) for message in request.messages)
    return msgspec.structs.replace(request, messages=messages), ledger


def emptied(request: MessagesRequest, ledger: Ledger) -> tuple[MessagesRequest, Ledger]:
    request.unknown.clear()  # type: ignore[attr-defined]
    return request, ledger


def lying(request: MessagesRequest, ledger: Ledger) -> tuple[MessagesRequest, Ledger]:
    ledger.note("/messages/0/content", LossKind.DROPPED, Reason.NO_EQUIVALENT)
    return request, ledger


def looking_back(request: MessagesRequest, ledger: Ledger) -> tuple[MessagesRequest, Ledger]:
    for place in range(len(request.messages)):
        for earlier in request.messages[:place]:
            for block in earlier.content:
                str(block)
    return request, ledger


def random_seed(body: Json, *_: Any) -> None:
    body["seed"] = random.random()


def key_in_a_header(made: UpstreamRequest) -> UpstreamRequest:
    key = os.environ.get("ACME_API_KEY", "")
    return msgspec.structs.replace(made, headers=(("x-acme", key),))


def model_in_the_path(made: UpstreamRequest) -> UpstreamRequest:
    return msgspec.structs.replace(made, path=f"/{made.target.model}/chat/completions")
