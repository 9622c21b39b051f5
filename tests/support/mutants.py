"""A good plugin, and plugins that are that one with one fault each."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from typing import Any, ClassVar

import msgspec

from proxy_core import hookimpl
from proxy_core.anthropic.content import Message, ToolResultBlock
from proxy_core.anthropic.errors import verdict_of_status
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import (
    CountCall,
    ErrorVerdict,
    ModelFacts,
    ProtocolError,
    Provider,
    SseEvent,
    StreamTranslator,
    Target,
    UpstreamFailure,
    UpstreamRequest,
    Usage,
)
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.ledger import Ledger, LossKind, Reason

Json = dict[str, Any]
CARD = Provider(
    name="acme",
    base_url="https://api.acme.example/v1",
    key_env=("ACME_API_KEY",),
    docs="https://docs.acme.example",
)


class Acme(OpenAIChat):
    """The good one: a plugin of thirty lines."""

    providers: ClassVar[tuple[Provider, ...]] = (CARD,)


def with_card(**changes: Any) -> Acme:
    """The good plugin with a bad card."""

    class Carded(Acme):
        providers = (CARD.model_copy(update=changes),)

    return Carded()


# -- requests ------------------------------------------------------------------------------


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


# -- answers -------------------------------------------------------------------------------

Feed = Callable[[SseEvent, StreamTranslator], None]


class Reader:
    """A reader of streams between the true one and core."""

    def __init__(self, inner: StreamTranslator, feed: Feed) -> None:
        self._inner = inner
        self._feed = feed

    def feed(self, event: SseEvent) -> None:
        self._feed(event, self._inner)

    def close(self, complete: bool) -> None:
        self._inner.close(complete)


def reading(feed: Callable[[], Feed]) -> Acme:
    """Each event of a stream goes through `feed`, which is made anew for each answer."""

    class Reading(Acme):
        @hookimpl
        def proxy_open_stream(
            self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
        ) -> StreamTranslator:
            return Reader(super().proxy_open_stream(upstream, writer, ledger), feed())

    return Reading()


def changing(change: Callable[[Json], Any]) -> Acme:
    """Each chunk of a stream is changed."""

    def feed(event: SseEvent, inner: StreamTranslator) -> None:
        if event.data.startswith(b'{"id"'):
            try:
                chunk = json.loads(event.data)
            except ValueError:
                inner.feed(event)
                return
            change(chunk)
            event = event._replace(data=json.dumps(chunk).encode())
        inner.feed(event)

    return reading(lambda: feed)


def _fragments(chunk: Json) -> list[Json]:
    choices: list[Json] = chunk["choices"]
    return [part for choice in choices for part in choice["delta"].get("tool_calls", ())]


def always_first(chunk: Json) -> None:
    for part in _fragments(chunk):
        if "id" not in part:
            part["index"] = 0


def no_last_brace(chunk: Json) -> None:
    for part in _fragments(chunk):
        if part["function"].get("arguments") == "}":
            part["function"]["arguments"] = ""


def limit_is_an_end(chunk: Json) -> None:
    for choice in chunk["choices"]:
        if choice["finish_reason"] == "length":
            choice["finish_reason"] = "stop"


def known_finish(chunk: Json) -> None:
    known = {None: 0, "stop": 1, "length": 1, "tool_calls": 1, "content_filter": 1}
    for choice in chunk["choices"]:
        known[choice["finish_reason"]]


def hanging() -> Feed:
    def feed(event: SseEvent, inner: StreamTranslator) -> None:
        while not event.data.startswith((b"{", b"[DONE]")):
            pass
        inner.feed(event)

    return feed


def deaf_to_errors() -> Feed:
    def feed(event: SseEvent, inner: StreamTranslator) -> None:
        if b'"error"' not in event.data:
            inner.feed(event)

    return feed


def quoting() -> Feed:
    def feed(event: SseEvent, inner: StreamTranslator) -> None:
        try:
            inner.feed(event)
        except ProtocolError:
            raise ProtocolError(f"cannot read {event.data!r}") from None

    return feed


def trusting() -> Feed:
    def feed(event: SseEvent, inner: StreamTranslator) -> None:
        if event.data.startswith(b"{"):
            json.loads(event.data)["choices"]
        inner.feed(event)

    return feed


def searching() -> Feed:
    seen: list[bytes] = []

    def feed(event: SseEvent, inner: StreamTranslator) -> None:
        seen.append(event.data)
        b"".join(seen).count(b"\n")
        inner.feed(event)

    return feed


def keeping() -> Feed:
    seen: list[Any] = []

    def feed(event: SseEvent, inner: StreamTranslator) -> None:
        if event.data.startswith(b"{"):
            seen.append(json.loads(event.data))
        inner.feed(event)

    return feed


def trusting_bodies(look: Callable[[bytes], Any]) -> Acme:
    """Whole answers are looked at before they are read."""

    class Trusting(Acme):
        @hookimpl
        def proxy_translate_response(
            self, upstream: UpstreamRequest, body: bytes, writer: MessageWriter, ledger: Ledger
        ) -> None:
            look(body)
            super().proxy_translate_response(upstream, body, writer, ledger)

    return Trusting()


def first_message(body: bytes) -> Any:
    try:
        answer = json.loads(body)
    except ValueError:
        return None
    return answer["choices"][0]["message"].get("content")


class Inventing(Acme):
    """Every stream ends well."""

    @hookimpl
    def proxy_open_stream(
        self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
    ) -> StreamTranslator:
        inner = super().proxy_open_stream(upstream, writer, ledger)

        class Ending(Reader):
            def close(self, complete: bool) -> None:
                inner.close(complete)
                if writer.stop_reason is None:
                    writer.finish("end_turn")

        return Ending(inner, lambda event, inner: inner.feed(event))


class Shared(Acme):
    """The plugin itself keeps the stream that it reads."""

    _inner: StreamTranslator

    @hookimpl
    def proxy_open_stream(
        self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
    ) -> StreamTranslator:
        self._inner = super().proxy_open_stream(upstream, writer, ledger)
        return Reader(self._inner, lambda event, _: self._inner.feed(event))


class Remembering(Acme):
    """The plugin remembers which answers it has seen."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    @hookimpl
    def proxy_open_stream(
        self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
    ) -> StreamTranslator:
        def feed(event: SseEvent, inner: StreamTranslator) -> None:
            if b'"content": "' in event.data and event.data in self._seen:
                return
            self._seen.add(event.data)
            inner.feed(event)

        return Reader(super().proxy_open_stream(upstream, writer, ledger), feed)


