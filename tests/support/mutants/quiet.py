"""Faults that leave every answer readable: something is changed on the way, or left out."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from proxy_core import hookimpl
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import (
    ModelFacts,
    ModelOptions,
    ProtocolError,
    SseEvent,
    StreamTranslator,
    Target,
    TokenCount,
    UpstreamRequest,
)
from proxy_core.ledger import Ledger
from tests.support.mutants import Acme
from tests.support.mutants.answers import Feed, Reader, reading
from tests.support.mutants.errors import judging, plain
from tests.support.mutants.requests import sending

Json = dict[str, Any]
Edit = Callable[..., None]


def _without(name: str) -> Edit:
    def edit(body: Json, *_: Any) -> None:
        body.pop(name, None)

    return edit


def _system_as_user(body: Json, *_: Any) -> None:
    for message in body["messages"]:
        if message["role"] == "system":
            message["role"] = "user"


def _stripped(body: Json, *_: Any) -> None:
    for message in body["messages"]:
        if isinstance(message.get("content"), str):
            message["content"] = message["content"].strip()


def _short_results(body: Json, *_: Any) -> None:
    for message in body["messages"]:
        if message["role"] == "tool":
            message["content"] = message["content"][:30_000]


def _every_image_a_png(body: Json, *_: Any) -> None:
    for message in body["messages"]:
        for part in message["content"] if isinstance(message.get("content"), list) else ():
            if part["type"] == "image_url":
                url = part["image_url"]["url"]
                part["image_url"]["url"] = url.replace("image/jpeg", "image/png")


def _nothing_required(body: Json, *_: Any) -> None:
    for tool in body.get("tools", ()):
        tool["function"]["parameters"].pop("required", None)


def _at_most_4096(body: Json, *_: Any) -> None:
    body["max_tokens"] = min(body["max_tokens"], 4096)


def _large(body: Json, *_: Any) -> None:
    body["model"] = "acme-large"


def _last_messages(body: Json, *_: Any) -> None:
    body["messages"] = body["messages"][-50:]


def _first_tools(body: Json, *_: Any) -> None:
    if "tools" in body:
        body["tools"] = body["tools"][:64]


def _arguments(change: Callable[[Any], Any]) -> Edit:
    """Each leaf of the calls' arguments is changed."""

    def changed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: changed(inner) for key, inner in value.items()}
        return [*map(changed, value)] if isinstance(value, list) else change(value)

    def edit(body: Json, *_: Any) -> None:
        for message in body["messages"]:
            for call in message.get("tool_calls", ()):
                function = call["function"]
                function["arguments"] = json.dumps(changed(json.loads(function["arguments"])))

    return edit


def _as_number(value: Any) -> Any:
    return int(value) if isinstance(value, bool) else value


def _usage_added_up() -> Feed:
    counts: list[int] = []

    def feed(event: SseEvent, inner: StreamTranslator) -> None:
        if b'"completion_tokens"' in event.data:
            chunk = json.loads(event.data)
            counts.append(chunk["usage"]["completion_tokens"])
            chunk["usage"]["completion_tokens"] = sum(counts)
            event = event._replace(data=json.dumps(chunk).encode())
        inner.feed(event)

    return feed


def _rounded() -> Feed:
    """Numbers go through a double, as in JavaScript."""

    def feed(event: SseEvent, inner: StreamTranslator) -> None:
        inner.feed(
            event._replace(data=event.data.replace(b"9007199254740993", b"9007199254740992"))
        )

    return feed


class Gathering(Acme):
    """It tells everything at the end."""

    @hookimpl
    def proxy_open_stream(
        self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
    ) -> StreamTranslator:
        inner = super().proxy_open_stream(upstream, writer, ledger)
        events: list[SseEvent] = []

        class Late(Reader):
            def close(self, complete: bool) -> None:
                for event in events:
                    inner.feed(event)
                inner.close(complete)

        return Late(inner, lambda event, _: events.append(event))


class Contented(Acme):
    """What it cannot read it takes for an empty answer."""

    @hookimpl
    def proxy_translate_response(
        self, upstream: UpstreamRequest, body: bytes, writer: MessageWriter, ledger: Ledger
    ) -> None:
        try:
            super().proxy_translate_response(upstream, body, writer, ledger)
        except ProtocolError:
            writer.finish("end_turn")


class Splitting(Acme):
    """It takes names for `family-size`."""

    @hookimpl
    def proxy_map_model(self, requested: str) -> None:
        _family, _size = requested.split("-")


class Miscounting(Acme):
    @hookimpl
    def proxy_count_tokens(self, request: MessagesRequest) -> TokenCount:
        return TokenCount(len(request.messages) - 5, "by guess")


def _asks_for_none(made: UpstreamRequest) -> UpstreamRequest:
    body = json.loads(made.body)
    body.pop("stream", None)
    return msgspec.structs.replace(made, body=json.dumps(body).encode())


