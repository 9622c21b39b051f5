"""Faults in how answers are read and told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from proxy_core import hookimpl
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import ProtocolError, SseEvent, StreamTranslator, UpstreamRequest, Usage
from proxy_core.ledger import Ledger
from tests.support.mutants import Acme

Json = dict[str, Any]


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