class Unmarked(Acme):
    """It overrides a hook without the decorator."""

    def proxy_open_stream(
        self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
    ) -> StreamTranslator:
        return super().proxy_open_stream(upstream, writer, ledger)


class Meddler:
    """A writer with some of its verbs replaced."""

    def __init__(self, writer: MessageWriter, **verbs: Callable[..., Any]) -> None:
        self._writer = writer
        self.__dict__.update(verbs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)

    def __contains__(self, tool_id: object) -> bool:
        return tool_id in self._writer


def meddling(verbs: Callable[[MessageWriter], dict[str, Any]], *, streams: bool = False) -> Acme:
    """Whole answers are told to a writer with other verbs; streams too where it says so."""

    class Meddling(Acme):
        @hookimpl
        def proxy_translate_response(
            self, upstream: UpstreamRequest, body: bytes, writer: MessageWriter, ledger: Ledger
        ) -> None:
            told: Any = Meddler(writer, **verbs(writer))
            super().proxy_translate_response(upstream, body, told, ledger)

        @hookimpl
        def proxy_open_stream(
            self, upstream: UpstreamRequest, writer: MessageWriter, ledger: Ledger
        ) -> StreamTranslator:
            told: Any = Meddler(writer, **verbs(writer)) if streams else writer
            return super().proxy_open_stream(upstream, told, ledger)

    return Meddling()


def counted_twice(writer: MessageWriter) -> dict[str, Any]:
    def usage(told: Usage) -> None:
        prompt = told.input_tokens + told.cache_read_input_tokens
        writer.usage(msgspec.structs.replace(told, input_tokens=prompt))

    return {"usage": usage}


# -- errors --------------------------------------------------------------------------------


def judging(read: Callable[[UpstreamFailure, ErrorVerdict | None], ErrorVerdict | None]) -> Acme:
    """Verdicts are changed."""

    class Judging(Acme):
        @hookimpl
        def proxy_classify_error(
            self, failure: UpstreamFailure, target: Target
        ) -> ErrorVerdict | None:
            return read(failure, super().proxy_classify_error(failure, target))

    return Judging()


def by_table(failure: UpstreamFailure, verdict: ErrorVerdict | None) -> ErrorVerdict | None:
    if failure.status is not None and failure.status >= 400:
        {400: "request", 401: "key", 429: "limit", 500: "fault", 503: "load"}[failure.status]
    return verdict


def by_status(failure: UpstreamFailure, _: ErrorVerdict | None) -> ErrorVerdict:
    words = failure.body.decode("utf-8", "replace")
    status = failure.status + 0  # type: ignore[operator]
    return verdict_of_status(status, words or "?")


def plain(change: dict[str, Any]) -> Callable[..., ErrorVerdict | None]:
    def read(_: UpstreamFailure, verdict: ErrorVerdict | None) -> ErrorVerdict | None:
        return msgspec.structs.replace(verdict, **change) if verdict else None

    return read


def as_it_stands(failure: UpstreamFailure, verdict: ErrorVerdict | None) -> ErrorVerdict | None:
    if verdict is None:
        return None
    return msgspec.structs.replace(verdict, message=failure.body.decode("utf-8", "replace") or "?")


class BadCounter(Acme):
    """It takes the counter's answer for what it should be."""

    @hookimpl
    def proxy_count_tokens(self, request: MessagesRequest, target: Target) -> CountCall:
        made = self.proxy_translate_request(request, target, Ledger())
        return CountCall(made, lambda body: int(json.loads(body)["tokens"]))


class BadRescuer(Acme):
    """It takes an error's body for what it should be."""

    @hookimpl
    def proxy_rescue_error(self, failure: UpstreamFailure, writer: MessageWriter) -> bool:  # type: ignore[override]
        writer.text(json.loads(failure.body)["error"]["failed_generation"])
        return True


def random_seed(body: Json, *_: Any) -> None:
    body["seed"] = random.random()


def key_in_a_header(made: UpstreamRequest) -> UpstreamRequest:
    key = os.environ.get("ACME_API_KEY", "")
    return msgspec.structs.replace(made, headers=(("x-acme", key),))


def model_in_the_path(made: UpstreamRequest) -> UpstreamRequest:
    return msgspec.structs.replace(made, path=f"/{made.target.model}/chat/completions")


MISSPELLED = (ModelFacts(pattern="acme-1", quirks={"max_token_field": "max_tokens"}),)