class Unstreamed(Acme):
    """It says that it asked for a stream."""

    @hookimpl
    def proxy_translate_request(
        self, request: MessagesRequest, target: Target, ledger: Ledger
    ) -> UpstreamRequest:
        return _asks_for_none(super().proxy_translate_request(request, target, ledger))


def _busy(deed: Callable[[], object]) -> Acme:
    """It does something else with each event."""

    def feed(event: SseEvent, inner: StreamTranslator) -> None:
        deed()
        inner.feed(event)

    return reading(lambda: feed)


class Claiming(Acme):
    """Claims names with its card as it ships."""

    @hookimpl
    def proxy_map_model(self, requested: str) -> Target | None:
        if not requested.startswith("acme-"):
            return None
        (card,) = self.providers
        return Target(provider=card, model=requested, facts=ModelFacts(pattern=requested))


class Regardless(Acme):
    """Does not look at what the user's table says of the model."""

    @hookimpl
    def proxy_translate_request(
        self, request: MessagesRequest, target: Target, ledger: Ledger
    ) -> UpstreamRequest:
        plain = msgspec.structs.replace(target, options=ModelOptions())
        made = super().proxy_translate_request(request, plain, ledger)
        return msgspec.structs.replace(made, target=target)


_DEEDS: dict[str, Callable[[], object]] = {
    "open a file": lambda: Path(os.devnull).read_bytes(),
    "open a socket": lambda: socket.socket().close(),
    "start a thread": lambda: threading.Thread(target=int).start(),
    "read the environment": lambda: os.environ.get("LANG"),
    "read the clock": lambda: datetime.now(UTC),
    "sleep": lambda: time.sleep(0),
}

_SETTINGS = "each_setting_makes_a_difference"
_WORDS = "texts_arrive_as_they_were_written"

QUIET: list[tuple[str, Any, str, str]] = [
    ("system told as user", sending(_system_as_user), _WORDS, "what the system says"),
    ("blanks around texts removed", sending(_stripped), _WORDS, "does not hear"),
    ("choice of tools left out", sending(_without("tool_choice")), _SETTINGS, "a call is"),
    ("parallel calls allowed", sending(_without("parallel_tool_calls")), _SETTINGS, "one call"),
    ("every image a PNG", sending(_every_image_a_png), _SETTINGS, "the type of an image"),
    ("no parameter required", sending(_nothing_required), _SETTINGS, "a parameter is required"),
    (
        "limit of the answer lowered",
        sending(_at_most_4096, max_tokens_field="max_tokens"),
        _SETTINGS,
        "the longest answer",
    ),
    ("the user's table ignored", Regardless(), "what_the_user_sets_holds", "no difference: "),
    ("always the same model", sending(_large), "the_model_that_was_chosen_is_asked", "not named"),
    (
        "old messages left out",
        sending(_last_messages),
        "a_long_conversation_is_sent_whole",
        "messages are not sent",
    ),
    ("results cut", sending(_short_results), "a_long_conversation_is_sent_whole", "is cut"),
    (
        "only the first tools offered",
        sending(_first_tools),
        "many_tools_are_offered_or_refused",
        "neither sent nor in the ledger",
    ),
    ("the card as it ships", Claiming(), "any_name_may_be_asked_for", "for another provider"),
    ("name taken apart", Splitting(), "any_name_may_be_asked_for", "ValueError"),
    (
        "true sent as 1",
        sending(_arguments(_as_number)),
        "calls_are_sent_as_they_were_made",
        "calls have another input",
    ),
    (
        "integers rounded like JavaScript's",
        reading(_rounded),
        "a_streamed_answer_is_what_the_model_said",
        "9007199254740993",
    ),
    ("running usage added up", reading(_usage_added_up), "usage_is_the_vendors", "another one"),
    ("answer told at its end", Gathering(), "an_answer_is_told_as_it_comes", "are told"),
    ("no answer taken for an empty one", Contented(), "a_cut_body_is_an_error", "as if it were"),
    (
        "stream asked for in name only",
        Unstreamed(),
        "a_stream_is_asked_for_when_the_client_wants_one",
        "the other kind of answer",
    ),
    ("fewer tokens than none", Miscounting(), "counting_is_safe", "it counts -"),
    (
        "all failures under one status",
        judging(plain({"status": 500})),
        "clients_can_act_on_a_failure",
        "told under another status",
    ),
    (
        "wait of less than nothing",
        judging(plain({"retry_after": -5.0})),
        "every_status_means_something",
        "is to wait -5.0 seconds",
    ),
    *(
        (f"hooks that {what}", _busy(deed), "hooks_touch_nothing_outside", f"does: {what} at")
        for what, deed in _DEEDS.items()
    ),
]
"""What is wrong, the plugin, the check that finds it, words of its complaint."""
